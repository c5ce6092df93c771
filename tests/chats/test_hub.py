"""The hub: every change once and in order, whatever the layer loses; no reader delays another."""

import asyncio
import random

import orjson
import pytest
from channels.db import database_sync_to_async
from websockets.frames import Frame
from websockets.streams import StreamReader

from chatproject.sockets import connection
from chatproject.sockets.connection import Connection
from chats import actions, events
from chats.actions.known_chats import known_chats
from chats.events import publish
from chats.live import catch_up, change_order, chat_hub, process
from chats.live import hubs as live_hubs
from chats.live.process import live_process
from chats.models import Chat, ChatPermissions, Message, MessageRow, ReadMarker
from chats.permissions import Permissions, permissions_of
from chats.representation import reactions_shown
from tests.chats.files import send_image, settle_image
from tests.waiting import wait_for_async

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

do = database_sync_to_async


class Reader:
    """A socket that reads everything at once, unless it is stopped."""

    def __init__(self, user, takes_frames):
        self.frames = []
        self.code = None
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.connection = Connection(self.send, user.pk, self if takes_frames else None)

    async def send(self, message):
        await self.may_read.wait()
        if message["type"] == "websocket.close":
            self.code = message["code"]
        else:
            self.frames.append(orjson.loads(message["text"]))

    def write_frames(self, data):
        if not self.may_read.is_set():
            return False
        reader = StreamReader()
        reader.feed_data(data)
        while reader.buffer:
            parser = Frame.parse(reader.read_exact, mask=False, max_size=None)
            with pytest.raises(StopIteration) as parsed:
                next(parser)
            self.frames.append(orjson.loads(parsed.value.value.data))
        return True

    async def send_frames(self, data):
        await self.may_read.wait()
        assert self.write_frames(data)

    def of_type(self, *kinds):
        return [frame["data"] for frame in self.frames if frame["type"] in kinds]

    @property
    def contents(self):
        return [data["content"] for data in self.of_type("text_message")]


@pytest.fixture(params=["messages", "frames"])
async def join(monkeypatch, request):
    """A function that lets a socket in: by ASGI, and by whole frames past it."""
    monkeypatch.setattr(process, "POLL", 0.05)
    readers = []

    async def reader_of(user, chat):
        reader = Reader(user, request.param == "frames")
        readers.append(reader)
        (hub,) = await live_process().hubs.chats([chat.pk], reader.connection)
        hub.join(reader.connection, [], 0)
        return reader

    yield reader_of
    for reader in readers:
        live_process().hubs.drop(reader.connection)


@pytest.fixture
def lossy(monkeypatch):
    """A layer that loses every event while `lossy.losing` is true."""

    class Lossy:
        losing = False

    send, send_now = publish.send, publish.send_now

    async def maybe_send(group, message):
        if not Lossy.losing:
            await send(group, message)

    def maybe_send_now(group, message):
        if not Lossy.losing:
            send_now(group, message)

    monkeypatch.setattr(publish, "send", maybe_send)
    monkeypatch.setattr(publish, "send_now", maybe_send_now)
    return Lossy


def post(user, chat, content="Hello"):
    return actions.post_message(user, chat.pk, content)[0]


def row_of(message):
    """A message as it is read."""
    return MessageRow.of(Message.objects.document(message))


async def test_what_the_layer_lost_is_read_from_mongodb(group, ada, grace, join, lossy):
    reader = await join(grace, group)
    lossy.losing = True
    for number in range(5):
        await do(post)(ada, group, f"lost {number}")
    await wait_for_async(lambda: len(reader.contents) == 5)
    assert reader.contents == [f"lost {number}" for number in range(5)]


async def test_what_was_lost_comes_before_what_came(group, ada, grace, join, lossy):
    reader = await join(grace, group)
    lossy.losing = True
    await do(post)(ada, group, "one")
    await do(post)(ada, group, "two")
    lossy.losing = False
    await do(post)(ada, group, "three")
    await wait_for_async(lambda: len(reader.contents) >= 3)
    assert reader.contents == ["one", "two", "three"]


