"""Sockets, by the real stack in process: consumers, hubs, the layer in Valkey, MongoDB."""

import asyncio
import contextlib
import time
import uuid

import orjson
import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from redis.exceptions import RedisError

from chats import actions
from chats.events import publish
from chats.live import consumers, process
from chats.live.routing import websocket_urlpatterns
from chats.models import Message, ReadMarker
from users.signing_in import socket_authentication

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

do = database_sync_to_async


class Client:
    """One socket of one person."""

    def __init__(self, user, path):
        self.user = user
        self.socket = WebsocketCommunicator(URLRouter(websocket_urlpatterns), path)
        self.socket.scope["user"] = user

    async def open(self):
        accepted, _ = await self.socket.connect(timeout=5)
        return accepted

    async def send(self, kind, **data):
        await self.socket.send_to(text_data=orjson.dumps({"type": kind, "data": data}).decode())

    async def receive(self, *kinds, seconds=5):
        """The data of the next frame of one of these types; others are passed over."""
        async with asyncio.timeout(seconds):
            while True:
                output = await self.socket.output_queue.get()
                if output["type"] != "websocket.send":
                    raise AssertionError(f"closed while waiting for {kinds}: {output}")
                frame = orjson.loads(output["text"])
                if frame["type"] in kinds:
                    return frame["data"]

    async def closed(self, seconds=5):
        """The code with which the server closes."""
        async with asyncio.timeout(seconds):
            while True:
                output = await self.socket.output_queue.get()
                if output["type"] == "websocket.close":
                    return output["code"]

    async def types_until(self, kind):
        types = []
        async with asyncio.timeout(5):
            while kind not in types:
                types.append(orjson.loads((await self.socket.output_queue.get())["text"])["type"])
        return types

    async def close(self):
        await self.socket.disconnect(timeout=5)


@pytest.fixture
async def connect():
    clients = []

    async def open_client(user, chat=None):
        path = f"/api/v1/chats/{chat.pk}" if chat else "/api/v1/users/me"
        client = Client(user, path)
        assert await client.open()
        clients.append(client)
        if chat:
            client.welcome = await client.receive("welcome")
        else:
            client.watching = await client.receive("watching")
        return client

    yield open_client
    for client in clients:
        await client.close()


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_member_is_welcomed_and_others_are_refused(group, ada, stranger, slash):
    member = Client(ada, f"/api/v1/chats/{group.pk}{slash}")
    assert await member.open()
    welcome = await member.receive("welcome")
    assert welcome["online"] == [ada.pk]
    assert welcome["last_rev"] == group.last_rev
    for nobody in (stranger, AnonymousUser()):
        assert not await Client(nobody, f"/api/v1/chats/{group.pk}{slash}").open()
    assert not await Client(ada, f"/api/v1/chats/{uuid.uuid4()}{slash}").open()
    await member.close()


async def test_a_welcome_has_the_markers_that_moved_a_moment_ago(group, ada, grace, connect):
    first = await connect(ada, group)
    assert first.welcome["read_markers"] == {}
    message, _ = await do(actions.post_message)(ada, group.pk, "Read this")
    await do(actions.mark_read)(grace, group, message)
    await first.receive("message_read")
    second = await connect(grace, group)
    assert second.welcome["read_markers"] == {str(grace.pk): message.seq}


async def test_a_stranger_is_refused_where_others_are_connected(
    group, ada, grace, stranger, connect
):
    member = await connect(ada, group)
    for nobody in (stranger, AnonymousUser()):
        assert not await Client(nobody, f"/api/v1/chats/{group.pk}").open()
    await do(actions.post_message)(grace, group.pk, "Nobody else is here")
    assert (await member.receive("text_message"))["content"] == "Nobody else is here"
    assert (await connect(grace, group)).welcome["online"] == sorted([ada.pk, grace.pk])


async def test_a_message_reaches_every_member_once(group, ada, grace, connect):
    clients = [await connect(ada, group), await connect(grace, group)]
    for number in range(20):
        await do(actions.post_message)(ada, group.pk, f"number {number}")
    for client in clients:
        seqs = [(await client.receive("text_message"))["seq"] for _ in range(20)]
        assert seqs == list(range(1, 21))


async def test_typing_is_told_to_the_others(group, ada, grace, connect):
    one, other = await connect(ada, group), await connect(grace, group)
    await one.send("typing_indicator", is_typing=True)
    told = await other.receive("typing_indicator")
    assert told == {"user_id": ada.pk, "username": "ada", "is_typing": True}


