"""Floors: what was said before somebody came counts as read for them, and isn't told as read.

A chat has the floor of each member who came after messages and hasn't read up to the last of them
since. Nothing that others are told comes from it: read markers move by reading.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from pymongo import UpdateOne, WriteConcern
from pymongo.errors import PyMongoError

from chatproject.stores.mongodb.documents import ONE_BATCH, Document, DocumentQuerySet


def since(chat: Document, user_id: int) -> int:
    """The `seq` after which a member reads the messages of a chat: 0 for all of them."""
    seq: int = chat["since_seqs"].get(str(user_id), 0)
    return seq


def floor(chat: Document, user_id: int) -> int:
    """The `seq` up to which nothing counts as unread for a member, whatever they have read."""
    seq: int = max(chat["floors"].get(str(user_id), 0), since(chat, user_id))
    return seq


def read_to(chat: Document, user_id: int, marker: int) -> int:
    """The `seq` up to which messages count as read for a member whose marker is there.

    Less than the marker while they have marked messages as unread.
    """
    seq = max(marker, floor(chat, user_id))
    unread_from = chat["unread_from"].get(str(user_id))
    return seq if unread_from is None else max(min(seq, unread_from - 1), since(chat, user_id))


class Some(NamedTuple):
    """Some members: the `seq` after which each reads, and the floors of those who have one.

    And both people of a private chat.
    """

    since: dict[int, int]
    pair: tuple[int, ...] = ()  # nobody of a group
    floors: dict[int, int] = {}
    unread_from: dict[int, int] = {}  # of those who have marked messages as unread


def first_runs(sent: Iterable[tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """Each sender's first messages without others between them: the first and last `seq`."""
    runs: dict[int, tuple[int, int]] = {}
    for user_id, seq in sent:
        first, last = runs.get(user_id, (seq, seq - 1))
        if seq == last + 1:
            runs[user_id] = first, seq
    return runs


class FloorQuerySet(DocumentQuerySet[Any]):
    """Where members start; nobody waits for updates of floors: one that stays does no harm."""

    def members_among(
        self, chat_ids: Collection[uuid.UUID], user_ids: Collection[int]
    ) -> dict[uuid.UUID, Some]:
        """Those of these people who are members, by chat, and where each starts.

        One query, or none for no chats.
        """
        if not chat_ids:
            return {}
        rows = self.collection().find(
            {"_id": {"$in": [chat_id.hex for chat_id in chat_ids]}},
            {
                "some": {"$setIntersection": ["$member_ids", list(user_ids)]},
                "pair": {"$cond": ["$is_group", [], "$member_ids"]},
                "since_seqs": 1,
                "floors": 1,
                "unread_from": 1,
            },
            batch_size=ONE_BATCH,
        )
        return {
            uuid.UUID(row["_id"]): Some(
                {user_id: since(row, user_id) for user_id in row["some"]},
                tuple(row["pair"]),
                {int(user_id): seq for user_id, seq in row["floors"].items()},
                {int(user_id): seq for user_id, seq in row["unread_from"].items()},
            )
            for row in rows
        }

    def mark_unread(self, chat_id: uuid.UUID, user_id: int, seq: int) -> bool:
        """Count messages from this `seq` on as unread for a member; False for no member."""
        result = self.collection().update_one(
            {"_id": chat_id.hex, "member_ids": user_id},
            {"$set": {f"unread_from.{user_id}": seq}},
        )
        return result.matched_count > 0

    def end_unread(self, chat_id: uuid.UUID, marks: Mapping[int, int]) -> None:
        """Drop these marks as unread, by user id, if they are still these."""
        self._end("unread_from", chat_id, marks)

    def end_floors(self, chat_id: uuid.UUID, floors: Mapping[int, int]) -> None:
        """Drop these floors, by user id, if they are still these: their people have read on."""
        self._end("floors", chat_id, floors)

    def _end(self, field: str, chat_id: uuid.UUID, seqs: Mapping[int, int]) -> None:
        self._write(
            UpdateOne(
                {"_id": chat_id.hex, f"{field}.{user_id}": seq},
                {"$unset": {f"{field}.{user_id}": ""}},
            )
            for user_id, seq in seqs.items()
        )

    def raise_floors(self, chat_id: uuid.UUID, sent: Iterable[tuple[int, int]]) -> None:
        """Count people's own new messages (id and `seq`, in order) as read, if they have a floor
        and nothing was unread before them.
        """
        self._write(
            UpdateOne(
                {"_id": chat_id.hex, f"floors.{user_id}": first - 1},
                {"$set": {f"floors.{user_id}": last}},
            )
            for user_id, (first, last) in first_runs(sent).items()
        )

    def _write(self, updates: Iterable[UpdateOne]) -> None:
        if wanted := list(updates):
            unacknowledged = self.collection().with_options(write_concern=WriteConcern(w=0))
            with suppress(PyMongoError):
                unacknowledged.bulk_write(wanted, ordered=False)
