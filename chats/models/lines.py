"""The changes of a group that its history shows as lines between the messages."""

from __future__ import annotations

from typing import Any

from chatproject.stores.mongodb.documents import ONE_BATCH, Document

from .chat import Chat
from .log import CREATED, LINES, Change, log


class Lines:
    """The rows for lines of a group that a member sees; of a private chat there are none.

    Those that happened after message `after_seq` and before message `before_seq`. Who doesn't read
    what was before they came sees no lines from before, either.
    """

    def __init__(
        self, chat: Chat, user_id: int, after_seq: int = 0, before_seq: int | None = None
    ) -> None:
        self._is_group = chat.is_group
        since, is_late = chat.since(user_id), str(user_id) in chat.since_seqs
        seqs: Document = {"$gte": max(after_seq, since)}
        if before_seq is not None:
            seqs["$lt"] = before_seq
        self._query = {"chat_id": chat.pk.hex, "kind": {"$in": list(LINES)}, "after_seq": seqs}
        if is_late and self._is_group:  # also if nothing had been said
            self._query["rev"] = {"$gte": self._came_at(chat, user_id, since)}
        is_at_start = not is_late and not after_seq and before_seq != 0
        self._first = [_creation(chat)] if is_at_start and chat.created_by else []

    def latest(self, limit: int, skip: int = 0) -> list[Document]:
        """Up to `limit` of them, newest first, but for the `skip` newest ones."""
        if not self._is_group:
            return []
        found = log.rows().find(
            self._query,
            {"former": 0},
            sort={"after_seq": -1, "rev": -1},
            skip=skip,
            limit=limit,
            batch_size=ONE_BATCH,
        )
        rows = list(found)
        is_last = len(rows) < limit and (not skip or bool(rows) or skip == self._stored())
        return rows + self._first if is_last else rows

    def __getitem__(self, wanted: slice) -> list[Document]:
        return self.latest(wanted.stop - wanted.start, wanted.start)

    def count(self) -> int:
        """How many there are."""
        return self._stored() + len(self._first) if self._is_group else 0

    def _stored(self) -> int:
        return log.rows().count_documents(self._query)

    def _came_at(self, chat: Chat, user_id: int, since: int) -> int:
        """The `rev` with which a member came after the last message that they don't read."""
        came = {**self._query, "kind": Change.Kind.MEMBER_ADDED, "after_seq": since}
        row = log.rows().find_one({**came, "user_id": user_id}, {"rev": 1}, sort={"rev": -1})
        rev: int = row["rev"] if row else 0
        return rev


def _creation(chat: Chat) -> Document:
    """What a row would say of the creation of a group, which has none."""
    return {
        "rev": 0,
        "after_seq": 0,
        "kind": CREATED,
        "by": chat.created_by,
        "created_at": chat.created_at.replace(tzinfo=None),
    }


def people_of(rows: list[Document]) -> set[int]:
    """The ids of those whom the rows tell of."""
    ids: list[Any] = [row.get(name) for row in rows for name in ("by", "user_id")]
    return {user_id for user_id in ids if user_id is not None}
