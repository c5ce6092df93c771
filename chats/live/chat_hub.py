"""Fan-out of one chat: its events, in order, to the sockets of this process."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable

from chatproject.sockets.connection import Connection
from chatproject.stores.mongodb.documents import Document
from chats import events
from chats.models import Chat
from chats.protocol import CLOSE_CHAT_DELETED, CLOSE_REMOVED

from .catch_up import CatchUp, changes_under_way
from .change_order import ChangeOrder
from .hub import Hub


class ChatHub(Hub):
    """The sockets of one chat, and the chat lists (`watchers`) that show it."""

    def __init__(self, chat_id: uuid.UUID, on_deleted: Callable[[ChatHub], None]) -> None:
        super().__init__(events.chat_group(chat_id))
        self.chat_id = chat_id
        self.order = ChangeOrder()
        self.seq = 0  # the highest message sent
        self._on_deleted = on_deleted
        self._catch_up = CatchUp(self)
        self._removed: set[int] = set()  # people who may be joining after an older check

    async def begin(self, start: Document) -> None:
        """Start from the chat's last numbers, read after the hub had subscribed."""
        last_rev, watermark, seen = start["last_rev"], start["last_rev"], set[int]()
        if not start["is_quiet"]:
            watermark, seen = await changes_under_way(self.chat_id, last_rev)
        self.seq = start["last_seq"]
        self.send(self.order.start(last_rev, watermark, seen))

    def stop(self) -> None:
        """Stop catching up."""
        self._catch_up.stop()

    # Events

    def receive(self, event: events.Event) -> None:
        """Take an event of the chat; a change waits for earlier ones."""
        if not isinstance(event, events.Change):
            self.deliver(event)
            return
        if isinstance(event, events.MemberRemoved) and self.order.is_early(event.rev):
            self._close_sockets(event.user_id)  # at once, without waiting for earlier changes
        self.send(self.order.receive(event))

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

    def send(self, due: Iterable[events.Change]) -> None:
        for change in due:
            if isinstance(change, events.MessageChange):
                self.seq = max(self.seq, change.seq)
            self.deliver(change)
        if self.order.read_after is not None:
            self._catch_up.begin(self.order.read_after)
            self.order.read_after = None

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

    def remove_former_members(self, chat: Chat) -> None:
        """Remove everyone who is not a member in `chat`, before any later change is sent."""
        if chat.last_rev < self.order.rev:
            return
        for user_id in {one.user_id for one in self.connections}.difference(chat.member_ids):
            gone = events.ChatRemoved(chat_id=str(chat.pk), reason="removed")
            self.watchers.tell(gone, only=user_id)
            self._remove(user_id)

    # What was missed

    def look(self, last_rev: int) -> None:
        """Compare with the chat's `last_rev` in MongoDB; called periodically."""
        self.order.look(last_rev, time.monotonic())
        self.send(())

    def send_state(self, chat: Chat, state: events.ChatState) -> None:
        """Send the chat's state after changes that no message shows or that were replaced."""
        if self.order.tell_state(chat.last_rev):
            self.deliver(state)
            self._removed -= set(chat.member_ids)
