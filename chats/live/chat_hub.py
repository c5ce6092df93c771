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

HOLE_PATIENCE = 1.0  # seconds to wait for a write that took its number; then later ones go out


class ChatHub(Hub):
    """The sockets of one chat, and the chat lists (`watchers`) that show it."""

    def __init__(self, chat_id: uuid.UUID, on_deleted: Callable[[ChatHub], None]) -> None:
        super().__init__(events.chat_group(chat_id))
        self.chat_id = chat_id
        self.order = ChangeOrder()
        self.seq = 0  # the highest message sent
        self._on_deleted = on_deleted
        self._catching_up: asyncio.Task[None] | None = None
        self._removed: set[int] = set()  # people who may be joining after an older check

    async def begin(self, start: Document) -> None:
        """Start from the chat's last numbers, read after the hub had subscribed."""
        last_rev, watermark, seen = start["last_rev"], start["last_rev"], set[int]()
        if not start["is_quiet"]:
            watermark, seen = await self._late(last_rev)
        self.seq = start["last_seq"]
        self._send(self.order.start(last_rev, watermark, seen))

    async def _late(self, last_rev: int) -> tuple[int, set[int]]:
        """The last change up to which nothing more can arrive, and the stored ones after it.

        The rest may be writes under way that have taken their numbers: sent when they arrive.
        """
        watermark = max(last_rev - LATE, 0)
        return watermark, await read_stored_revs(self.chat_id, watermark, last_rev)

    def stop(self) -> None:
        """Stop catching up."""
        if self._catching_up is not None:
            self._catching_up.cancel()

    # Events

    def receive(self, event: events.Event) -> None:
        """Take an event of the chat; a change waits for earlier ones."""
        if not isinstance(event, events.Change):
            self.deliver(event)
            return
        if isinstance(event, events.MemberRemoved) and self.order.is_early(event.rev):
            self._close_sockets(event.user_id)  # at once, without waiting for earlier changes
        self._send(self.order.receive(event))

    def deliver(self, event: events.Event) -> None:
        """Send an event to the sockets, and to chat lists what they show of it."""
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
        """Add a chat list to this chat; False if its user was removed meanwhile."""
        if connection.user_id in self._removed:
            return False
        self.watchers.add(connection)
        return True

    def join(self, connection: Connection, online: list[int]) -> None:
        """Welcome and add a socket; `online` are the ids of people who are here."""
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
        """After deletion: close the sockets and tell chat lists, which stay open without it."""
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
        """Remove everyone who is not a member in `chat`, before any later change is sent."""
        if chat.last_rev < self.order.rev:
            return
        for user_id in {one.user_id for one in self.connections}.difference(chat.member_ids):
            gone = events.ChatRemoved(chat_id=str(chat.pk), reason="removed")
            self.watchers.tell(gone, only=user_id)
            self._remove(user_id)

    # Catching up

    def look(self, last_rev: int) -> None:
        """Compare with the chat's `last_rev` in MongoDB; called periodically."""
        self.order.look(last_rev, time.monotonic())
        self._send(())

    def _catch_up_after(self, seconds: float) -> None:
        self.order.read_after = None
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = asyncio.create_task(self._try_to_catch_up(seconds))

    async def _try_to_catch_up(self, delay: float) -> None:
        """Catch up; if a store is away, leave it to the next look."""
        try:
            await self._catch_up(delay)
        except Exception as error:
            if not is_away(error):  # logged once for all hubs
                logger.exception("Chat %s didn't catch up", self.chat_id)

    async def _catch_up(self, delay: float) -> None:
        """Send what is missing, in order; wait briefly for writes under way, then skip them."""
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
        """Send the changes up to the chat's `last_rev`; False once missing ones are given up."""
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
        """Tell all sockets to reload the chat; restart from its current numbers."""
        watermark, seen = await self._late(chat.last_rev)
        changes = await read_changes(chat, [], self.seq)
        self.seq = chat.last_seq
        following = self.order.start(chat.last_rev, watermark, seen)
        self.deliver(events.Resync(chat_id=str(chat.pk), last_rev=chat.last_rev))
        self._send_state(chat, changes.state)
        self._send(following)

    def _send_state(self, chat: Chat, state: events.ChatState) -> None:
        """Send the chat's state after changes that no message shows or that were replaced."""
        if self.order.tell_state(chat.last_rev):
            self.deliver(state)
            self._removed -= set(chat.member_ids)