async def test_a_ping_is_answered_to_its_sender_alone(group, ada, grace, connect):
    one, other = await connect(ada, group), await connect(grace, group)
    await one.send("ping")
    assert await one.receive("pong") == {}
    await one.send("ping", loud=True)
    assert (await one.receive("error"))["field"] == "loud"
    await do(actions.post_message)(ada, group.pk, "Hello")
    assert "pong" not in await other.types_until("text_message")


async def test_a_silenced_member_types_unseen_and_is_told(group, ada, grace, connect):
    one, other = await connect(ada, group), await connect(grace, group)
    await do(actions.set_permissions)(ada, group, grace.pk, can_send_messages=False)
    await other.send("typing_indicator", is_typing=True)
    refusal = await other.receive("error")
    assert (refusal["code"], refusal["field"]) == ("validation_error", "is_typing")
    await do(actions.set_permissions)(ada, group, grace.pk, can_send_messages=True)
    await other.send("typing_indicator", is_typing=True)
    told = await one.receive("typing_indicator", "error")
    assert (told["user_id"], told["is_typing"]) == (grace.pk, True)


async def test_typing_in_two_tabs_within_a_second_is_one_event_and_then_the_last_state(
    group, ada, grace, connect
):
    tabs, other = [await connect(ada, group) for _ in range(2)], await connect(grace, group)
    for is_typing in (True, False, True, True, False):
        for tab in tabs:
            await tab.send("typing_indicator", is_typing=is_typing)
    assert (await other.receive("typing_indicator"))["is_typing"] is True
    assert (await other.receive("typing_indicator"))["is_typing"] is False


async def test_a_read_frame_is_stored_and_told(group, ada, grace, connect):
    one, other = await connect(ada, group), await connect(grace, group)
    message, _ = await do(actions.post_message)(ada, group.pk, "Read this")
    await other.receive("text_message")
    await other.send("message_read", message_id=str(message.pk))
    told = await one.receive("message_read")
    assert (told["user_id"], told["message_id"]) == (grace.pk, str(message.pk))
    assert (await do(ReadMarker.objects.of_chat)(group))[grace.pk] == 1


BAD_FRAMES = {
    "not json": ("{", "invalid_json", None),
    "nan": ('{"type":"typing_indicator","data":{"is_typing":NaN}}', "invalid_json", None),
    "too deep": ("[" * 5000, "invalid_json", None),
    "a list": ("[]", "validation_error", "frame"),
    "no type": ('{"data":{}}', "validation_error", "type"),
    "no data": ('{"type":"typing_indicator"}', "validation_error", "data"),
    "a type that is no string": ('{"type":5,"data":{}}', "validation_error", "type"),
    "an unknown type": ('{"type":"shout","data":{}}', "validation_error", "type"),
    "a type of the server's": ('{"type":"text_message","data":{}}', "validation_error", "type"),
    "an unknown field": (
        '{"type":"typing_indicator","data":{"is_typing":true,"loud":1}}',
        "validation_error",
        "loud",
    ),
    "a field of the frame": ('{"type":"x","data":{},"to":1}', "validation_error", "to"),
    "a number for a bool": (
        '{"type":"typing_indicator","data":{"is_typing":1}}',
        "validation_error",
        "is_typing",
    ),
    "no message id": ('{"type":"message_read","data":{}}', "validation_error", "message_id"),
    "a bad uuid": (
        '{"type":"message_read","data":{"message_id":"5"}}',
        "validation_error",
        "message_id",
    ),
    "a missing message": (
        '{"type":"message_read","data":{"message_id":"00000000-0000-4000-8000-000000000000"}}',
        "validation_error",
        "message_id",
    ),
    "an operator": (
        '{"type":"message_read","data":{"message_id":{"$gt":""}}}',
        "validation_error",
        "message_id",
    ),
    "too long": (
        '{"type":"typing_indicator","data":{"x":"' + "é" * 33_000 + '"}}',
        "validation_error",
        "frame",
    ),
}


@pytest.mark.parametrize("name", BAD_FRAMES)
async def test_a_bad_frame_is_told_to_its_sender_only_and_the_socket_lives(
    group, ada, grace, connect, name
):
    text, code, field = BAD_FRAMES[name]
    one, other = await connect(ada, group), await connect(grace, group)
    await one.socket.send_to(text_data=text)
    error = await one.receive("error")
    assert (error["code"], error["field"]) == (code, field)
    await one.send("typing_indicator", is_typing=True)
    assert "error" not in await other.types_until("typing_indicator")


async def test_a_binary_frame_is_an_error_of_its_sender(group, ada, connect):
    one = await connect(ada, group)
    await one.socket.send_to(bytes_data=b"\x00")
    assert (await one.receive("error"))["code"] == "invalid_json"


