"""Fan-out: one hub a chat and process.

The hub receives each event of its chat once, encodes it once, and writes the same bytes to every
socket of this process (`crowd.py`, `outlet.py`). The channel layer may lose events; MongoDB has
every change under a dense `rev`. So a hub that misses a `rev` reads it, and sends each change once,
in order.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections import deque
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model

from chatproject import layer
from chatproject.mongodb.documents import Document
from chatproject.stores import Unsettled, in_thread, is_away

from . import events
from .crowd import Crowd
from .models import QUIET, WITHOUT_SENDS, Chat, Message, ReadMarker
from .outlet import Burst, Outlet
from .permissions import permissions_of

if TYPE_CHECKING:
    from .switchboard import Switchboard

logger = logging.getLogger(__name__)

GAP_WAIT = 0.05  # seconds for an event of another process to arrive before MongoDB is asked
HOLE_PATIENCE = 1.0  # seconds for a write whose number is taken; then others are not held up
INTERRUPTION = 6.0  # seconds without a look, which is due every two: MongoDB was away
UNDER_WAY = (
    20  # of the latest numbers, which may be taken and not stored yet: a page asks for these
)
LATE = 200  # of the latest numbers, for which a hub waits that starts or starts anew
MOST_MISSED = 1000  # changes; who missed more reloads

# What a `chat_state` with a later `rev` has told already.
CHAT_CHANGES = {"chat_updated", "member_added", "member_removed", "permissions_changed"}

# What changes the last line of a chat, if it is about its latest message.
MESSAGES = {"text_message", "message_edited", "message_deleted"}
NAMED = [field.name for field in fields(events.ChatUpdated)]

Frame = dict[str, Any]


@dataclass(frozen=True)
class Changes:
    """What MongoDB says of a chat: where it is, and the changes that were asked for."""

    chat: Chat
    frames: dict[int, Frame]
    state: Frame


@in_thread
def read_chat(chat_id: uuid.UUID) -> Chat | None:
    """A chat as a majority has it; None if it was deleted, not if it is too new for that."""
    chats, query = Chat.objects.all(), {"_id": chat_id.hex}
    if found := chats.found(query, committed=True, projection=WITHOUT_SENDS):
        return found[0]
    if chats.found(query, projection={"_id": 1}):
        raise Unsettled("A majority doesn't have this chat yet.")
    return None


@in_thread
def read_changes(chat: Chat, revs: list[int], known_seq: int) -> Changes:
    """The messages whose last change has one of these numbers, as frames by `rev`."""
    query = {"chat_id": chat.pk.hex, "rev": {"$in": revs}}
    messages = Message.objects.all().found(query, committed=True, sort={"rev": 1})
    replies = Message.objects.reply_previews(messages)
    ids = {message.sender_id for message in (*messages, *replies.values())}
    names = get_user_model().objects.names(ids)
    frames = {
        message.rev: events.message_event(
            message,
            names,
            replies.get(message.reply_to) if message.reply_to else None,
            is_new=message.seq > known_seq,
        ).frame()
        for message in messages
    }
    return Changes(chat, frames, read_state(chat).frame())


@in_thread
def read_stored_revs(chat_id: uuid.UUID, low: int, high: int) -> set[int]:
    """The change numbers after `low` up to `high` that messages have."""
    query = {"chat_id": chat_id.hex, "rev": {"$gt": low, "$lte": high}}
    changed = Message.objects.all().found(query, committed=True, projection={"rev": 1})
    return {message.rev for message in changed}


def read_state(chat: Chat) -> events.ChatState:
    """What no message tells: name, owner, members, permissions, and read markers."""
    permissions = {user_id: row.as_flags() for user_id, row in permissions_of(chat).items()}
    return events.chat_state(chat, permissions, ReadMarker.objects.of_chat(chat))


@in_thread
def read_chats_of(user_id: int) -> list[uuid.UUID]:
    chats = Chat.objects.all().found({"member_ids": user_id}, projection={"_id": 1})
    return [chat.pk for chat in chats]


class Hub:
    """The sockets of this process that belong to one group of the layer."""

    def __init__(self, board: Switchboard, group: str) -> None:
        self.board = board
        self.group = group
        self.subscribed = False
        self.guests: set[Outlet] = set()  # everyone here, also who is still on the way in
        self.sockets = Crowd()  # who is told every event
        self.watchers = Crowd()  # who is told small events, or none

    async def subscribe(self) -> None:
        """Join the group; when the layer is away, the switchboard tries again."""
        try:
            async with asyncio.timeout(layer.TIMEOUT):
                await self.board.layer.group_add(self.group, self.board.channel)
            self.subscribed = True
        except Exception as error:
            reason = str(error) or type(error).__name__
            logger.warning("Not subscribed to %s: %s", self.group, reason)

    def seat(self, socket: Outlet) -> None:
        """Keep the hub for this socket."""
        self.guests.add(socket)
        self.board.sockets.add(socket)
        socket.hubs.add(self)

    def unseat(self, socket: Outlet) -> None:
        self.guests.discard(socket)
        self.sockets.discard(socket)
        self.watchers.discard(socket)

    def receive(self, frame: Frame) -> None:
        self.deliver(frame)

    def deliver(self, frame: Frame) -> None:
        self.sockets.tell(frame)

    def close(self, code: int, reason: str, sign_in: str | None, spared: str | None) -> None:
        """Close all sockets, those of one sign-in, or those of every other one."""
        self.sockets.flush()
        for socket in (*self.sockets, *self.watchers):
            its = socket.sign_in.hex if socket.sign_in else ""
            if its != spared and sign_in in (None, its):
                socket.close(code, reason)

    def stop(self) -> None:
        """End what runs for this hub."""


class UserHub(Hub):
    """The sockets of one person: `sockets` are chat lists, `watchers` are sockets of chats."""

    def __init__(self, board: Switchboard, user_id: int) -> None:
        super().__init__(board, events.user_group(user_id))
        self.user_id = user_id

    def receive(self, frame: Frame) -> None:
        if frame["type"] == "chat_added":
            self.board.spawn(self._watch(uuid.UUID(frame["data"]["chat_id"]), frame))
        else:
            self.deliver(frame)

    async def watch(self, chat: Chat) -> None:
        """Show the chat lists a chat of the person's, if they don't yet."""
        if not self.board.shows(chat.pk, self.sockets):
            added = events.ChatAdded(chat_id=str(chat.pk), name=chat.name, is_group=chat.is_group)
            await self._watch(chat.pk, added.frame())

    async def watch_all(self, socket: Outlet) -> None:
        """Show a chat list every chat of its person."""
        self.sockets.add(socket)
        chats = await read_chats_of(self.user_id)
        hubs = await self.board.chats(chats, socket)
        # Again: who was removed before the hubs listened is found here, later by the hubs.
        own = set(await read_chats_of(self.user_id))
        watched = [hub for hub in hubs if hub.chat_id in own and hub.watch(socket)]
        last_seqs = {str(hub.chat_id): hub.seq for hub in watched}
        socket.tell(events.Watching(user_id=self.user_id, last_seqs=last_seqs))

    async def _watch(self, chat_id: uuid.UUID, frame: Frame) -> None:
        added = Burst([events.encode(frame)])
        for socket in tuple(self.sockets):
            for hub in await self.board.chats([chat_id], socket):
                chat = await read_chat(chat_id)
                new = socket not in hub.watchers
                if new and chat and self.user_id in chat.member_ids and hub.watch(socket):
                    socket.write(added)
            if socket.closed:  # meanwhile
                await self.board.drop(socket)


class ChatHub(Hub):
    """The sockets of one chat, and the chat lists (`watchers`) that show it."""

    def __init__(self, board: Switchboard, chat_id: uuid.UUID) -> None:
        super().__init__(board, events.chat_group(chat_id))
        self.chat_id = chat_id
        self.rev = 0  # the highest change that was sent
        self.seq = 0  # the highest message that was sent
        self.settled = 0  # every change up to this one was sent, or is a hole for good
        self._state_rev = 0  # the `rev` of the chat's state that was sent last
        self._seen: set[int] = set()  # changes after `settled` that were sent
        self._pending: dict[int, Frame] = {}  # changes that came before those they follow
        self._history: deque[tuple[float, int]] = deque()
        self._ready = False
        self._catching_up: asyncio.Task[None] | None = None
        self._removed: set[int] = set()  # who may be on the way in with an older permission

    async def begin(self, start: Document) -> None:
        """Start from where the chat is, which was read after the hub had subscribed."""
        settled, seen = start["last_rev"], set[int]()
        if not start["is_quiet"]:
            settled, seen = await self._late(start["last_rev"])
        self._start(start["last_rev"], start["last_seq"], settled, seen)
        self._ready = True
        self._send_pending()

    async def _late(self, last_rev: int) -> tuple[int, set[int]]:
        """Up to which change nothing more comes, and those after it that are stored.

        Of the others, writes may be under way that took their numbers before: sent when they come.
        """
        settled = max(last_rev - LATE, 0)
        return settled, await read_stored_revs(self.chat_id, settled, last_rev)

    def _start(self, rev: int, seq: int, settled: int, seen: set[int]) -> None:
        self.rev, self.seq, self.settled, self._seen = rev, seq, settled, seen

    def watch(self, socket: Outlet) -> bool:
        """Show a chat list this chat; False if its person was removed meanwhile."""
        if socket.user_id in self._removed:
            return False
        self.watchers.add(socket)
        return True

    def stop(self) -> None:
        if self._catching_up is not None:
            self._catching_up.cancel()

    # Events

    def receive(self, frame: Frame) -> None:
        rev = frame["data"].get("rev")
        if rev is None:
            self.deliver(frame)
        elif not self._ready or rev > self.rev + 1:
            self._pending[rev] = frame
            if frame["type"] == "member_removed":  # closed at once, whatever has to come before
                self._close_sockets(frame["data"]["user_id"])
            self._catch_up_after(GAP_WAIT)
        elif rev in self._seen or rev <= self.settled:
            return
        elif rev < self.rev and frame["type"] in MESSAGES:
            self._catch_up_after(0)  # too late: what it tells may have changed again
        else:
            self._send(rev, frame)
            self._send_pending()

    def deliver(self, frame: Frame) -> None:
        super().deliver(frame)
        if self.watchers:
            self._tell_watchers(frame)
        if frame["type"] == "member_removed":
            self._remove(frame["data"]["user_id"])
        elif frame["type"] == "member_added":
            self._removed.discard(frame["data"]["user_id"])
        elif frame["type"] == "chat_deleted":
            self.close_deleted()

    def close_deleted(self) -> None:
        """End with the chat: its sockets close, chat lists are told and stay open without it."""
        self.sockets.close(events.CLOSE_CHAT_DELETED, "This chat was deleted.")
        self.watchers.clear()
        for guest in self.guests:
            guest.hubs.discard(self)
        self.board.spawn(self.board.release(self))

    def _send(self, rev: int, frame: Frame) -> None:
        self._seen.add(rev)
        self.rev = max(self.rev, rev)
        self.seq = max(self.seq, frame["data"].get("seq", 0))
        if frame["type"] in CHAT_CHANGES and rev <= self._state_rev:
            return
        self.deliver(frame)

    def _send_pending(self) -> None:
        while self.rev + 1 in self._pending:
            self._send(self.rev + 1, self._pending.pop(self.rev + 1))
        for rev in [rev for rev in self._pending if rev <= self.rev]:
            self.receive(self._pending.pop(rev))

    def _close_sockets(self, user_id: int) -> None:
        self._removed.add(user_id)
        reason = "You are no member of this chat any more."
        self.sockets.close(events.CLOSE_REMOVED, reason, only=user_id)

    def _remove(self, user_id: int) -> None:
        self._close_sockets(user_id)
        for socket in self.watchers.of(user_id):
            self.watchers.discard(socket)

    def _let_go(self, chat: Chat) -> None:
        """Remove whoever is no member by this chat, before anything later than that is sent."""
        if chat.last_rev < self.rev:
            return
        for user_id in {guest.user_id for guest in self.guests}.difference(chat.member_ids):
            gone = events.ChatRemoved(chat_id=str(chat.pk), reason="removed")
            self.watchers.tell(gone, only=user_id)
            self._remove(user_id)

    def _tell_watchers(self, frame: Frame) -> None:
        """Tell the chat lists what they show of an event."""
        kind, data = frame["type"], frame["data"]
        if kind in MESSAGES and data["seq"] >= self.seq:
            self.watchers.tell(events.chat_activity(data))
        elif kind in ("chat_updated", "chat_state"):
            self.watchers.tell(events.ChatUpdated(**{name: data[name] for name in NAMED}))
        elif kind == "message_read":
            self.watchers.tell(events.MessageRead(**data), only=data["user_id"])
        elif kind == "member_removed":
            gone = events.ChatRemoved(chat_id=data["chat_id"], reason="removed")
            self.watchers.tell(gone, only=data["user_id"])
        elif kind == "chat_deleted":
            self.watchers.tell(events.ChatRemoved(chat_id=data["chat_id"], reason="deleted"))

    # Catching up

    def look(self, last_rev: int) -> None:
        """Compare with `last_rev` of the chat in MongoDB, now and then."""
        moment = time.monotonic()
        if self._history and moment - self._history[-1][0] > INTERRUPTION:
            self._history.clear()  # what was under way when MongoDB went may come only now
        self._history.append((moment, last_rev))
        while self._history[0][0] < moment - QUIET:
            self.settled = max(self.settled, min(self._history.popleft()[1], self.rev))
        if self._seen:
            self._seen = {rev for rev in self._seen if rev > self.settled}
        if last_rev > self.rev or len(self._seen) < self.rev - self.settled:
            self._catch_up_after(0)

    def _catch_up_after(self, delay: float) -> None:
        if self._ready and (self._catching_up is None or self._catching_up.done()):
            self._catching_up = asyncio.create_task(self._try_to_catch_up(delay))

    async def _try_to_catch_up(self, delay: float) -> None:
        """Catch up; while a store is away nothing comes of it, and the next look tries again."""
        try:
            await self._catch_up(delay)
        except Exception as error:
            if not is_away(error):  # which the switchboard's log says, once for all hubs
                logger.exception("Chat %s didn't catch up", self.chat_id)

    async def _catch_up(self, delay: float) -> None:
        """Send what is missing, in order; wait a moment for writes under way, then go on."""
        deadline = time.monotonic() + HOLE_PATIENCE
        await asyncio.sleep(delay)
        while True:
            chat = await read_chat(self.chat_id)
            if chat is None:
                self.receive(events.ChatDeleted(chat_id=str(self.chat_id), deleted_by=None).frame())
                return
            self._let_go(chat)
            if chat.last_rev - self.rev > MOST_MISSED:
                late = await self._late(chat.last_rev)
                self._resync(await read_changes(chat, [], self.seq), *late)
                return
            missing = [r for r in range(self.settled + 1, chat.last_rev + 1) if r not in self._seen]
            changes = await read_changes(chat, missing[-MOST_MISSED:], self.seq)
            patient = time.monotonic() < deadline
            self._send_changes(changes, patient=patient)
            self._send_pending()
            if not self._pending and (self.rev >= chat.last_rev or not patient):
                return
            await asyncio.sleep(GAP_WAIT)

    def _send_changes(self, changes: Changes, *, patient: bool) -> None:
        """Send these changes and the pending ones in order; stop at a hole while patient.

        Without patience the chat as it was read stands for what no message tells.
        """
        due = {**changes.frames, **self._pending}
        skipped = False
        for rev in sorted(rev for rev in due if rev <= changes.chat.last_rev):
            if rev in self._seen or rev <= self.settled:
                continue
            if rev > self.rev + 1:
                if patient:
                    return
                skipped = True
            self._pending.pop(rev, None)
            self._send(rev, due[rev])
        if self.rev < changes.chat.last_rev and not patient:
            self.rev, skipped = changes.chat.last_rev, True
        if skipped:
            self._send_state(changes.chat, changes.state)

    def _send_state(self, chat: Chat, state: Frame) -> None:
        """After changes that no message tells (or that later ones replaced): the chat as it is."""
        if chat.last_rev < self._state_rev:
            return
        self._state_rev = chat.last_rev
        self.deliver(state)
        self._removed -= set(chat.member_ids)

    def _resync(self, changes: Changes, settled: int, seen: set[int]) -> None:
        chat = changes.chat
        self._start(chat.last_rev, chat.last_seq, settled, seen)
        self.deliver(events.Resync(chat_id=str(chat.pk), last_rev=chat.last_rev).frame())
        self._send_state(chat, changes.state)
        self._send_pending()

    # Coming and going

    async def join(self, socket: Outlet, username: str) -> None:
        """Welcome and add a socket; tells the chat if the person wasn't there."""
        online = await self.board.attendance.join(self.chat_id, socket.user_id, username)
        socket.tell(self._welcome(socket.user_id, online))
        self.sockets.add(socket)
        if socket.user_id in self._removed:
            self._remove(socket.user_id)

    def leave(self, socket: Outlet, username: str) -> None:
        """Take a socket out; tells the chat if it was the person's last."""
        self.sockets.discard(socket)
        self.board.attendance.leave(self.chat_id, socket.user_id, username)

    def _welcome(self, user_id: int, online: list[int]) -> events.Welcome:
        return events.Welcome(
            chat_id=str(self.chat_id),
            user_id=user_id,
            last_seq=self.seq,
            last_rev=self.rev,
            online=online,
        )