async def test_an_event_that_comes_twice_or_late_is_sent_once(group, ada, grace, join, lossy):
    reader = await join(grace, group)
    lossy.losing = True
    message = await do(post)(ada, group, "one")
    await wait_for_async(lambda: reader.contents == ["one"])
    lossy.losing = False
    frame = events.message_event(row_of(message), {ada.pk: ada}, is_new=True)
    for _ in range(2):
        await events.abroadcast(events.chat_group(group.pk), frame)
    await do(post)(ada, group, "two")
    await wait_for_async(lambda: "two" in reader.contents)
    assert reader.contents == ["one", "two"]


async def test_lost_edits_and_deletions_and_members_are_told(
    group, ada, grace, alan, join, lossy, monkeypatch
):
    first, second = await do(post)(ada, group), await do(post)(ada, group)
    reader, removed = await join(grace, group), await join(alan, group)
    lossy.losing = True
    await do(actions.edit_message)(ada, group, first, "edited")
    await do(actions.delete_message)(ada, group, second)
    await do(actions.rename_chat)(ada, group, "Looms")
    await do(actions.remove_member)(ada, group, alan.pk)
    await wait_for_async(lambda: [s for s in reader.of_type("chat_state") if s["rev"] == 6])
    assert [data["content"] for data in reader.of_type("message_edited")] == ["edited"]
    assert [data["seq"] for data in reader.of_type("message_deleted")] == [2]
    assert reader.of_type("chat_updated")[-1]["name"] == "Looms"
    assert reader.of_type("chat_state")[-1]["name"] == "Looms"
    changes = [frame["data"]["rev"] for frame in reader.frames if "rev" in frame["data"]]
    assert sorted(set(changes)) == [3, 4, 5, 6]
    assert removed.code == 4403
    assert reader.code is None


async def test_a_member_who_is_removed_waits_for_no_change_that_is_missing(
    group, ada, grace, alan, join, lossy, monkeypatch
):
    """All wait for what the layer lost, but not the end of the removed."""
    monkeypatch.setattr(chat_hub, "GAP_WAIT", 60)
    monkeypatch.setattr(process, "POLL", 60)
    removed, other = await join(alan, group), await join(grace, group)
    lossy.losing = True
    await do(post)(ada, group, "lost")
    lossy.losing = False
    await do(actions.remove_member)(ada, group, alan.pk)
    await do(post)(ada, group, "We are two now")
    await wait_for_async(lambda: removed.code == 4403, 1, "for the removal")
    assert removed.contents == other.contents == other.of_type("member_removed") == []
    again = Reader(alan, takes_frames=False)  # was let in just before
    (hub,) = await live_process().hubs.chats([group.pk], again.connection)
    hub.join(again.connection, [], 0)
    await wait_for_async(lambda: again.code == 4403, 1, "for the removal")
    live_process().hubs.drop(again.connection)


async def test_a_state_that_was_read_before_later_changes_goes_out_before_them(
    group, ada, grace, join, lossy, monkeypatch
):
    """While a hub reads what it missed, the next change comes."""
    monkeypatch.setattr(process, "POLL", 60)
    reader = await join(grace, group)
    read_state = catch_up.read_state

    async def slow(chat):
        state = await read_state(chat)
        lossy.losing = False
        await do(actions.rename_chat)(ada, group, "Later")
        await asyncio.sleep(0.1)  # the event arrives
        return state

    monkeypatch.setattr(catch_up, "read_state", slow)
    lossy.losing = True
    await do(actions.rename_chat)(ada, group, "Lost")
    await do(actions.rename_chat)(ada, group, "Missed")
    await live_process().hubs.compare()
    await wait_for_async(lambda: reader.of_type("chat_state"))
    named = [frame["data"] for frame in reader.frames if "name" in frame["data"]]
    assert named[-1]["name"] == "Later"
    assert [data["rev"] for data in named] == sorted(data["rev"] for data in named)


async def test_a_chat_deleted_unheard_closes_its_sockets(group, ada, grace, join, lossy):
    reader = await join(grace, group)
    lossy.losing = True
    await do(actions.delete_chat)(ada, group)
    await wait_for_async(lambda: reader.code == 4404)


