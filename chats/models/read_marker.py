"""How far each member has read."""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections.abc import Iterable
from contextlib import suppress

from django.db import models
from pymongo import UpdateOne, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from chatproject.stores.mongodb.documents import ONE_BATCH, Document, DocumentQuerySet
from chatproject.stores.mongodb.indexes import UniqueIndex
from chats.protocol import READERS_SHOWN

from .chat import Chat


def seqs_of(member_ids: Iterable[int], markers: Iterable[Document]) -> dict[int, int]:
    """How far each member has read; markers left by removed members are ignored."""
    members = set(member_ids)
    return {row["user_id"]: row["seq"] for row in markers if row["user_id"] in members}


def _moves(chat_id: uuid.UUID, seqs: dict[int, int]) -> list[UpdateOne]:
    """The updates that move each person's marker forward to a number."""
    return [
        UpdateOne({"chat_id": chat_id.hex, "user_id": user_id}, {"$max": {"seq": seq}}, upsert=True)
        for user_id, seq in seqs.items()
    ]


class ReadMarkerQuerySet(DocumentQuerySet["ReadMarker"]):
    """Queries and atomic updates of read markers."""

    def of_chat(self, chat: Chat) -> dict[int, int]:
        """How far each member of a chat has read."""
        wanted = {"_id": 0, "user_id": 1, "seq": 1}
        rows = self.collection().find({"chat_id": chat.pk.hex}, wanted, batch_size=ONE_BATCH)
        return seqs_of(chat.member_ids, rows)

    def advance(self, chat_id: uuid.UUID, user_id: int, seq: int) -> bool:
        """Atomically move a marker forward; False if it was already there or further."""
        key = {"chat_id": chat_id.hex, "user_id": user_id}
        before = self.collection().find_one_and_update(key, {"$max": {"seq": seq}}, upsert=True)
        return before is None or before["seq"] < seq

    def advance_together(self, chat_id: uuid.UUID, seqs: dict[int, int]) -> list[int]:
        """Move people's markers forward, without waiting for a majority; whose have moved."""
        if not seqs:
            return []
        one = self.collection().with_options(write_concern=WriteConcern(w=1))
        rows = one.find(
            {"chat_id": chat_id.hex, "user_id": {"$in": list(seqs)}},
            {"_id": 0, "user_id": 1, "seq": 1},
            batch_size=ONE_BATCH,
        )
        before = {row["user_id"]: row["seq"] for row in rows}
        moved = {user_id: seq for user_id, seq in seqs.items() if before.get(user_id, 0) < seq}
        if moved:
            one.bulk_write(_moves(chat_id, moved), ordered=False)
        return list(moved)

    def advance_all(
        self, chat_id: uuid.UUID, user_ids: Iterable[int], seq: int, session: ClientSession
    ) -> None:
        """Move the markers of all these people forward, in one command of a transaction."""
        moves = _moves(chat_id, dict.fromkeys(user_ids, seq))
        self.collection().bulk_write(moves, ordered=False, session=session)

    def advance_unacknowledged(self, chat_id: uuid.UUID, seqs: dict[int, int]) -> None:
        """Move senders' markers to their own messages, without waiting for an answer.

        If the write is lost because a server dies at that moment, one's own message counts as
        unread; the message is stored, so the send still succeeds.
        """
        unacknowledged = self.collection().with_options(write_concern=WriteConcern(w=0))
        with suppress(PyMongoError):
            if len(seqs) > 1:
                unacknowledged.bulk_write(_moves(chat_id, seqs), ordered=False)
                return
            for user_id, seq in seqs.items():  # mostly one, for which this is quicker
                key = {"chat_id": chat_id.hex, "user_id": user_id}
                unacknowledged.update_one(key, {"$max": {"seq": seq}}, upsert=True)


class ReadMarker(models.Model):
    """The highest `seq` that a member has read."""

    chat_id = models.UUIDField()
    user_id = models.BigIntegerField()
    seq = models.BigIntegerField(default=0)

    objects = ReadMarkerQuerySet.as_manager()

    class Meta:
        indexes = [
            # The marker of a member; `chat_id` alone (everyone's markers) is its prefix.
            UniqueIndex(fields=["chat_id", "user_id"], name="marker_member"),
            # The unread counts of a person's chat list.
            models.Index(fields=["user_id", "chat_id"], name="marker_user"),
        ]

    def __str__(self) -> str:
        return f"User {self.user_id} has read to {self.seq}"


class Readers:
    """How far everyone has read; answers for a message without visiting every member."""

    def __init__(self, markers: dict[int, int]) -> None:
        self.markers = markers
        self._known: dict[tuple[int, int], tuple[int, list[int]]] = {}
        ranked = sorted((-seq, user_id) for user_id, seq in markers.items())
        self._reached = [reached for reached, _ in ranked]
        self._ids = [user_id for _, user_id in ranked]

    def of(self, seq: int, sender_id: int) -> tuple[int, list[int]]:
        """How many people other than its sender have read a message, and the first 100 of them."""
        count = bisect_right(self._reached, -seq)
        key = count, sender_id  # the same for most of a page
        if key not in self._known:
            first = self._ids[: min(count, READERS_SHOWN + 1)]
            if self.markers.get(sender_id, -1) >= seq:
                count -= 1
                if sender_id in first:
                    first.remove(sender_id)
            self._known[key] = count, first[:READERS_SHOWN]
        return self._known[key]
