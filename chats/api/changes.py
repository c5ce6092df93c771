"""What `changed_after` answers: the messages that changed, as far as they fit into one answer."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from typing import NamedTuple, TypeVar

import orjson

from chatproject.text import markdown
from chats.models import Message, MessageRow, log
from chats.protocol import PAGE_MAX_BYTES
from chats.representation import MessageContext, MessageData, message_data

T = TypeVar("T")

ROWS = 100  # of the log, read at a time: with the longest messages they are some MiB


class Changed(NamedTuple):
    """Messages in the order in which the log first tells of each, and the `rev` of those rows."""

    messages: list[MessageRow]
    revs: list[int]
    rev: int  # up to this one everything was read

    def seen_since(self, seq: int) -> Changed:
        """The same for somebody who reads the messages after this `seq`."""
        pairs = zip(self.messages, self.revs, strict=True)
        seen = [(message, rev) for message, rev in pairs if message.seq > seq]
        return Changed([one for one, _ in seen], [rev for _, rev in seen], self.rev)

    def rev_of_first(self, count: int) -> int:
        """The `rev` up to which the first so many messages are everything."""
        return self.revs[count] - 1 if count < len(self.revs) else self.rev


def read_changed(chat_id: uuid.UUID, rev: int, last_rev: int) -> Changed:
    """The messages that changed after `rev`, up to `last_rev`, as they are now.

    Reads on until there is more than fits into one answer.
    """
    messages: dict[str, MessageRow] = {}
    revs: list[int] = []
    size = 0
    while rev < last_rev and size <= PAGE_MAX_BYTES:
        rows = log.after(chat_id, rev, ROWS)
        found = Message.objects.of_log(chat_id, rows)
        for row in rows:
            message = found.get(row.get("message_id") or row["_id"])
            if message and message.id not in messages:
                messages[message.id] = message
                revs.append(row["rev"])
                size += len(message.content) + len(message.html or "")
        rev = rows[-1]["rev"] if rows else last_rev
    return Changed(list(messages.values()), revs, rev)


def fitting(
    rows: Collection[MessageRow], context: MessageContext, user_id: int
) -> list[MessageData]:
    """The first of these messages as the API returns them: `PAGE_MAX_BYTES`, but at least one."""
    data = message_data(rows, context, user_id)
    return data if _is_small(rows) else fitting_rows(data)


def fitting_rows(rows: list[T]) -> list[T]:
    """The first of these rows that `PAGE_MAX_BYTES` have room for, but at least one."""
    size = 0
    for count, one in enumerate(rows):
        size += len(orjson.dumps(one)) + 1
        if size > PAGE_MAX_BYTES and count:
            return rows[:count]
    return rows


def _is_small(rows: Iterable[MessageRow]) -> bool:
    """Whether they fit whatever they are: to look closely takes as long as to answer."""
    return sum(map(_most, rows)) < PAGE_MAX_BYTES


def _most(row: MessageRow) -> int:
    """More bytes than a message has in an answer."""
    if not (row.html or row.mention_ids or row.link_previews or row.reactions or row.attachments):
        return 6 * len(row.content) + 5_000
    text = 6 * (len(row.content) + len(row.html or ""))
    if row.mention_ids:  # each shows a name
        shown = (row.html or "").count(markdown.MENTION_MARK) + len(row.mention_ids)
        text += 2_000 * shown
    for preview in row.link_previews or ():
        text += 4 * len(preview["url"]) + 4_000
    return text + 5_000 + 250 * len(row.reactions or ()) + 5_000 * len(row.attachments or ())