async def test_who_missed_too_much_is_told_to_reload(group, ada, grace, join, lossy, monkeypatch):
    monkeypatch.setattr(change_order, "MOST_MISSED", 3)
    monkeypatch.setattr(process, "POLL", 60)  # or it may miss them one by one
    reader = await join(grace, group)
    lossy.losing = True
    for number in range(8):
        await do(post)(ada, group, f"lost {number}")
    await live_process().hubs.compare()
    await wait_for_async(lambda: reader.of_type("resync"))
    lossy.losing = False
    await do(post)(ada, group, "after")
    await wait_for_async(lambda: "after" in reader.contents)


async def test_who_went_and_came_back_unheard_sees_nothing_of_what_was_said_meanwhile(
    group, ada, grace, join, lossy, monkeypatch
):
    monkeypatch.setattr(change_order, "MOST_MISSED", 3)
    monkeypatch.setattr(process, "POLL", 60)
    await do(actions.change_access)(ada, group, history_for_new_members=False)
    reader = await join(grace, group)
    lossy.losing = True
    await do(actions.remove_member)(ada, group, grace.pk)
    said = await do(post)(ada, group, "meanwhile")
    for number in range(3):
        await do(post)(ada, group, f"lost {number}")
    await do(actions.add_members)(ada, await do(Chat.objects.get)(pk=group.pk), [grace.pk])
    await live_process().hubs.compare()
    await wait_for_async(lambda: reader.of_type("resync"))
    lossy.losing = False
    await do(actions.edit_message)(ada, group, said, "meanwhile, edited")
    await do(post)(ada, group, "after")
    await wait_for_async(lambda: "after" in reader.contents)
    assert not reader.of_type("message_edited")
    assert reader.of_type("message_hidden")


async def test_a_slow_reader_delays_nobody_and_is_closed(group, ada, grace, join, monkeypatch):
    monkeypatch.setattr(connection, "QUEUE_LIMIT", 30_000)
    slow, quick = await join(grace, group), await join(ada, group)
    slow.may_read.clear()
    for _ in range(8):
        await do(post)(ada, group, "x" * 9_000)
    await wait_for_async(lambda: len(quick.contents) == 8)
    assert slow.connection.closed
    slow.may_read.set()
    await wait_for_async(lambda: slow.code == 1013)


async def test_a_reader_that_was_slow_for_a_moment_gets_everything_in_order(
    group, ada, grace, join
):
    slow = await join(grace, group)
    slow.may_read.clear()
    for number in range(5):
        await do(post)(ada, group, str(number))
    quick = await join(ada, group)
    await do(post)(ada, group, "5")
    await wait_for_async(lambda: "5" in quick.contents)
    slow.may_read.set()
    await wait_for_async(lambda: len(slow.contents) == 6)
    assert slow.contents == [str(number) for number in range(6)]


async def test_a_write_that_is_blocked_too_long_closes_the_socket(
    group, ada, grace, join, monkeypatch
):
    monkeypatch.setattr(connection, "BLOCKED_LIMIT", 0.1)
    slow = await join(grace, group)
    slow.may_read.clear()
    await do(post)(ada, group)
    await wait_for_async(lambda: slow.connection.closed)


async def test_an_event_that_is_too_late_brings_nothing_back(
    group, ada, grace, join, lossy, monkeypatch
):
    monkeypatch.setattr(process, "POLL", 60)
    reader = await join(grace, group)
    lossy.losing = True
    first = await do(post)(ada, group, "regretted")
    lossy.losing = False
    await do(actions.delete_message)(ada, group, first)
    await wait_for_async(lambda: reader.of_type("message_deleted", "chat_state"))
    frame = events.message_event(row_of(first), {ada.pk: ada}, is_new=True)
    await events.abroadcast(events.chat_group(group.pk), frame)
    await do(post)(ada, group, "after")
    await wait_for_async(lambda: "after" in reader.contents)
    assert "regretted" not in reader.contents


async def test_what_waited_for_a_new_start_brings_nothing_back(
    group, ada, grace, join, lossy, monkeypatch
):
    """A message and its deletion came before what they follow, of which there was too much."""
    monkeypatch.setattr(change_order, "MOST_MISSED", 3)
    monkeypatch.setattr(process, "POLL", 60)
    reader, chat_list = await join(ada, group), Reader(grace, takes_frames=False)
    (hub,) = await live_process().hubs.chats([group.pk], chat_list.connection)
    hub.watch(chat_list.connection, 0)
    lossy.losing = True
    for number in range(8):
        await do(post)(ada, group, f"lost {number}")
    lossy.losing = False
    last = await do(post)(ada, group, "regretted")
    await do(actions.delete_message)(ada, group, last)
    await wait_for_async(lambda: reader.of_type("resync") and hub.order.rev == 10)
    await asyncio.sleep(0)
    previews = [data["preview"] for data in chat_list.of_type("chat_activity")]
    assert "regretted" not in previews
    live_process().hubs.drop(chat_list.connection)


