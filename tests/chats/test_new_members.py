"""Where a group says so, new members read nothing of what was said before they came."""

from __future__ import annotations

from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async as do

from chats import actions
from chats.assistant.before import said_before
from chats.errors import Refused
from chats.models import Attachment, Chat, Message, log
from tests.rest import api_routes
from tests.urls import addresses

from . import files
from .test_access_matrix import Socket

pytestmark = pytest.mark.django_db

URL = "/api/v1/chats"
OLD = "canary-of-old-times"


def latest(chat: Chat) -> Chat:
    return Chat.objects.get(pk=chat.pk)


@pytest.fixture
def old(group: Any, ada: Any, grace: Any) -> list[Message]:
    """Five messages from before: those of ada, and the second one a reply to the first."""
    actions.change_access(ada, group, history_for_new_members=False, access="open")
    said = [actions.post_message(ada, group.pk, f"{OLD} 1")[0]]
    said += [actions.post_message(ada, group.pk, f"{OLD} 2", reply_to=said[0].pk)[0]]
    said += [actions.post_message(ada, group.pk, f"{OLD} {number}")[0] for number in (3, 4)]
    file = files.uploaded(ada, group, OLD.encode(), name=f"{OLD}.txt")
    said += [actions.post_message(ada, group.pk, f"{OLD} 5", attachment_ids=[file.pk])[0]]
    return said


@pytest.fixture
def late(old: list[Message], group: Any, grace: Any, stranger: Any) -> Any:
    """Somebody who came after them."""
    actions.add_members(grace, latest(group), [stranger.pk])
    return stranger


@pytest.fixture
def new(late: Any, old: list[Message], group: Any, ada: Any) -> list[Message]:
    """Two messages from after they came: a reply to an old one, and a reply to that."""
    first, _ = actions.post_message(ada, group.pk, "New 1", reply_to=old[4].pk)
    chat = latest(group)
    for message in (*old[:2], first):
        actions.pin_message(ada, chat, message)
    actions.edit_message(ada, chat, old[2], f"{OLD} 3, edited")
    return [first, actions.post_message(ada, group.pk, "New 2", reply_to=first.pk)[0]]


# Every way to read -------------------------------------------------------------------------------

QUERIES = (
    "",
    "?limit=100",
    "?ordering=created_at",
    "?before=4",
    "?before=7",
    "?after=1",
    "?after=0&ordering=created_at",
    "?limit=2&offset=1",
    "?limit=2&offset=3",
    "?skip=2",
    "?changed_after=0",
    "?changed_after=3",
)


def test_no_endpoint_tells_anything_from_before(
    late: Any, old: list[Message], new: list[Message], group: Any, ada: Any, api: Any
) -> None:
    ids = {"chat_id": group.pk, "user_id": ada.pk, "emoji": "\u2764"}
    ids["attachment_id"] = Attachment.objects.get(chat_id=group.pk).pk
    paths = [f"/{route.path}" for route in api_routes() if "GET" in route.methods]
    ones = [path for path in paths if "{message_id}" in path]
    lists = [path.format(**ids) for path in paths if path not in ones]
    urls = [path + query for path in lists for query in QUERIES]
    urls += [one.format(**ids, message_id=message.pk) for one in ones for message in new]
    assert f"{URL}/{group.pk}/messages?changed_after=0" in urls
    for user, sees in ((ada, True), (late, False)):
        answers = {url: files.body(api(user).get(url)).decode() for url in urls}
        told = {url for url, answer in answers.items() if OLD in answer}
        # The same calls tell it to those who were there.
        assert bool(told) == sees, told
        assert len(told) > 8 or not sees
        for one, message in product(ones, old):
            url = one.format(**ids, message_id=message.pk)
            assert api(user).get(url).status_code == (200 if sees else 404)
        assert (
            OLD in answers[f"{URL}/{group.pk}/attachments/{ids['attachment_id']}/file"] or not sees
        )


