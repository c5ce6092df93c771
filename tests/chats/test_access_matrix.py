"""Who may do what: every endpoint and every frame, by every kind of person.

The rows are held to the code: an endpoint, a method or a type of frame without a row fails.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4

import orjson
import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from chats import actions
from chats.live import consumers
from chats.live.routing import websocket_urlpatterns
from chats.models import Chat, ChatPermissions, Message
from tests.chats.files import image, sent
from tests.conftest import PASSWORD
from tests.rest import api_routes
from users.models import Invitation, SignIn
from users.signing_in import tokens

# Kinds of people ---------------------------------------------------------------------------------

OUTSIDE = ("anonymous", "stranger", "former", "moderator")
FLAGS = ("changer", "remover", "deleter")  # members with one more permission
INSIDE = ("silenced", "member", *FLAGS, "owner")
PEOPLE = (*OUTSIDE, *INSIDE)


def row(inside: int, outside: int = 404, **others: int) -> dict[str, int]:
    """What each gets: members the first, others the second, but for those named."""
    answers = dict.fromkeys(INSIDE, inside) | dict.fromkeys(OUTSIDE, outside)
    return {**answers, "anonymous": 401, **others}


def everybody(code: int, **others: int) -> dict[str, int]:
    return row(code, code, **others)


OPEN = dict.fromkeys(PEOPLE, 400)  # needs no account; the body that is sent here is empty
CHAT = "chats/{chat_id}"
MESSAGE = f"{CHAT}/messages/{{message_id}}"
REACTION = f"{MESSAGE}/reactions/{{emoji}}"
MEMBER = f"{CHAT}/members/{{user_id}}"
LINK_PREVIEW = f"{MESSAGE}/link-previews/{{preview_id}}"
ATTACHMENT = f"{CHAT}/attachments/{{attachment_id}}"
REQUEST, BAN = f"{CHAT}/requests/{{user_id}}", f"{CHAT}/bans/{{user_id}}"
THUMB = "\U0001f44d"

# In a group; the message is the owner's, the member of the path is another member.
GROUP: dict[tuple[str, str], dict[str, int]] = {
    ("POST", "auth/register"): OPEN,
    ("POST", "auth/register/email"): OPEN,
    ("POST", "auth/login"): OPEN,
    ("POST", "auth/login/second-factor"): OPEN,
    ("POST", "auth/refresh"): OPEN,
    ("POST", "auth/logout"): everybody(204),
    ("POST", "auth/reauthenticate"): everybody(204),
    ("GET", "invitations"): everybody(200),  # one's own
    ("POST", "invitations"): everybody(403, moderator=201),
    ("DELETE", "invitations/{invitation_id}"): everybody(404),  # the target's
    ("POST", "invitations/open"): OPEN,
    ("GET", "users/me"): everybody(200),
    ("PATCH", "users/me"): everybody(200),
    ("POST", "users/me/email"): everybody(400),  # no address waits for a code
    ("DELETE", "users/me"): everybody(403),  # a token alone: the password wasn't given again
    ("GET", "users/me/blocks"): everybody(200),  # one's own
    ("PUT", "users/me/blocks/{user_id}"): everybody(204),
    ("DELETE", "users/me/blocks/{user_id}"): everybody(204),
    ("GET", "users/me/sessions"): everybody(200),
    ("DELETE", "users/me/sessions"): everybody(403),
    ("DELETE", "users/me/sessions/{session_id}"): everybody(404),  # the target's
    ("GET", "users"): everybody(200),
    ("GET", "chats"): everybody(200),
    ("POST", "chats/group"): everybody(201),
    ("POST", "chats/private/{user_id}"): everybody(201),
    ("POST", "ai/ask"): everybody(503),  # allowed, but no key is set
    ("GET", "ai/photo"): everybody(503),
    ("POST", "chats/preview"): everybody(200),
    ("GET", "chats/directory"): everybody(200),
    # The group isn't listed: tests/chats/test_joining.py has those that are.
    ("GET", "chats/directory/{chat_id}"): everybody(404),
    ("POST", "chats/directory/{chat_id}/join"): everybody(404),
    ("DELETE", "chats/directory/{chat_id}/join"): everybody(404),
    ("POST", "chats/join"): everybody(400),  # a code of nothing
    ("GET", CHAT): row(200),
    ("PATCH", CHAT): row(403, changer=200, owner=200),
    ("DELETE", CHAT): row(403, owner=204),
    ("POST", f"{CHAT}/clear"): row(204),  # for oneself
    ("GET", f"{CHAT}/messages"): row(200),
    ("POST", f"{CHAT}/messages"): row(201, silenced=403),
    ("GET", MESSAGE): row(200),
    ("PATCH", MESSAGE): row(403, owner=200),
    ("DELETE", MESSAGE): row(403, deleter=204, owner=204),
    ("POST", f"{MESSAGE}/read"): row(204),
    ("GET", f"{MESSAGE}/thread"): row(200),
    ("GET", f"{MESSAGE}/reactions"): row(200),
    ("POST", f"{MESSAGE}/reactions"): row(201, silenced=403),
    ("GET", REACTION): row(200),
    ("DELETE", REACTION): row(204),  # as one's own messages can be deleted
    ("POST", f"{MESSAGE}/stop"): row(204),
    ("DELETE", LINK_PREVIEW): row(403, owner=204),  # the sender's
    ("GET", f"{CHAT}/changes"): row(200),
    ("GET", f"{CHAT}/pins"): row(200),
    ("POST", f"{CHAT}/unread"): row(204),
    ("POST", f"{MESSAGE}/pin"): row(403, deleter=200, owner=200),
    ("DELETE", f"{MESSAGE}/pin"): row(403, deleter=204, owner=204),
    ("GET", f"{MESSAGE}/edits"): row(403, deleter=200, owner=200),
    ("POST", f"{CHAT}/attachments"): row(201, silenced=403),
    # The owner's, in a message; test_attachments.py has those that aren't sent.
    ("GET", ATTACHMENT): row(200),
    ("DELETE", ATTACHMENT): row(403),
    ("GET", f"{ATTACHMENT}/file"): row(200),
    ("GET", f"{ATTACHMENT}/thumbnail"): row(200),
    ("GET", f"{CHAT}/members"): row(200),
    ("POST", f"{CHAT}/members"): row(201, silenced=403),
    ("GET", MEMBER): row(200),
    ("DELETE", MEMBER): row(403, remover=204, owner=204),
    ("GET", f"{MEMBER}/permissions"): row(200),
    ("PATCH", f"{MEMBER}/permissions"): row(403, changer=200, owner=200),
    ("GET", f"{CHAT}/requests"): row(200, silenced=403),
    ("POST", REQUEST): row(200, silenced=403),
    ("DELETE", REQUEST): row(204, silenced=403),
    ("GET", f"{CHAT}/bans"): row(403, remover=200, owner=200),
    ("POST", f"{CHAT}/bans"): row(403, remover=204, owner=204),
    ("DELETE", BAN): row(403, remover=204, owner=204),
    ("GET", f"{CHAT}/invitations"): row(200),
    ("POST", f"{CHAT}/invitations"): row(201, silenced=403),
    ("DELETE", f"{CHAT}/invitations/{{invitation_id}}"): row(404, remover=204, owner=204),
}

# In a private chat, where it differs: the two have the same rights, and nobody more.
PRIVATE: dict[tuple[str, str], int] = {
    ("GET", CHAT): 200,
    ("PATCH", CHAT): 403,
    ("DELETE", CHAT): 204,
    ("POST", f"{CHAT}/clear"): 204,
    ("GET", f"{CHAT}/messages"): 200,
    ("POST", f"{CHAT}/messages"): 201,
    ("GET", MESSAGE): 200,
    ("PATCH", MESSAGE): 403,
    ("DELETE", MESSAGE): 403,
    ("POST", f"{MESSAGE}/read"): 204,
    ("GET", f"{MESSAGE}/thread"): 200,
    ("GET", f"{MESSAGE}/reactions"): 200,
    ("POST", f"{MESSAGE}/reactions"): 201,
    ("GET", REACTION): 200,
    ("DELETE", REACTION): 204,
    ("POST", f"{MESSAGE}/stop"): 204,
    ("DELETE", LINK_PREVIEW): 403,
    ("GET", f"{CHAT}/changes"): 200,
    ("GET", f"{CHAT}/pins"): 200,
    ("POST", f"{CHAT}/unread"): 204,
    ("POST", f"{MESSAGE}/pin"): 200,
    ("DELETE", f"{MESSAGE}/pin"): 204,
    ("GET", f"{MESSAGE}/edits"): 403,
    ("POST", f"{CHAT}/attachments"): 201,
    ("GET", ATTACHMENT): 200,
    ("DELETE", ATTACHMENT): 403,
    ("GET", f"{ATTACHMENT}/file"): 200,
    ("GET", f"{ATTACHMENT}/thumbnail"): 200,
    ("GET", f"{CHAT}/members"): 200,
    ("POST", f"{CHAT}/members"): 403,
    ("GET", MEMBER): 200,
    ("DELETE", MEMBER): 403,
    ("GET", f"{MEMBER}/permissions"): 200,
    ("PATCH", f"{MEMBER}/permissions"): 403,
    ("GET", f"{CHAT}/requests"): 403,
    ("POST", REQUEST): 403,
    ("DELETE", REQUEST): 403,
    ("GET", f"{CHAT}/bans"): 403,
    ("POST", f"{CHAT}/bans"): 403,
    ("DELETE", BAN): 403,
    ("GET", f"{CHAT}/invitations"): 403,
    ("POST", f"{CHAT}/invitations"): 403,
    ("DELETE", f"{CHAT}/invitations/{{invitation_id}}"): 403,
}

QUERY = {("POST", f"{CHAT}/attachments"): "?name=a.txt"}
QUERY |= {("GET", "users"): "?search=a", ("GET", "ai/photo"): "?query=loom"}


def body_of(stage: Stage, method: str, path: str) -> dict[str, Any]:
    """A body that is good for the endpoint."""
    bodies: dict[tuple[str, str], dict[str, Any]] = {
        ("POST", "auth/reauthenticate"): {"password": PASSWORD},
        ("POST", "users/me/email"): {"code": "1234 5678"},
        ("POST", "ai/ask"): {"user_input": "Why?"},
        ("POST", "chats/group"): {"name": "Looms"},
        ("POST", "chats/preview"): {"content": "*a*"},
        ("PATCH", CHAT): {"name": "Looms"},
        ("POST", f"{CHAT}/messages"): {"content": "Hello"},
        ("POST", f"{MESSAGE}/reactions"): {"emoji": THUMB},
        ("PATCH", MESSAGE): {"content": "Hello again"},
        ("POST", f"{CHAT}/unread"): {"message_id": str(stage.message.pk)},
        ("POST", f"{CHAT}/members"): {"user_id": stage.newcomer.pk},
        ("POST", "chats/join"): {"code": "nothing"},
        ("POST", f"{CHAT}/bans"): {"user_id": stage.target.pk},
        ("PATCH", f"{MEMBER}/permissions"): {"can_send_messages": False},
    }
    return bodies.get((method, path), {})


@dataclass
class Stage:
    """A chat with a message, and everybody in their relation to it."""

    chat: Chat
    message: Message
    people: dict[str, Any]
    target: Any  # the member of the path
    newcomer: Any
    asking: Any  # has asked to join, in the paths of requests
    banned: Any  # in the paths of bans

    @cached_property
    def attachment(self) -> Any:
        """An image in a message of who sent the other one."""
        sender = get_user_model().objects.get(pk=self.message.sender_id)
        return sent(sender, self.chat, image(), "photo.png")[1]

    def path(self, path: str) -> str:
        ids = {"chat_id": self.chat.pk, "message_id": self.message.pk, "user_id": self.target.pk}
        ids["emoji"] = THUMB
        others = {REQUEST: self.asking, BAN: self.banned}
        if "{attachment_id}" in path:
            ids["attachment_id"] = self.attachment.pk
        if "{preview_id}" in path:
            ids["preview_id"] = preview_id = uuid4()
            of_message = Message.objects.filter(pk=self.message.pk, chat_id=self.chat.pk)
            of_message.update(link_previews=[{"id": str(preview_id), "url": "https://a.example"}])
        if path in others:
            ids["user_id"] = others[path].pk
        if "{session_id}" in path:
            tokens.sign_in(self.target)
            ids["session_id"] = SignIn.objects.filter(user=self.target).latest("pk").pk
        if "{invitation_id}" in path:
            kind = {"kind": "site"}
            if path.startswith(CHAT):
                kind = {"kind": "group", "chat_id": self.chat.pk}
            times = {"expires_at": timezone.now()}
            made = Invitation(**kind, code_hash=uuid4().hex, made_by=self.target, **times)
            made.save()
            ids["invitation_id"] = made.pk
        return "/api/v1/" + path.format(**ids)


@pytest.fixture
def group_stage(person):
    people = {name: person(name) for name in PEOPLE if name != "anonymous"}
    target, newcomer = person("target"), person("newcomer")
    people["moderator"].is_staff = True
    people["moderator"].save()
    owner = people["owner"]
    members = [people[name] for name in INSIDE if name != "owner"] + [people["former"], target]
    chat = actions.create_group(owner, "Engines", [member.pk for member in members])
    chat = actions.remove_member(owner, chat, people["former"].pk)
    flags = {
        "silenced": {"can_send_messages": False},
        "changer": {"can_change_permissions": True},
        "remover": {"can_remove_members": True},
        "deleter": {"can_delete_other_messages": True},
    }
    assert {name for values in flags.values() for name in values} == set(ChatPermissions.FLAGS)
    for name, values in flags.items():
        actions.set_permissions(owner, chat, people[name].pk, **values)
    message, _ = actions.post_message(owner, chat.pk, "Hello")
    asking, banned = person("asking"), person("banned")
    actions.change_access(owner, chat, access=Chat.Access.REQUEST)
    actions.join_group(asking, chat.pk)
    actions.change_access(owner, chat, access=Chat.Access.PRIVATE)
    chat = Chat.objects.get(pk=chat.pk)
    actions.ban(owner, chat, banned.pk)
    everyone = {**people, "anonymous": None}
    return Stage(chat, message, everyone, target, newcomer, asking, banned)


@pytest.fixture
def private_stage(ada, grace, stranger, person, private_chat):
    moderator = person("moderator", is_staff=True)
    message, _ = actions.post_message(grace, private_chat.pk, "Hello")
    people = {"anonymous": None, "stranger": stranger, "moderator": moderator, "member": ada}
    others = (person("newcomer"), person("asking"), person("banned"))
    return Stage(private_chat, message, people, grace, *others)


# The API -----------------------------------------------------------------------------------------


def ask(stage: Stage, api: Any, name: str, method: str, path: str) -> int:
    url = stage.path(path) + QUERY.get((method, path), "")
    send = getattr(api(stage.people[name]), method.lower())
    if (method, path) == ("POST", f"{CHAT}/attachments"):
        return int(send(url, b"content", content_type="text/plain").status_code)
    code: int = send(url, body_of(stage, method, path) or None).status_code
    return code


def test_every_endpoint_has_a_row():
    endpoints = {
        (method, route.path.removeprefix("api/v1/"))
        for route in api_routes()
        for method in route.methods
    }
    assert endpoints == GROUP.keys()
    of_a_chat = {(method, path) for method, path in endpoints if path.startswith(CHAT)}
    assert of_a_chat == PRIVATE.keys()


def turns() -> list[Any]:
    """Each endpoint with those who change nothing, who share a stage, and each other alone."""
    found = []
    for (method, path), codes in GROUP.items():
        changes = [name for name in PEOPLE if method != "GET" and codes[name] < 400]
        others = [name for name in PEOPLE if name not in changes]
        for names in ([others] if others else []) + [[name] for name in changes]:
            who = names[0] if names[0] in changes else "others"
            found.append(pytest.param(method, path, names, id=f"{method}-{path}-{who}"))
    return found


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "names"), turns())
def test_what_people_may_do_in_a_group(group_stage, api, settings, method, path, names):
    group_stage.path(path)  # sends the file that it names
    settings.INVITATIONS = "staff" if path == "invitations" else "members"
    for name in names:
        before = Chat.objects.get(pk=group_stage.chat.pk).last_rev
        code = ask(group_stage, api, name, method, path)
        assert code == GROUP[method, path][name], name
        if code >= 400:
            assert Chat.objects.get(pk=group_stage.chat.pk).last_rev == before, name


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path"), PRIVATE)
def test_what_a_person_may_do_in_a_private_chat(private_stage, api, method, path):
    expected = {"anonymous": 401, "stranger": 404, "moderator": 404}
    for name, code in {**expected, "member": PRIVATE[method, path]}.items():
        assert ask(private_stage, api, name, method, path) == code, name


# The sockets -------------------------------------------------------------------------------------

SOCKETS = {"api/v1/chats/{chat_id}": INSIDE, "api/v1/users/me": (*PEOPLE[1:],)}
# Of a chat's socket, for everyone in it; `authenticate` is in tests/users/test_sockets.py.
FRAMES = ("typing_indicator", "message_read", "authenticate", "ping")


def test_every_socket_and_every_frame_has_a_row():
    paths = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(route.pattern)).strip("^$").removesuffix("/?")
        for route in websocket_urlpatterns
    }
    # "" is any other path, where nobody is let in.
    assert {path.rstrip("/") for path in paths} == {*SOCKETS, ""}
    handlers = {
        consumer: {name.removeprefix("on_") for name in dir(consumer) if name.startswith("on_")}
        for consumer in (consumers.ChatConsumer, consumers.UserConsumer)
    }
    assert handlers == {
        consumers.ChatConsumer: set(FRAMES),
        consumers.UserConsumer: {"authenticate", "ping"},
    }


class Socket:
    """A socket of one person."""

    def __init__(self, user: Any, path: str) -> None:
        self.connection = WebsocketCommunicator(URLRouter(websocket_urlpatterns), path)
        self.connection.scope["user"] = user or AnonymousUser()

    async def open(self) -> bool:
        accepted, _ = await self.connection.connect(timeout=5)
        return accepted

    async def send(self, kind: str, **data: Any) -> None:
        frame = orjson.dumps({"type": kind, "data": data}).decode()
        await self.connection.send_to(text_data=frame)

    async def next(self, *kinds: str) -> dict[str, Any]:
        while True:
            frame = orjson.loads(await self.connection.receive_from(timeout=5))
            if frame["type"] in kinds:
                return frame

    async def close(self) -> None:
        await self.connection.disconnect(timeout=5)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", SOCKETS)
async def test_who_is_let_into_a_socket(group_stage, path):
    url = group_stage.path(path.removeprefix("api/v1/"))
    for name in PEOPLE:
        socket = Socket(group_stage.people[name], url)
        assert await socket.open() == (name in SOCKETS[path]), name
        await socket.close()


@pytest.mark.django_db(transaction=True)
async def test_what_a_member_may_send_by_a_socket(group_stage):
    url = group_stage.path(CHAT)
    post = database_sync_to_async(actions.post_message)
    witness = Socket(group_stage.target, url)
    assert await witness.open()
    for name in INSIDE:
        user = group_stage.people[name]
        message, _ = await post(group_stage.target, group_stage.chat.pk, "Hello")
        socket = Socket(user, url)
        assert await socket.open()
        await socket.send("typing_indicator", is_typing=True)
        if name == "silenced":
            assert (await socket.next("error"))["data"]["field"] == "is_typing"
        else:
            told = await witness.next("typing_indicator")
            assert told["data"]["user_id"] == user.pk
        await socket.send("message_read", message_id=str(message.pk))
        told = await witness.next("message_read")
        assert told["data"]["user_id"] == user.pk
        assert told["data"]["message_id"] == str(message.pk)
        for unknown in ("text_message", "chat_deleted", "member_removed"):
            await socket.send(unknown)
            assert (await socket.next("error"))["data"]["code"] == "validation_error"
        await socket.close()
    await witness.close()