async def test_a_deleted_chat_has_no_hub_while_chat_lists_stay_open(group, ada, grace, join):
    reader = await join(ada, group)
    hubs, chat_list = live_process().hubs, Reader(grace, takes_frames=False)
    (hub,) = await hubs.chats([group.pk], chat_list.connection)
    assert hub.watch(chat_list.connection, 0)
    await do(actions.delete_chat)(ada, group)
    await wait_for_async(lambda: reader.code == 4404 and not hubs._hubs)
    await wait_for_async(lambda: chat_list.of_type("chat_removed"))
    assert hubs.kept[chat_list.connection] == set()
    hubs.drop(chat_list.connection)


async def test_a_hub_outlives_its_last_socket_for_a_while(group, ada, grace, join, monkeypatch):
    reader = await join(ada, group)
    live = live_process()
    (hub,) = live.hubs._hubs.values()
    live.hubs.drop(reader.connection)
    await live.hubs.end_idle()
    assert list(live.hubs._hubs.values()) == [hub]
    await do(post)(grace, group, "while nobody is here")
    await wait_for_async(lambda: hub.order.rev == 1)
    again = await join(ada, group)
    assert again.of_type("welcome")[0]["last_rev"] == 1
    monkeypatch.setattr(live_hubs, "IDLE_SECONDS", 0.0)
    await live.hubs.end_idle()
    assert list(live.hubs._hubs.values()) == [hub]
    live.hubs.drop(again.connection)
    await live.hubs.end_idle()
    assert live.hubs._hubs == {}
    assert hub.group not in await subscriptions(live.hubs)


async def test_a_hub_that_comes_back_while_its_group_is_left_is_subscribed(
    group, ada, grace, join, monkeypatch
):
    reader = await join(ada, group)
    live = live_process()
    live.hubs.drop(reader.connection)
    monkeypatch.setattr(live_hubs, "IDLE_SECONDS", 0.0)
    _, again = await asyncio.gather(live.hubs.end_idle(), join(ada, group))
    await do(post)(grace, group, "hello")
    await wait_for_async(lambda: again.contents == ["hello"])


async def subscriptions(kept):
    """The groups that this process is subscribed to."""
    layer = kept.subscriptions.layer._get_layer()
    channels = {channel for shard in layer._shards for channel in shard._subscribed_to}
    return {channel.partition("__group__")[2] for channel in channels}


EMOJI = ["\U0001f44d", "\u2764\ufe0f"]


def shown(content, attachments):
    """What a client shows of a message."""
    return content, [file["state"] for file in attachments or ()]


def state_of(chat):
    """What a client that loads the chat now knows of it."""
    chat = Chat.objects.get(pk=chat.pk)
    messages = {
        message.seq: None if message.deleted_at else shown(message.content, message.attachments)
        for message in Message.objects.in_chat(chat.pk)
    }
    allowed = {user_id: rights.as_flags() for user_id, rights in permissions_of(chat).items()}
    return {
        "name": chat.name,
        "access": chat.access,
        "history": chat.history_for_new_members,
        "owner": chat.owner_id,
        "members": set(chat.member_ids),
        "messages": messages,
        "pinned": {row.seq for row in Message.objects.pins(chat, chat.owner_id)},
        "pins": chat.pin_count,
        "permissions": allowed,
        "markers": ReadMarker.objects.of_chat(chat),
        "reactions": {
            message.seq: reactions_shown(message.reactions)
            for message in Message.objects.in_chat(chat.pk)
            if message.reactions
        },
    }