async def test_a_failure_of_ours_is_a_server_error_and_the_socket_lives(
    group, ada, connect, monkeypatch
):
    one = await connect(ada, group)
    message, _ = await do(actions.post_message)(ada, group.pk, "Read this")
    with monkeypatch.context() as broken:
        broken.setattr(actions, "mark_read_together", lambda *args: 1 / 0)
        await one.send("message_read", message_id=str(message.pk))
        assert (await one.receive("error"))["code"] == "server_error"
    await one.send("message_read", message_id=str(message.pk))
    await one.send("typing_indicator", is_typing=True)
    await one.receive("typing_indicator")


async def test_a_person_with_two_tabs_joins_once_and_leaves_once(group, ada, grace, connect):
    watcher = await connect(ada, group)
    tabs = [Client(grace, f"/api/v1/chats/{group.pk}") for _ in range(2)]
    for tab in tabs:
        assert await tab.open()
        await tab.receive("welcome")
    assert (await watcher.receive("user_joined"))["user_id"] == ada.pk
    for tab in tabs:
        await tab.close()
    assert (await watcher.receive("user_joined"))["user_id"] == grace.pk
    assert await watcher.types_until("user_left") == ["user_left"]


async def test_a_removed_member_is_told_and_closed_and_gets_nothing_later(
    group, ada, grace, connect
):
    one, removed = await connect(ada, group), await connect(grace, group)
    await removed.send("typing_indicator", is_typing=True)
    await removed.receive("typing_indicator")
    await do(actions.remove_member)(ada, group, grace.pk)
    await do(actions.post_message)(ada, group.pk, "Now we are two")
    assert (await removed.receive("member_removed"))["user_id"] == grace.pk
    assert await removed.closed() == 4403
    await one.receive("text_message")
    assert removed.socket.output_queue.empty()


async def test_a_deleted_chat_closes_every_socket_with_the_reason(group, ada, grace, connect):
    clients = [await connect(ada, group), await connect(grace, group)]
    await do(actions.delete_chat)(ada, group)
    for client in clients:
        await client.receive("chat_deleted")
        assert await client.closed() == 4404


async def test_closing_the_sockets_of_a_person_closes_all_of_theirs_and_no_others(
    group, ada, grace, connect
):
    chat, chats, other = await connect(ada, group), await connect(ada), await connect(grace, group)
    await do(actions.close_user_sockets)(ada.pk, "This account is not active.")
    assert await chat.closed() == 4401
    assert await chats.closed() == 4401
    await other.send("typing_indicator", is_typing=True)
    await other.receive("typing_indicator")


async def test_a_chat_list_hears_of_messages_reads_and_chats(group, ada, grace, alan, connect):
    chats = await connect(grace)
    message, _ = await do(actions.post_message)(ada, group.pk, "Hello" * 100)
    activity = await chats.receive("chat_activity")
    assert (activity["chat_id"], activity["seq"]) == (str(group.pk), 1)
    assert len(activity["preview"]) == 140
    await do(actions.mark_read)(grace, group, message)
    assert (await chats.receive("message_read"))["user_id"] == grace.pk
    new = await do(actions.create_group)(ada, "Looms", [grace.pk])
    assert (await chats.receive("chat_added"))["chat_id"] == str(new.pk)
    await do(actions.post_message)(ada, new.pk, "In the new one")
    assert (await chats.receive("chat_activity"))["chat_id"] == str(new.pk)
    await do(actions.rename_chat)(ada, group, "Engines II")
    updated = await chats.receive("chat_updated")
    assert (updated["name"], updated["member_ids"]) == ("Engines II", None)
    await do(actions.remove_member)(ada, group, grace.pk)
    assert (await chats.receive("chat_removed"))["chat_id"] == str(group.pk)
    await do(actions.post_message)(ada, group.pk, "Not for grace")
    await do(actions.post_message)(ada, new.pk, "For grace")
    assert (await chats.receive("chat_activity"))["preview"] == "For grace"


