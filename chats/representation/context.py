"""What messages show but don't store."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model

from chats.models import Message, MessageRow
from chats.models.read_marker import NOBODY, Readers
from chats.models.threads import Thread, count_replies
from users.names import Named

from .mentions import people_in
from .messages import MessageFields, message_fields
from .names import Names


@dataclass(frozen=True)
class MessageContext:
    """What messages show but don't store: names, quoted messages, readers, threads."""

    readers: Readers
    replies: Mapping[str, MessageRow]  # by stored id
    names: Names
    threads: Mapping[str, Thread] = field(default_factory=dict)  # by the stored id of the root

    @classmethod
    def of(
        cls,
        rows: Collection[MessageRow],
        readers: Readers = NOBODY,
        people: Collection[Any] = (),
        since: int = 0,
    ) -> MessageContext:
        """The context of these messages: one query for names, and one more if there are replies.

        And one if some have a thread to show. Of messages up to `since`, which the reader doesn't
        see, nothing is shown in replies, nor counted.
        `people` are users whose names need no query, or ids of others whose names are shown.
        """
        wanted = [row.reply_to for row in rows if row.reply_to]
        replies = Message.objects.rows_by_id(next(iter(rows)).chat_id, wanted) if wanted else {}
        replies = {key: row for key, row in replies.items() if row.seq > since}
        known: dict[int, Named] = {
            person.pk: person for person in people if not isinstance(person, int)
        }
        ids = {person for person in people if isinstance(person, int)}
        ids |= people_in(rows) | people_in(replies.values())
        names = get_user_model().objects.names(ids - known.keys())
        return cls(readers, replies, {**known, **names}, _threads(rows, since))

    def reply_of(self, row: MessageRow) -> MessageRow | None:
        """The message that this one replies to; None if there is none (any more)."""
        return self.replies.get(row.reply_to) if row.reply_to else None

    def thread_of(self, row: MessageRow) -> Thread | None:
        """The thread that a message tells of; None if there are no replies."""
        return self.threads.get(_told_root(row) or "")

    def fields(self, row: MessageRow) -> MessageFields:
        """One of these messages on the wire."""
        replied = self.reply_of(row) if row.reply_to else None
        thread = self.thread_of(row) if self.threads else None
        return message_fields(row, self.names, replied, thread)


def _threads(rows: Collection[MessageRow], since: int) -> dict[str, Thread]:
    roots = {root for row in rows if (root := _told_root(row))}
    if not roots:
        return {}
    threads = count_replies(next(iter(rows)).chat_id, roots)
    return {root: thread for root, thread in threads.items() if thread.first_seq > since}


def _told_root(row: MessageRow) -> str | None:
    """The message of whose replies this one tells: itself, or what a deleted reply belonged to."""
    if row.root_id:
        return row.root_id if row.deleted_at else None
    return row.id if row.has_replies else None