def apply(state, frame):
    """What a client does with an event."""
    kind, data = frame["type"], frame["data"]
    if kind in ("text_message", "message_edited", "message_updated"):
        state["messages"][data["seq"]] = shown(data["content"], data["attachments"])
        react(state, data)
        pin(state, data)
    elif kind == "message_deleted":
        state["messages"][data["seq"]] = None
        state["reactions"].pop(data["seq"], None)
        state["pinned"].discard(data["seq"])
    elif kind == "message_reaction":
        react(state, data)
    elif kind == "message_pinned":
        state["pins"] = data["pin_count"]
        pin(state, data)
    elif kind == "chat_updated":
        state["name"], state["owner"] = data["name"], data["owner_id"]
        state["access"] = data["access"]
        state["history"] = data["history_for_new_members"]
    elif kind == "chat_state":
        state["name"], state["owner"] = data["name"], data["owner_id"]
        state["access"] = data["access"]
        state["history"] = data["history_for_new_members"]
        state["members"] = set(data["member_ids"])
        state["pins"] = data["pin_count"]
        state["permissions"] = {int(key): flags for key, flags in data["permissions"].items()}
        state["markers"] = {int(key): seq for key, seq in data["read_markers"].items()}
    elif kind == "member_added":
        add(state, data["user_id"])
    elif kind == "member_removed":
        remove(state, data["user_id"])
    elif kind == "permissions_changed":
        state["permissions"][data["user_id"]] = {name: data[name] for name in ChatPermissions.FLAGS}
    elif kind == "message_read":
        seq = state["markers"].get(data["user_id"], 0)
        state["markers"][data["user_id"]] = max(seq, data["seq"])


def react(state, data):
    state["reactions"].pop(data["seq"], None)
    if data["reactions"]:
        state["reactions"][data["seq"]] = data["reactions"]


def pin(state, data):
    (state["pinned"].add if data["pinned_at"] else state["pinned"].discard)(data["seq"])


def add(state, user_id):
    state["members"].add(user_id)
    state["permissions"][user_id] = Permissions(Chat(is_group=True, owner_id=0), user_id).as_flags()


def remove(state, user_id):
    state["members"].discard(user_id)
    state["permissions"].pop(user_id, None)
    state["markers"].pop(user_id, None)


@pytest.mark.parametrize("seed", range(6))
async def test_old_state_and_events_are_the_fresh_state(
    group, ada, grace, alan, stranger, join, lossy, monkeypatch, seed
):
    """Random changes of every kind, over a layer that loses some: nothing is missed."""
    chance = random.Random(seed)
    messages = [await do(post)(ada, group, f"old {number}") for number in range(5)]
    state = await do(state_of)(group)
    reader = await join(ada, group)

    def change():
        chat = Chat.objects.get(pk=group.pk)
        message = Message.objects.get(pk=chance.choice(messages).pk)
        others = [user for user in (grace, alan, stranger) if user.pk in chat.member_ids]
        what = chance.randrange(14)
        if what <= 1:
            messages.append(post(ada, chat, f"new {chat.last_seq}"))
        elif what == 2 and not message.deleted_at:
            actions.edit_message(ada, chat, message, f"edited {chat.last_rev}")
        elif what == 3:
            actions.delete_message(ada, chat, message)
        elif what == 4:
            actions.rename_chat(ada, chat, f"Name {chat.last_rev}")
        elif what == 5 and others:
            flags = {name: chance.random() < 0.5 for name in ChatPermissions.FLAGS}
            actions.set_permissions(ada, chat, chance.choice(others).pk, **flags)
        elif what == 6 and others:
            actions.mark_read(chance.choice(others), chat, message)
        elif what == 7:
            actions.change_access(ada, chat, access=chance.choice(Chat.Access.values))
            actions.change_access(ada, chat, history_for_new_members=chance.random() < 0.5)
        elif what == 8 and not message.deleted_at:
            actions.add_reaction(ada, chat, message, chance.choice(EMOJI))
        elif what == 9:
            actions.remove_reaction(ada, message, chance.choice(EMOJI))
        elif what == 10 and not message.deleted_at:
            pin = actions.unpin_message if message.pinned_at else actions.pin_message
            pin(ada, chat, message)
        elif what == 11:
            messages.append(send_image(ada, chat))
        elif what == 12:
            settle_image(chat)
        elif others and chance.random() < 0.5:
            actions.remove_member(ada, chat, chance.choice(others).pk)
        else:
            actions.add_members(ada, chat, [grace.pk, alan.pk, stranger.pk])

    for _ in range(40):
        lossy.losing = chance.random() < 0.3
        await do(change)()
    # What has no `rev` is repaired with what has one.
    lossy.losing = True
    last = await do(actions.rename_chat)(ada, group, "The end")
    (hub,) = await live_process().hubs.chats([group.pk], reader.connection)
    await wait_for_async(lambda: hub.order.rev == last.last_rev and not hub.order._pending)
    # What goes out at once is written a moment later.
    await wait_for_async(lambda: any(f["data"].get("name") == "The end" for f in reader.frames))
    for frame in reader.frames:
        apply(state, frame)
    assert state == await do(state_of)(group)


