"""What this process knows of chats it recently sent to: who may send, and where the logs end.

It may be stale, which does no harm: a message takes the number after the last one known, and if
anything has changed since, another row has that number.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import OrderedDict
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from chatproject.stores.mongodb.documents import Document
from chatproject.stores.turns import turn
from chats.models import Change, Chat, Head, Message, log
from users.models import User

KEPT = 500  # chats; up to about 60 KB each, with 1,000 members
KEPT_FOR = 60.0  # seconds; the numbers of a deleted chat stay taken for longer
ROWS_READ = 200  # rows that are read to go on; after more, the chat is read again
TURNS_FOR = 2.0  # seconds for which this process takes turns after others have sent, too
IN_MESSAGES = {
    Change.Kind.MESSAGE_EDITED,
    Change.Kind.MESSAGE_DELETED,
    Change.Kind.MESSAGE_UPDATED,
    Change.Kind.MESSAGE_FINISHED,
    Change.Kind.MESSAGE_PINNED,
    Change.Kind.MESSAGE_UNPINNED,
    Change.Kind.REACTION_ADDED,
    Change.Kind.REACTION_REMOVED,
    *Message.Kind,
}


@dataclass
class KnownChat:
    """A chat as of the last row of its log that is known here."""

    chat_id: uuid.UUID
    head: Head
    member_ids: frozenset[int]
    silenced_ids: frozenset[int]
    with_floors: frozenset[int] = frozenset()  # who had one when it was read; few
    read_at: float = field(default_factory=time.monotonic)
    _turns_until: float = 0.0

    @classmethod
    def read(cls, chat_id: uuid.UUID) -> KnownChat | None:
        """A chat as a majority has it, so that no failover takes back what is known.

        The log first: then the members are as new as its end, or newer. Never from the chat's
        hints, which a restored backup may have put ahead of the log.
        """
        head = log.head(chat_id)
        chat = Chat.objects.committed_chat(chat_id)
        if chat is None:
            return None
        members, silenced = frozenset(chat.member_ids), frozenset(chat.silenced_ids)
        return cls(chat_id, head, members, silenced, frozenset(map(int, chat.floors)))

    def lets_send(self, user: User) -> bool:
        """Whether a person is a member and not silenced; the bot, which is no member, may."""
        return user.is_bot or (user.pk in self.member_ids and user.pk not in self.silenced_ids)

    def refreshed(self) -> KnownChat | None:
        """The chat as it is now; None if it was deleted."""
        rows = log.ends_after(self.chat_id, self.head.rev, ROWS_READ)
        if len(rows) == ROWS_READ or not all(map(_is_of_messages, rows)):
            read = KnownChat.read(self.chat_id)
            if read:
                read._turns_until = self._turns_until
            return read
        if rows:
            self.head = Head.of(rows[-1])
            self.take_turns()
        return self

    def take_turns(self) -> None:
        """Another process sends here: take turns for a while, instead of refusing each other."""
        self._turns_until = time.monotonic() + TURNS_FOR

    @property
    def is_contended(self) -> bool:
        """Whether another process has sent here lately."""
        return time.monotonic() < self._turns_until

    def turn(self) -> AbstractContextManager[None]:
        """One's turn among the processes that send here."""
        return turn(f"chat:{self.chat_id.hex}")


def _is_of_messages(row: Document) -> bool:
    """Whether a row of the log changes no chat, and its chat wasn't deleted."""
    return row["kind"] in IN_MESSAGES and ("seq" in row or "after_seq" in row)


class KnownChats:
    """The chats that a process knows: the latest `KEPT`; thread-safe."""

    def __init__(self) -> None:
        self._chats: OrderedDict[uuid.UUID, KnownChat] = OrderedDict()
        self._mutex = threading.Lock()

    def get(self, chat_id: uuid.UUID) -> KnownChat | None:
        """What is known of a chat."""
        with self._mutex:
            known = self._chats.get(chat_id)
        return known if known and time.monotonic() < known.read_at + KEPT_FOR else None

    def keep(self, known: KnownChat) -> None:
        """Keep a chat, and forget the one that wasn't used for longest if there are too many."""
        with self._mutex:
            self._chats[known.chat_id] = known
            self._chats.move_to_end(known.chat_id)
            if len(self._chats) > KEPT:
                self._chats.popitem(last=False)

    def forget(self, chat_id: uuid.UUID) -> None:
        """Forget a chat, so that it is read again before the next message."""
        with self._mutex:
            self._chats.pop(chat_id, None)


known_chats = KnownChats()
