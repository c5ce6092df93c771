"""Threads: a message, the replies to it, and those to them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from chatproject.stores.mongodb.documents import ONE_BATCH, Document

from .chat import Chat
from .message import Message, MessageRow

INDEX = "message_thread"


class Thread(NamedTuple):
    """The replies to a message at one moment: the deleted ones have numbers, but don't count."""

    reply_count: int
    last_reply_at: datetime | None
    first_seq: int
    last_seq: int
    rev: int  # of the latest change of a reply after it was sent; 0 without one


# Of a group of replies. Times of a chat never go back, so the latest is that of the last. What is
# null or missing is false to `$cond` and nothing to `$max`: comparisons cost half as much again.
COUNTED: dict[str, Any] = {
    "_id": "$root_id",
    "reply_count": {"$sum": {"$cond": ["$deleted_at", 0, 1]}},
    "last_reply_at": {"$max": {"$cond": ["$deleted_at", None, "$created_at"]}},
    "first_seq": {"$min": "$seq"},
    "last_seq": {"$max": "$seq"},
    "rev": {"$max": "$changed_rev"},
}


def count_replies(chat_id: str, root_ids: Iterable[str]) -> dict[str, Thread]:
    """The threads of these messages of a chat that have replies; all ids as they are stored.

    One command, none without ids. It reads only the index, a key for each reply.
    """
    wanted = list(root_ids)
    if not wanted:
        return {}
    replies = {"chat_id": chat_id, "root_id": {"$in": wanted}}
    rows = Message.objects.collection().aggregate(
        [{"$match": replies}, {"$group": COUNTED}], hint=INDEX, batchSize=ONE_BATCH
    )
    return {row.pop("_id"): Thread(**{**row, "rev": row["rev"] or 0}) for row in rows}


def flag_root(chat_id: str, root_id: str) -> None:
    """Say of a message that it has replies, before the first one is stored.

    Not after it: a process may die between the two, and nobody would count that reply. A flag
    without replies does no harm.
    """
    Message.objects.collection().update_one(
        {"_id": root_id, "chat_id": chat_id}, {"$set": {"has_replies": True}}
    )


@dataclass(frozen=True)
class Replies:
    """The replies of a thread that a member sees, tombstones included, for a paginator.

    Slicing reads them in order of `seq`.
    """

    chat_id: uuid.UUID
    root_id: str
    since: int

    @property
    def _query(self) -> Document:
        seqs = {"$gt": self.since}
        return {"chat_id": self.chat_id.hex, "root_id": self.root_id, "seq": seqs}

    def __getitem__(self, wanted: slice) -> list[MessageRow]:
        start = wanted.start or 0
        rows = Message.objects.collection().find(
            self._query,
            sort={"seq": 1},
            skip=start,
            limit=wanted.stop - start,
            hint=INDEX,
            batch_size=ONE_BATCH,
        )
        return [MessageRow.of(row) for row in rows]

    def count(self) -> int:
        """How many there are; reads only the index."""
        return Message.objects.collection().count_documents(self._query, hint=INDEX)


@dataclass(frozen=True)
class SeenThread:
    """A thread as a member sees it."""

    message: MessageRow  # by which it was asked for
    root_id: str
    root: MessageRow | None  # None: they don't see it
    replies: Replies


def seen_thread(chat: Chat, user_id: int, message_id: uuid.UUID) -> SeenThread:
    """The thread that a message began, or belongs to, for a member.

    Raises `Message.DoesNotExist` if there is no such message for them.
    """
    since = chat.since(user_id)

    def row(stored_id: str) -> MessageRow | None:
        found = Message.objects.rows_by_id(chat.pk.hex, [stored_id]).get(stored_id)
        return found if found and found.seq > since else None

    message = row(message_id.hex)
    if message is None:
        raise Message.DoesNotExist
    root = row(message.root_id) if message.root_id else message
    root_id = message.root_id or message.id
    return SeenThread(message, root_id, root, Replies(chat.pk, root_id, since))