async def test_whoever_was_removed_hears_nothing_later_when_the_layer_lost_that(
    group, ada, grace, alan, join, lossy
):
    removed, there = await join(grace, group), await join(alan, group)
    lossy.losing = True
    await do(actions.remove_member)(ada, group, grace.pk)
    await do(post)(ada, group, "without grace")
    await wait_for_async(lambda: there.contents == ["without grace"])
    assert removed.connection.closed
    assert removed.contents == []
    assert "chat_state" not in [frame["type"] for frame in removed.frames]


async def test_whoever_was_removed_on_the_way_in_is_not_let_in(
    group, ada, grace, alan, lossy, monkeypatch
):
    monkeypatch.setattr(process, "POLL", 0.05)
    hubs = live_process().hubs
    connection, there = Reader(grace, False).connection, Reader(alan, False).connection
    (hub,) = await hubs.chats([group.pk], connection)
    await hubs.chats([group.pk], there)
    hub.join(there, [], 0)
    lossy.losing = True
    await do(actions.remove_member)(ada, group, grace.pk)
    await wait_for_async(lambda: grace.pk in hub._removed)
    hub.join(connection, [], 0)
    assert connection.closed
    for socket in (connection, there):
        hubs.drop(socket)


@pytest.mark.parametrize("is_read", ["before", "after"])
async def test_members_added_at_once_while_a_hub_starts_end_no_start(
    group, ada, grace, stranger, person, join, monkeypatch, is_read
):
    lovelace, other = await do(person)("annabella"), await do(actions.create_group)(ada, "B", [])
    read, hubs = live_hubs.read_starts, live_process().hubs

    async def read_meanwhile(chat_ids):
        monkeypatch.undo()
        starts = await read(chat_ids)
        await do(actions.add_members)(ada, group, [stranger.pk, lovelace.pk])
        hub = hubs._hubs[events.chat_group(group.pk)]
        await wait_for_async(lambda: set(hub.order._pending) == {1, 2}, 5)
        return starts if is_read == "before" else await read(chat_ids)

    monkeypatch.setattr(live_hubs, "read_starts", read_meanwhile)
    watcher = Reader(ada, takes_frames=False)
    assert len(await hubs.chats([other.pk, group.pk], watcher.connection)) == 2
    reader = await join(grace, group)
    assert reader.of_type("welcome")[0]["last_rev"] == 2
    await do(post)(ada, group, "Welcome")
    await wait_for_async(lambda: reader.contents == ["Welcome"], 5)
    hubs.drop(watcher.connection)


async def test_who_has_more_than_a_restored_mongodb_is_told_to_reload(group, ada, grace, join):
    reader = await join(grace, group)
    sent = [await do(post)(ada, group, str(number)) for number in range(5)]
    await wait_for_async(lambda: len(reader.contents) == 5)

    def restore():
        """An older backup."""
        rows = Message.objects.collection()
        rows.delete_many({"chat_id": group.pk.hex, "rev": {"$gt": 2}})
        Chat.objects.filter(pk=group.pk).update(last_rev=2, last_seq=2)

    await do(restore)()
    await wait_for_async(lambda: reader.of_type("resync"))
    assert [data["last_rev"] for data in reader.of_type("resync")] == [2]
    known_chats.forget(group.pk)  # it would for a minute believe in what isn't there
    await do(post)(ada, group, "After that")
    await wait_for_async(lambda: reader.contents[-1] == "After that")
    assert reader.of_type("text_message")[-1]["rev"] == 3
    assert sent[2].rev == 3