def test_no_page_tells_anything_from_before(
    late: Any, old: list[Message], new: list[Message], group: Any, ada: Any, client: Any
) -> None:
    values = {"chat_id": group.pk, "user_id": ada.pk}
    chats = [each for each in addresses() if each.pattern.startswith("chats/")]
    urls = [each.path(values) for each in chats]
    urls += [f"/chats/{group.pk}/?before={seq}" for seq in (1, 3, 6, 8, 100)]
    urls += [f"/chats/{group.pk}/?at={message.pk}" for message in (*old, *new)]
    for user, sees in ((ada, True), (late, False)):
        client.force_login(user)
        answers = {url: client.get(url) for url in urls}
        told = {url for url, each in answers.items() if OLD in each.content.decode()}
        assert bool(told) == sees, told
        assert len(told) > 8 or not sees
        for message in old:
            code = answers[f"/chats/{group.pk}/?at={message.pk}"].status_code
            assert code == (200 if sees else 404)
    page = answers[f"/chats/{group.pk}/"].content.decode()
    assert ("New 1" in page, "New 2" in page) == (True, True)
    assert 'data-messages-first-value="6"' in page
    assert not client.get(f"/chats/{group.pk}/").context["timeline"].has_older


def test_the_count_and_every_page_are_exact(
    late: Any, new: list[Message], group: Any, ada: Any, api: Any
) -> None:
    more = [actions.post_message(ada, group.pk, f"New {number}")[0] for number in range(3, 8)]
    seqs = [message.seq for message in (*new, *more)]
    assert seqs == list(range(6, 13))
    messages = f"{URL}/{group.pk}/messages"

    def page(query: str) -> tuple[int, list[int], bool]:
        answer = api(late).get(f"{messages}?{query}").json()
        return answer["count"], [row["seq"] for row in answer["results"]], bool(answer["next"])

    assert page("") == (7, seqs[::-1], False)
    assert page("ordering=created_at") == (7, seqs, False)
    assert page("limit=3") == (7, [12, 11, 10], True)
    assert page("limit=3&offset=6") == (7, [6], False)
    assert page("limit=3&offset=7") == (7, [], False)
    assert page("limit=3&offset=6&ordering=created_at") == (7, [12], False)
    assert page("limit=3&offset=2&ordering=created_at") == (7, [8, 9, 10], True)
    assert page("before=8") == (2, [7, 6], False)
    assert page("before=6") == (0, [], False)
    assert page("after=2&limit=2&ordering=created_at") == (7, [6, 7], True)
    assert page("after=9") == (3, [12, 11, 10], False)


def test_what_is_not_seen_is_not_quoted_read_edited_or_deleted(
    late: Any, old: list[Message], new: list[Message], group: Any, ada: Any, api: Any
) -> None:
    actions.set_permissions(ada, latest(group), late.pk, can_delete_other_messages=True)
    messages = f"{URL}/{group.pk}/messages"
    before = log.head(group.pk).rev
    answer = api(late).post(messages, {"content": "Why?", "reply_to": str(old[0].pk)})
    assert (answer.status_code, list(answer.json())) == (400, ["reply_to"])
    assert api(late).post(f"{messages}/{old[0].pk}/read").status_code == 404
    assert api(late).delete(f"{messages}/{old[0].pk}").status_code == 404
    assert api(late).patch(f"{messages}/{old[0].pk}", {"content": "x"}).status_code == 404
    assert actions.mark_read_together(group.pk, [(late.pk, old[4].pk)]) == [False]
    assert actions.mark_read_together(group.pk, [(late.pk, new[0].pk)]) == [True]
    assert log.head(group.pk).rev == before
    rows = api(late).get(messages).json()["results"]
    assert [row["reply"] and row["reply"]["content"] for row in rows] == ["New 1", None]
    rows = api(ada).get(messages).json()["results"][:2]
    assert [row["reply"]["content"] for row in rows] == ["New 1", f"{OLD} 5"]
    assert (
        api(late).post(messages, {"content": "Oh", "reply_to": str(new[0].pk)}).status_code == 201
    )


