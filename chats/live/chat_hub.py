"""Fan-out of one chat: its events, in order, to the sockets of this process."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace

from chatproject.sockets.connection import Connection
from chats import events
from chats.models import Chat, Head
from chats.protocol import CLOSE_CHAT_DELETED, CLOSE_REMOVED

from .apart import Apart
from .catch_up import GAP_WAIT, CatchUp
from .change_order import ChangeOrder
from .hub import Hub
from .recent_markers import RecentMarkers

JustNow = events.TypingIndicator | events.UserJoined | events.UserLeft
JUST_NOW = (events.TypingIndicator, events.UserJoined, events.UserLeft)


# Looks that find fewer changes than were sent, one after another: then MongoDB was restored. After
# a failover a majority may be behind for a moment.
RESTORED_LOOKS = 5


class ChatHub(Hub):
    """The sockets of one chat, and the chat lists (`watchers`) that show it."""

    def __init__(
        self,
        chat_id: uuid.UUID,
        on_deleted: Callable[[ChatHub], None],
        on_left: Callable[[ChatHub, Connection], None],
        apart: Apart,
    ) -> None:
        super().__init__(events.chat_group(chat_id))
        self._apart = apart
        self.chat_id = chat_id
        self.order = ChangeOrder()
        self.seq = 0  # the highest message sent
        self.pair: tuple[int, ...] = ()  # the people of a private chat, once one has opened it
        self.in_app: set[int] = set()  # who of them is shown as online
        self._on_deleted = on_deleted
        self._on_left = on_left
        self._catch_up = CatchUp(self)
        self._read = RecentMarkers()
        self._lower_looks = 0
        self._removed: set[int] = set()  # people who may be joining after an older check
        self._since: dict[int, int] = {}  # who doesn't see messages up to which `seq`

    def begin(self, head: Head) -> None:
        """Start at the end of the chat's log, read after the hub had subscribed."""
        self.seq = head.seq
        self.send(self.order.start(head.rev))

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
        self.send(self.order.take([event]))

    def deliver(self, event: events.Event) -> None:
        """Send an event to the sockets, and to chat lists what they show of it.

        What somebody does just now isn't told to those who are kept apart from them; of messages
        that somebody doesn't see they are told only that they changed.
        """
        self._tell_sockets(event)
        if self.watchers:
            self._tell_watchers(event)
        match event:
            case events.MessageRead(user_id=user_id, seq=seq):
                self._read.note(user_id, seq)
            case events.MemberRemoved(user_id=user_id):
                self._read.forget(user_id)
                self._remove(user_id)
            case events.MemberAdded(user_id=user_id, since_seq=since_seq):
                self._removed.discard(user_id)
                self._since.pop(user_id, None)
                self._reads_since(user_id, since_seq)
            case events.ChatDeleted():
                self._close_deleted()

    def send(self, due: Iterable[events.Change]) -> None:
        """Send changes, in this order; if others must come before the next ones, read them."""
        for change in due:
            if isinstance(change, events.MessageChange):
                self.seq = max(self.seq, change.seq)
            self.deliver(change)
        if self.order.has_gap:
            self._catch_up.begin(GAP_WAIT)

    def _tell_sockets(self, event: events.Event) -> None:
        if isinstance(event, JUST_NOW):
            if self.pair and isinstance(event, events.UserLeft):
                return  # they may have another chat open: `InApp` looks
            if self.pair and isinstance(event, events.UserJoined):
                self.in_app.add(event.user_id)
            self._tell_just_now(event)
            return
        if isinstance(event, events.MessageProgress):
            self.sockets.tell(event, but=self._who_came_after(event.seq))
            return
        others = self._who_sees_less(event)
        self.sockets.tell(event, but=others.keys())
        for user_id, shown in others.items():
            self.sockets.tell(shown, only=user_id)

    def _tell_just_now(self, event: JustNow) -> None:
        self.sockets.tell(event, but=self._apart.here(event.user_id))

    def show_in_app(self, user_id: int, username: str | None, *, is_there: bool) -> None:
        """Tell the sockets of a private chat that one of the two has come online, or left."""
        kind = events.UserJoined if is_there else events.UserLeft
        self._tell_just_now(kind(user_id=user_id, username=username))
        if is_there:
            self.in_app.add(user_id)
        else:
            self.in_app.discard(user_id)

    def _who_came_after(self, seq: int) -> set[int]:
        """Those who don't see a message."""
        return {user_id for user_id, since in self._since.items() if since >= seq}

    def _who_sees_less(self, event: events.Event) -> dict[int, events.Change]:
        """What those see of an event who don't read all messages that it tells of."""
        if not (self._since and isinstance(event, events.OfMessage)):
            return {}
        oldest = event.oldest_seq
        late = {user_id: seq for user_id, seq in self._since.items() if seq >= oldest}
        return {user_id: event.seen_since(seq) for user_id, seq in late.items()}

    def _tell_watchers(self, event: events.Event) -> None:
        late: set[int] = set()
        if isinstance(event, events.MessageChange):
            late = self._who_came_after(event.seq)
            if isinstance(event, events.MessageDeleted):  # it may have been unread
                self.watchers.tell(replace(event, thread=None), but=late)
        if shown := self._for_chat_lists(event):
            self.watchers.tell(shown[0], only=shown[1], but=late)

    def _for_chat_lists(self, event: events.Event) -> tuple[events.Event, int | None] | None:
        if isinstance(event, events.MessageChange) and event.seq < self.seq:
            return event.mentions_changed(), None  # it isn't the latest message
        return event.for_chat_list()

    # Who is here

    def _reads_since(self, user_id: int, since: int) -> None:
        """Note after which `seq` somebody reads, unless a later event has told."""
        if since > self._since.get(user_id, 0):
            self._since[user_id] = since

    def tell_own(self, event: events.ChatCleared | events.ChatUnread) -> None:
        """Somebody has cleared the chat for themselves, or marked it; their sockets are told."""
        if isinstance(event, events.ChatCleared):
            self._reads_since(event.user_id, event.since_seq)
        self.sockets.tell(event, only=event.user_id)

    def watch(self, connection: Connection, since: int) -> bool:
        """Add a chat list to this chat; False if its user was removed meanwhile.

        `since` is the `seq` after which they read the messages.
        """
        if connection.user_id in self._removed:
            return False
        self._reads_since(connection.user_id, since)
        self.watchers.add(connection)
        return True

    def join(self, connection: Connection, online: list[int], since: int) -> None:
        """Welcome and add a socket; `online` are the ids of people who are here.

        `since` is the `seq` after which its user reads the messages.
        """
        self._reads_since(connection.user_id, since)
        apart = self._apart.of(connection.user_id)
        covers, markers = self._read.lately(self.subscribed_at)
        welcome = events.Welcome(
            chat_id=str(self.chat_id),
            user_id=connection.user_id,
            last_seq=self.seq,
            last_rev=self.order.rev,
            online=[user_id for user_id in online if user_id not in apart],
            read_markers={str(user_id): seq for user_id, seq in markers.items()},
            covers=covers,
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
        for chat_list in tuple(self.watchers.of(user_id)):  # which stays open without the chat
            self._on_left(self, chat_list)

    def remove_former_members(self, chat: Chat, connections: set[Connection]) -> None:
        """Remove the people with these connections who are no members of the chat as read.

        Before any later change is sent. Whoever has joined since was looked at later.
        """
        for user_id in {one.user_id for one in connections}.difference(chat.member_ids):
            gone = events.ChatRemoved(chat_id=str(chat.pk), reason="removed")
            self.watchers.tell(gone, only=user_id)
            self._remove(user_id)

    # What was missed

    def look(self, last_rev: int, sent: int) -> None:
        """Compare with the end of the chat's log; called periodically.

        `sent`: the last change that had been sent when that was asked for.
        """
        self._lower_looks = self._lower_looks + 1 if last_rev < sent else 0
        is_restored = self._lower_looks >= RESTORED_LOOKS
        if is_restored or self.order.is_behind(last_rev):
            self._catch_up.begin(0, is_restored=is_restored)

    def restart(self, head: Head, chat: Chat) -> list[events.Change]:
        """Go on after the end of the log as read; returns the changes after it that wait here."""
        self.seq, self._lower_looks = head.seq, 0
        self._removed -= set(chat.member_ids)
        for user_id in {one.user_id for one in self.connections}:
            self._reads_since(user_id, chat.since(user_id))  # they may have gone and come back
        return self.order.start(head.rev)
