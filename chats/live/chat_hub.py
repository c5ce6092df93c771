"""Fan-out of one chat: its events, in order, to the sockets of this process."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Iterable

from chatproject.sockets.connection import Connection
from chatproject.stores.mongodb.documents import Document
from chatproject.stores.outages import is_away
from chats import events
from chats.models import Chat
from chats.protocol import CLOSE_CHAT_DELETED, CLOSE_REMOVED, LATE

from .change_order import GAP_WAIT, ChangeOrder
from .hub import Hub
from .reads import read_changes, read_chat, read_stored_revs

logger = logging.getLogger(__name__)

HOLE_PATIENCE = 1.0  # seconds for a write whose number is taken; then others are not held up


class ChatHub(Hub):
    """The sockets of one chat, and the chat lists (`watchers`) that show it."""

    def __init__(self, chat_id: uuid.UUID, on_deleted: Callable[[ChatHub], None]) -> None:
        super().__init__(events.chat_group(chat_id))
        self.chat_id = chat_id
        self.order = ChangeOrder()
        self.seq = 0  # the highest message that was sent
        self._on_deleted = on_deleted
        self._catching_up: asyncio.Task[None] | None = None
        self._removed: set[int] = set()  # who may be on the way in with an older permission

    async def begin(self, start: Document) -> None:
        """Start from where the chat is, which was read after the hub had subscribed."""
        last_rev, watermark, seen = start["last_rev"], start["last_rev"], set[int]()
        if not start["is_quiet"]:
            watermark, seen = await self._late(last_rev)
        self.seq = start["last_seq"]
        self._send(self.order.start(last_rev, watermark, seen))

    async def _late(self, last_rev: int) -> tuple[int, set[int]]:
        """Up to which change nothing more comes, and those after it that are stored.

        Of the others, writes may be under way that took their numbers before: sent when they come.
        """
        watermark = max(last_rev - LATE, 0)
        return watermark, await read_stored_revs(self.chat_id, watermark, last_rev)

    def stop(self) -> None:
        """End the catching up."""
        if self._catching_up is not None:
            self._catching_up.cancel()

    # Events

    def receive(self, event: events.Event) -> None:
        """Take an event of the chat; a change waits for those before it."""
        if not isinstance(event, events.Change):
            self.deliver(event)
            return
        if isinstance(event, events.MemberRemoved) and self.order.is_early(event.rev):
            self._close_sockets(event.user_id)  # at once, whatever has to come before
        self._send(self.order.receive(event))

    def deliver(self, event: events.Event) -> None:
        """Tell the sockets an event, and chat lists what they show of it."""
        super().deliver(event)
        if self.watchers:
            self._tell_watchers(event)
        match event:
            case events.MemberRemoved(user_id=user_id):
                self._remove(user_id)
            case events.MemberAdded(user_id=user_id):
                self._removed.discard(user_id)
            case events.ChatDeleted():
                self._close_deleted()

    def _send(self, due: Iterable[events.Change]) -> None:
        for change in due:
            if isinstance(change, events.MessageChange):
                self.seq = max(self.seq, change.seq)
            self.deliver(change)
        if self.order.read_after is not None:
            self._catch_up_after(self.order.read_after)

    def _tell_watchers(self, event: events.Event) -> None:
        if isinstance(event, events.MessageChange) and event.seq < self.seq:
            return  # not the latest message
        if shown := event.for_chat_list():
            self.watchers.tell(shown[0], only=shown[1])

    # Who is here

    def watch(self, connection: Connection) -> bool:
        """Show a chat list this chat; False if its person was removed meanwhile."""
        if connection.user_id in self._removed:
            return False
        self.watchers.add(connection)
        return True

    def join(self, connection: Connection, online: list[int]) -> None:
        """Welcome and add a socket; `online` are the people who are here."""
        welcome = events.Welcome(
            chat_id=str(self.chat_id),
            user_id=connection.user_id,
            last_seq=self.seq,
            last_rev=self.order.rev,
            online=online,
        )
        connection.tell(welcome)
        self.sockets.add(connection)
        if connection.user_id in self._removed:
            self._remove(connection.user_id)

    def _close_deleted(self) -> None:
        """End with the chat: its sockets close, chat lists are told and stay open without it."""
        self.sockets.close(CLOSE_CHAT_DELETED, "This chat was deleted.")
        self.watchers.clear()
        self._on_deleted(self)

    def _close_sockets(self, user_id: int) -> None:
        self._removed.add(user_id)
        reason = "You are no member of this chat any more."
        self.sockets.close(CLOSE_REMOVED, reason, only=user_id)

    def _remove(self, user_id: int) -> None:
        self._close_sockets(user_id)
        for socket in self.watchers.of(user_id):
            self.watchers.discard(socket)

    def _remove_former_members(self, chat: Chat) -> None:
        """Remove whoever is no member by this chat, before anything later than that is sent."""
        if chat.last_rev < self.order.rev:
            return
        for user_id in {one.user_id for one in self.connections}.difference(chat.member_ids):
            gone = events.ChatRemoved(chat_id=str(chat.pk), reason="removed")
            self.watchers.tell(gone, only=user_id)
            self._remove(user_id)

    # Catching up

    def look(self, last_rev: int) -> None:
        """Compare with `last_rev` of the chat in MongoDB, now and then."""
        self.order.look(last_rev, time.monotonic())
        self._send(())

    def _catch_up_after(self, seconds: float) -> None:
        self.order.read_after = None
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = asyncio.create_task(self._try_to_catch_up(seconds))

    async def _try_to_catch_up(self, delay: float) -> None:
        """Catch up; while a store is away nothing comes of it, and the next look tries again."""
        try:
            await self._catch_up(delay)
        except Exception as error:
            if not is_away(error):  # the log says that once for all hubs
                logger.exception("Chat %s didn't catch up", self.chat_id)

    async def _catch_up(self, delay: float) -> None:
        """Send what is missing, in order; wait a moment for writes under way, then go on."""
        deadline = time.monotonic() + HOLE_PATIENCE
        await asyncio.sleep(delay)
        while True:
            chat = await read_chat(self.chat_id)
            if chat is None:
                self.deliver(events.ChatDeleted(chat_id=str(self.chat_id), deleted_by=None))
                return
            self._remove_former_members(chat)
            if self.order.is_too_far_behind(chat.last_rev):
                await self._resync(chat)
                return
            is_patient = await self._fill(chat, deadline)
            if self.order.is_even_with(chat.last_rev) or not is_patient:
                return
            await asyncio.sleep(GAP_WAIT)

    async def _fill(self, chat: Chat, deadline: float) -> bool:
        """Send the changes up to this chat's; False once those still missing are given up."""
        changes = await read_changes(chat, self.order.missing(chat.last_rev), self.seq)
        if is_patient := time.monotonic() < deadline:
            self._send(self.order.fill(changes.by_rev, chat.last_rev))
        else:
            due, has_skipped = self.order.fill_without(changes.by_rev, chat.last_rev)
            self._send(due)
            if has_skipped:
                self._send_state(chat, changes.state)
        self._send(self.order.following())
        return is_patient

    async def _resync(self, chat: Chat) -> None:
        """Tell everybody to read the chat again; start anew from where it is."""
        watermark, seen = await self._late(chat.last_rev)
        changes = await read_changes(chat, [], self.seq)
        self.seq = chat.last_seq
        following = self.order.start(chat.last_rev, watermark, seen)
        self.deliver(events.Resync(chat_id=str(chat.pk), last_rev=chat.last_rev))
        self._send_state(chat, changes.state)
        self._send(following)

    def _send_state(self, chat: Chat, state: events.ChatState) -> None:
        """After changes that no message tells (or that later ones replaced): the chat as it is."""
        if self.order.tell_state(chat.last_rev):
            self.deliver(state)
            self._removed -= set(chat.member_ids)