def test_the_chat_list_shows_nothing_from_before(late: Any, group: Any, ada: Any, api: Any) -> None:
    [chat] = api(late).get(URL).json()["results"]
    assert (chat["last_message"], chat["unread_count"], chat["since_seq"]) == (None, 0, 5)
    actions.post_message(ada, group.pk, "New")
    [chat] = api(late).get(URL).json()["results"]
    assert (chat["last_message"]["content"], chat["unread_count"]) == ("New", 1)
    [chat] = api(ada).get(URL).json()["results"]
    assert chat["since_seq"] == 0


def test_a_question_tells_the_bot_nothing_that_its_sender_does_not_see(
    late: Any, new: list[Message], group: Any, ada: Any
) -> None:
    def thread(user: Any) -> list[str]:
        question, _ = actions.post_message(user, group.pk, "@ai Why?", reply_to=new[0].pk)
        return [turn.content for turn in said_before(question)]

    assert thread(ada) == [f"{OLD} 5", "New 1"]
    assert thread(late) == ["New 1"]


@pytest.mark.django_db(transaction=True)
async def test_no_socket_tells_anything_from_before(
    group: Any, ada: Any, late: Any, old: list[Message]
) -> None:
    heard: dict[str, str] = {}
    paths = (f"/api/v1/chats/{group.pk}", "/api/v1/users/me")
    sockets = {(user.pk, path): Socket(user, path) for user in (ada, late) for path in paths}
    for socket in sockets.values():
        assert await socket.open()
    await do(actions.edit_message)(ada, group, old[4], f"{OLD} edited")
    await do(actions.edit_message)(ada, group, old[0], f"{OLD} edited, too")
    await do(actions.delete_message)(ada, group, old[3])
    await do(actions.post_message)(ada, group.pk, "New 1", reply_to=old[4].pk)
    await do(actions.post_message)(ada, group.pk, "The end")
    for (user_id, path), socket in sockets.items():
        told = ""
        while "The end" not in told:
            told += await socket.connection.receive_from(timeout=5)
        heard[f"{user_id} {path}"] = told
        await socket.close()
    for path in paths:
        assert OLD in heard[f"{ada.pk} {path}"]
        assert OLD not in heard[f"{late.pk} {path}"]
    frames = heard[f"{late.pk} {paths[0]}"]
    assert frames.count('"message_hidden"') == 3
    assert frames.count('"text_message"') == 2
    assert str(old[0].pk) not in frames
    assert '"reply":null' in frames.split("New 1")[1].split("The end")[0]


@pytest.mark.django_db(transaction=True)
async def test_who_comes_while_others_are_connected_hears_nothing_from_before_either(
    group: Any, ada: Any, grace: Any, stranger: Any, old: list[Message]
) -> None:
    """Their chat list is open when they come, and is shown the group then."""
    there, listed = Socket(ada, f"/api/v1/chats/{group.pk}"), Socket(stranger, "/api/v1/users/me")
    assert await there.open()
    assert await listed.open()
    await listed.next("watching")
    await do(actions.join_group)(stranger, group.pk)
    await listed.next("chat_added")
    socket = Socket(stranger, f"/api/v1/chats/{group.pk}")
    assert await socket.open()
    await do(actions.edit_message)(ada, group, old[4], f"{OLD} edited")
    await do(actions.post_message)(ada, group.pk, "The end")
    for each in (socket, listed):
        told = ""
        while "The end" not in told:
            told += await each.connection.receive_from(timeout=5)
        assert OLD not in told
        await each.close()
    added = await there.next("member_added")
    assert (added["data"]["user_id"], added["data"]["since_seq"]) == (stranger.pk, 5)
    await there.close()


