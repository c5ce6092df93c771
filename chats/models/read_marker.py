"""How far each member has read."""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import accumulate, chain, islice

from django.db import models
from pymongo import UpdateOne, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from chatproject.stores.mongodb.documents import ONE_BATCH, Document, DocumentQuerySet
from chatproject.stores.mongodb.indexes import UniqueIndex
from chats.protocol import READERS_SHOWN

from .chat import Chat
from .floors import first_runs

# Stages after the `$match` of a chat: people by the number they have read to. Read from the index
# `marker_read` alone; of 1,000 markers, a tenth of the bytes of as many rows.
BY_SEQ: list[Document] = [{"$group": {"_id": "$seq", "user_ids": {"$push": "$user_id"}}}]


class Readers:
    """How far everyone has read; answers for a message without visiting every member."""

    def __init__(self, by_seq: Mapping[int, Collection[int]]) -> None:
        """`by_seq`: people by the number they have read to."""
        self._by_seq = dict(sorted(by_seq.items(), reverse=True))
        self._reached = [-seq for seq in self._by_seq]
        self._counts = list(accumulate(map(len, self._by_seq.values()), initial=0))
        self._known: dict[tuple[int, int], tuple[int, list[int]]] = {}

    @classmethod
    def among(cls, member_ids: Iterable[int], groups: Iterable[Document]) -> Readers:
        """The members in `BY_SEQ`; a marker written while its person was removed is ignored."""
        members = set(member_ids)
        return cls({group["_id"]: members.intersection(group["user_ids"]) for group in groups})

    @cached_property
    def markers(self) -> dict[int, int]:
        """How far each person has read."""
        markers: dict[int, int] = {}
        for seq, user_ids in self._by_seq.items():
            markers |= dict.fromkeys(user_ids, seq)
        return markers

    def of(self, seq: int, sender_id: int) -> tuple[int, list[int]]:
        """How many people other than its sender have read a message, and the first 100 of them."""
        count = self._counts[bisect_right(self._reached, -seq)]
        if not count:
            return 0, []
        key = count, sender_id  # the same for most of a page
        if key not in self._known:
            first = self._first[:count]
            if self.markers.get(sender_id, -1) >= seq:
                count -= 1
                if sender_id in first:
                    first.remove(sender_id)
            self._known[key] = count, first[:READERS_SHOWN]
        return self._known[key]

    @cached_property
    def _first(self) -> list[int]:
        """Those who have read furthest: one more than are shown, who may be the sender."""
        ordered = chain.from_iterable(map(sorted, self._by_seq.values()))
        return list(islice(ordered, READERS_SHOWN + 1))


NOBODY = Readers({})


def _moves(chat_id: uuid.UUID, seqs: dict[int, int]) -> list[UpdateOne]:
    """The updates that move each person's marker forward to a number."""
    return [
        UpdateOne({"chat_id": chat_id.hex, "user_id": user_id}, {"$max": {"seq": seq}}, upsert=True)
        for user_id, seq in seqs.items()
    ]


def _own(chat_id: uuid.UUID, user_id: int, first: int, last: int) -> tuple[Document, Document]:
    """The query and update for one's own messages: they are read if the one before them is."""
    key: Document = {"chat_id": chat_id.hex, "user_id": user_id}
    return (key if first == 1 else {**key, "seq": first - 1}), {"$max": {"seq": last}}


class ReadMarkerQuerySet(DocumentQuerySet["ReadMarker"]):
    """Queries and atomic updates of read markers."""

    def of_chat(self, chat: Chat) -> dict[int, int]:
        """How far each member of a chat has read."""
        return self.readers(chat).markers

    def readers(self, chat: Chat, seq: int = 0) -> Readers:
        """The members who have read up to a message, or further; by default all with a marker."""
        own = {"$match": {"chat_id": chat.pk.hex, "seq": {"$gte": seq}}}
        groups = self.collection().aggregate(
            [own, *BY_SEQ], hint="marker_read", batchSize=ONE_BATCH
        )
        return Readers.among(chat.member_ids, groups)

    def of_member(self, chat_id: uuid.UUID, user_id: int) -> int:
        """How far one person has read; 0 if nothing."""
        key = {"chat_id": chat_id.hex, "user_id": user_id}
        marker = self.collection().find_one(key, {"_id": 0, "seq": 1})
        return marker["seq"] if marker else 0

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

    def end(self, chat_id: uuid.UUID, user_id: int, session: ClientSession) -> None:
        """Forget how far somebody has read who is no member any more, in a transaction."""
        self.collection().delete_one({"chat_id": chat_id.hex, "user_id": user_id}, session=session)

    def advance_unacknowledged(self, chat_id: uuid.UUID, sent: Sequence[tuple[int, int]]) -> None:
        """Move senders' markers to their own new messages (id and `seq`, in order) if nothing is
        unread before them; without waiting for an answer.

        If the write is lost because a server dies at that moment, one's own message counts as
        unread; the message is stored, so the send still succeeds.
        """
        unacknowledged = self.collection().with_options(write_concern=WriteConcern(w=0))
        with suppress(PyMongoError):
            moves = [_own(chat_id, user_id, *run) for user_id, run in first_runs(sent).items()]
            if len(moves) > 1:
                updates = [UpdateOne(*move, upsert="seq" not in move[0]) for move in moves]
                unacknowledged.bulk_write(updates, ordered=False)
                return
            for query, update in moves:  # mostly one, for which this is quicker
                unacknowledged.update_one(query, update, upsert="seq" not in query)


class ReadMarker(models.Model):
    """The highest `seq` that a member has read."""

    chat_id = models.UUIDField()
    user_id = models.BigIntegerField()
    seq = models.BigIntegerField(default=0)

    objects = ReadMarkerQuerySet.as_manager()

    class Meta:
        indexes = [
            # The marker of a member.
            UniqueIndex(fields=["chat_id", "user_id"], name="marker_member"),
            # Everyone's markers of a chat, or of those who have read a message.
            models.Index(fields=["chat_id", "-seq", "user_id"], name="marker_read"),
            # The unread counts of a person's chat list.
            models.Index(fields=["user_id", "chat_id"], name="marker_user"),
        ]

    def __str__(self) -> str:
        return f"User {self.user_id} has read to {self.seq}"
