"""Finds and repairs what a crash between two writes left: holes in `seq`, numbers unknown to their
chat, rows of deleted chats. Nothing here loads a whole chat: numbers stream from an index.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError

from chatproject.stores.mongodb.documents import now
from chats import events
from chats.models import Chat, ChatPermissions, Message, MessageRow, ReadMarker
from chats.models.uuid7 import uuid7

GRACE = timedelta(seconds=60)  # a number taken more recently may still be written
BATCH = 1_000  # chats looked up at once

OWNED_BY_CHATS = (Message, ChatPermissions, ReadMarker)


@dataclass(frozen=True)
class Hole:
    """Numbers `first` to `last` of a chat that no message has; taken before `taken_by`."""

    chat: Chat
    first: int
    last: int
    taken_by: datetime

    @property
    def size(self) -> int:
        """How many numbers are missing."""
        return self.last - self.first + 1

    @property
    def is_old(self) -> bool:
        """Whether it is too late for these messages to be written."""
        return self.taken_by < now() - GRACE


# Finding -----------------------------------------------------------------------------------------


def holes(chat: Chat) -> Iterator[Hole]:
    """The holes of a chat in order, recent ones included."""
    rows = Message.objects.collection()
    known = {"chat_id": chat.pk.hex, "seq": {"$gte": 1, "$lte": chat.last_seq}}
    # Counting keys on the server is about ten times as fast as streaming: most chats end here.
    if rows.count_documents(known, hint="message_seq") == chat.last_seq:
        return
    expected = 1
    for seq in _numbers(known):
        if seq > expected:
            yield Hole(chat, expected, seq - 1, _created_at(chat, seq))
        expected = seq + 1
    if expected <= chat.last_seq:
        yield Hole(chat, expected, chat.last_seq, chat.last_message_at)


def _numbers(known: dict[str, Any]) -> Iterator[int]:
    """Every `seq` in order, from the index alone."""
    rows = Message.objects.collection().find(known, {"_id": 0, "chat_id": 1, "seq": 1})
    return (row["seq"] for row in rows.sort([("seq", 1)]).hint("message_seq"))


def _created_at(chat: Chat, seq: int) -> datetime:
    """When this number was taken; all lower ones were taken earlier."""
    return Message.objects.in_chat(chat.pk).values_list("created_at", flat=True).get(seq=seq)


def unknown_numbers(chat: Chat) -> tuple[int, int]:
    """The highest `seq` and `rev` of messages; 0 for each that isn't above the chat's own."""
    rows = Message.objects.in_chat(chat.pk)
    seq = rows.after(chat.last_seq).newest_first().values_list("seq", flat=True).first() or 0
    later = rows.filter(rev__gt=chat.last_rev).order_by("-rev")
    rev = later.values_list("rev", flat=True).first() or 0
    if not (seq or rev):
        return 0, 0
    # A message sent since we read the chat doesn't count.
    current = Chat.objects.filter(pk=chat.pk).first()
    if current is None:
        return 0, 0
    return seq if seq > current.last_seq else 0, rev if rev > current.last_rev else 0


def orphans(chat_id: uuid.UUID | None = None) -> Iterator[uuid.UUID]:
    """The ids of deleted chats that still have messages, permissions or markers."""
    seen: set[uuid.UUID] = set()
    for model in OWNED_BY_CHATS:
        ids = _chat_ids(model) if chat_id is None else iter([chat_id])
        while batch := list(islice(ids, BATCH)):
            gone = set(batch) - set(Chat.objects.all().last_revs(batch)) - seen
            for orphan in sorted(gone):
                if any(counts_of(orphan).values()):
                    seen.add(orphan)
                    yield orphan


def _chat_ids(model: Any) -> Iterator[uuid.UUID]:
    """Every chat referenced by a collection: one index key each."""
    stages = [{"$sort": {"chat_id": 1}}, {"$group": {"_id": "$chat_id"}}]
    return (uuid.UUID(row["_id"]) for row in model.objects.collection().aggregate(stages))


def counts_of(chat_id: uuid.UUID) -> dict[str, int]:
    """How many messages, permissions and markers a chat has, by plural model name."""
    return {
        str(model._meta.verbose_name_plural): model.objects.filter(chat_id=chat_id).count()
        for model in OWNED_BY_CHATS
    }


# Repairing ---------------------------------------------------------------------------------------


def fill(hole: Hole) -> int:
    """Fill a hole with tombstones, each announced under its own `rev`; returns how many."""
    return sum(_fill_number(hole, seq) for seq in range(hole.first, hole.last + 1))


def _fill_number(hole: Hole, seq: int) -> bool:
    """Store one tombstone; False if the number has been written or the chat deleted.

    A retry of the lost send must no longer take this number, so its reservation is cleared first:
    the retry then takes a new number and its message is not lost.
    """
    chat = Chat.objects.change(hole.chat.pk, {})
    if chat is None:
        return False
    taken = [send["id"] for number, send in chat.recent_sends() if number == seq]
    Chat.objects.collection().update_one(
        {"_id": chat.pk.hex},
        {"$set": {"recent.$[send].key": None}},
        array_filters=[{"send.id": {"$in": taken}}],
    )
    try:
        message = Message.objects.create(
            id=uuid7(hole.taken_by),
            chat_id=chat.pk,
            seq=seq,
            rev=chat.last_rev,
            sender_id=get_user_model().objects.bot().pk,  # the real sender is unknown
            created_at=hole.taken_by,
            updated_at=now(),
            deleted_at=now(),
        )
    except IntegrityError:
        return False
    row = MessageRow.of(Message.objects.document(message))
    events.broadcast(events.chat_group(chat.pk), events.message_event(row, {}))
    return True


def learn_numbers(chat: Chat, seq: int, rev: int) -> None:
    """Move a chat's last numbers up to those of its messages."""
    Chat.objects.collection().update_one(
        {"_id": chat.pk.hex},
        {
            "$max": {"last_seq": seq, "last_rev": rev},
            # A send's position gives the number it took, which would now be wrong.
            "$set": {"recent": []},
            "$currentDate": {"updated_at": True},
        },
    )


def remove_orphans(chat_ids: Iterable[uuid.UUID]) -> None:
    """Delete what is left of deleted chats."""
    for chat_id in chat_ids:
        for model in OWNED_BY_CHATS:
            model.objects.filter(chat_id=chat_id).delete()