# Who it holds for --------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["added", "joins", "asks", "comes by an invitation"])
def test_it_holds_however_one_comes(
    old: list[Message], group: Any, ada: Any, stranger: Any, api: Any, settings: Any, how: str
) -> None:
    settings.INVITATIONS = "members"
    match how:
        case "added":
            actions.add_members(ada, latest(group), [stranger.pk])
        case "joins":
            actions.join_group(stranger, group.pk)
        case "asks":
            actions.change_access(ada, latest(group), access="request")
            actions.join_group(stranger, group.pk)
            actions.accept_request(ada, latest(group), stranger.pk)
        case _:
            found, _ = actions.make_invitation(ada, latest(group))
            actions.join_by_invitation(stranger, found)
    assert latest(group).since(stranger.pk) == 5
    assert OLD not in api(stranger).get(f"{URL}/{group.pk}/messages").content.decode()


def test_whoever_was_there_reads_on_and_whoever_comes_back_reads_what_is_new(
    old: list[Message], group: Any, ada: Any, grace: Any, api: Any
) -> None:
    messages = f"{URL}/{group.pk}/messages"
    assert api(grace).get(messages).json()["count"] == 5
    actions.remove_member(grace, latest(group), grace.pk)
    actions.post_message(ada, group.pk, f"{OLD} 6")
    actions.join_group(grace, group.pk)
    actions.post_message(ada, group.pk, "New")
    assert [row["content"] for row in api(grace).get(messages).json()["results"]] == ["New"]
    actions.change_access(ada, latest(group), history_for_new_members=True)
    assert api(grace).get(messages).json()["count"] == 1
    actions.remove_member(grace, latest(group), grace.pk)
    actions.join_group(grace, group.pk)
    assert api(grace).get(messages).json()["count"] == 7
    assert latest(group).since_seqs == {}


def test_by_default_new_members_read_everything(
    group: Any, ada: Any, stranger: Any, api: Any
) -> None:
    actions.post_message(ada, group.pk, "Hello")
    actions.add_members(ada, latest(group), [stranger.pk])
    assert api(stranger).get(f"{URL}/{group.pk}/messages").json()["count"] == 1
    assert api(ada).get(f"{URL}/{group.pk}").json()["history_for_new_members"] is True


def test_the_owner_alone_says_so(group: Any, ada: Any, grace: Any, api: Any, client: Any) -> None:
    url = f"{URL}/{group.pk}"
    actions.set_permissions(ada, group, grace.pk, can_change_permissions=True)
    assert api(grace).patch(url, {"history_for_new_members": False}).status_code == 403
    with pytest.raises(Refused):
        actions.change_access(grace, latest(group), history_for_new_members=False)
    assert latest(group).history_for_new_members
    answer = api(ada).patch(url, {"history_for_new_members": False})
    assert (answer.status_code, answer.json()["history_for_new_members"]) == (200, False)
    assert (
        log.after(group.pk, answer.json()["last_rev"] - 1, 1)[0]["history_for_new_members"] is False
    )
    client.force_login(ada)
    client.post(
        f"/chats/{group.pk}/access/", {"access": "private", "history_for_new_members": "on"}
    )
    assert latest(group).history_for_new_members
    client.post(f"/chats/{group.pk}/access/", {"access": "private"})
    assert not latest(group).history_for_new_members


def test_a_message_that_is_sent_as_somebody_comes_is_on_one_side_of_it(
    old: list[Message], group: Any, ada: Any, stranger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A send that is faster is from before; the number after which they read is that of then."""
    from chats.actions import joining

    require_room = joining.require_room

    def meanwhile(*args: Any) -> None:
        monkeypatch.undo()
        actions.post_message(ada, group.pk, f"{OLD} {uuid4()}")
        require_room(*args)

    monkeypatch.setattr(joining, "require_room", meanwhile)
    actions.join_group(stranger, group.pk)
    assert latest(group).since(stranger.pk) == 6