async def test_chat_lists_hear_whom_a_message_mentions(group, ada, grace, connect):
    chats = await connect(grace)
    first, _ = await do(actions.post_message)(ada, group.pk, "Hello @grace")
    activity = await chats.receive("chat_activity")
    assert (activity["mention_ids"], activity["mentions_all"]) == ([grace.pk], False)
    await do(actions.post_message)(ada, group.pk, "Hello @all")
    activity = await chats.receive("chat_activity")
    assert (activity["mention_ids"], activity["mentions_all"]) == ([], True)
    # Of an earlier message they hear whom it mentions now.
    await do(actions.edit_message)(ada, group, first, "Hello @alan")
    changed = await chats.receive("mentions_changed")
    assert changed["seq"] == 1
    assert grace.pk not in changed["mention_ids"]
    assert len(changed["mention_ids"]) == 1
    await do(actions.delete_message)(ada, group, await do(Message.objects.get)(pk=first.pk))
    changed = await chats.receive("mentions_changed")
    assert (changed["seq"], changed["mention_ids"]) == (1, [])


async def test_a_chat_list_hears_when_the_latest_message_changes_and_of_no_older_one(
    group, ada, grace, connect
):
    chats = await connect(grace)
    old, _ = await do(actions.post_message)(ada, group.pk, "Old")
    last, _ = await do(actions.post_message)(ada, group.pk, "Last")
    for _ in range(2):
        await chats.receive("chat_activity")
    await do(actions.edit_message)(ada, group, old, "Old, edited")
    await do(actions.edit_message)(ada, group, last, "Last, edited")
    assert (await chats.receive("chat_activity"))["preview"] == "Last, edited"
    await do(actions.delete_message)(ada, group, old)
    await do(actions.delete_message)(ada, group, last)
    activity = await chats.receive("chat_activity")
    assert (activity["seq"], activity["preview"]) == (2, "")
    assert activity["deleted_at"]


async def test_a_chat_list_hears_of_a_chat_without_an_event(
    group, ada, grace, alan, connect, monkeypatch
):
    monkeypatch.setattr(process, "RENEWAL", 0.1)
    chats, others = await connect(grace), await connect(alan)

    async def away(*args):
        raise RedisError("away")

    monkeypatch.setattr(process.live_process().presence.leases, "renew", away)
    with monkeypatch.context() as layer:
        layer.setattr(publish, "send_now", lambda group, message: None)
        new = await do(actions.create_group)(ada, "Looms", [grace.pk])
    added = await chats.receive("chat_added")
    assert added == {"chat_id": str(new.pk), "name": "Looms", "is_group": True}
    await do(actions.post_message)(ada, new.pk, "In the new one")
    await do(actions.post_message)(ada, group.pk, "In the old one")
    assert (await chats.receive("chat_added", "chat_activity"))["chat_id"] == str(new.pk)
    assert (await others.receive("chat_added", "chat_activity"))["chat_id"] == str(group.pk)


async def test_the_chat_list_takes_no_frames(ada, connect):
    chats = await connect(ada)
    await chats.send("typing_indicator", is_typing=True)
    assert (await chats.receive("error"))["field"] == "type"


async def test_a_socket_is_closed_when_its_token_ends(group, ada, monkeypatch):
    monkeypatch.setattr(process, "POLL", 0.05)
    client = Client(ada, f"/api/v1/chats/{group.pk}")
    client.socket.scope["token_expires_at"] = time.time() + 1
    assert await client.open()
    assert await client.closed() == 4401
    await client.close()


async def test_a_handshake_that_is_cancelled_leaves_nothing_behind(group, ada, monkeypatch):
    waiting = asyncio.Event()

    async def forever(self, chat_id):
        if process.live_process().hubs.follows(chat_id):  # else asked before a hub starts
            waiting.set()
            await asyncio.Event().wait()
        return set()

    monkeypatch.setattr(consumers.ChatConsumer, "look_again", forever)
    client = Client(ada, f"/api/v1/chats/{group.pk}")
    await client.socket.send_input({"type": "websocket.connect"})
    await asyncio.wait_for(waiting.wait(), 5)
    kept = process.live_process().hubs.kept
    assert [connection.user_id for connection in kept] == [ada.pk]
    client.socket.future.cancel()  # as Daphne does when the client has been gone for a while
    with contextlib.suppress(asyncio.CancelledError):
        await client.socket.future
    assert not kept


async def test_a_handshake_while_sql_is_away_is_put_off(group, ada, monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(socket_authentication, "read_access_token", away)
    stack = socket_authentication.SocketAuthMiddleware(URLRouter(websocket_urlpatterns))
    headers = [(b"authorization", b"Bearer token")]
    path = f"/api/v1/chats/{group.pk}"
    socket = WebsocketCommunicator(stack, path, headers=headers)
    socket.scope["extensions"] = {"websocket.http.response": {}}
    await socket.send_input({"type": "websocket.connect"})
    answer = await socket.receive_output(timeout=5)
    assert (answer["type"], answer["status"]) == ("websocket.http.response.start", 503)
    await socket.wait()
