"""Messages: the model that is written and the row that is read."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, Self

from django.db import models
from django.db.models import Q
from pymongo.errors import BulkWriteError

from chatproject.stores.mongodb.documents import ONE_BATCH, Document, DocumentQuerySet, now, parted
from chatproject.stores.mongodb.indexes import UniqueIndex
from chatproject.stores.outages import is_away
from chats.protocol import PREVIEW_LENGTH

from .chat import Chat
from .read_marker import ReadMarker
from .uuid7 import uuid7

DUPLICATE_KEY = 11000  # MongoDB's error code
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MessageRow(NamedTuple):
    """A message as it is read everywhere, in the types in which it is stored.

    MongoDB returns it as an array, which takes a third of the time of a document: field names need
    not be decoded for each one.
    """

    id: str
    chat_id: str
    seq: int
    rev: int
    sender_id: int
    content: str
    kind: Literal["text", "photo"]
    photo: Any
    client_id: str | None
    reply_to: str | None
    created_at: datetime
    updated_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    deleted_by: int | None

    @classmethod
    def of(cls, document: Document) -> MessageRow:
        """The row of a message's document."""
        return cls._make(map(document.get, COLUMNS))


COLUMNS = ["_id", *MessageRow._fields[1:]]
ROW = [f"${column}" for column in COLUMNS]  # as MongoDB's expression


class Preview(NamedTuple):
    """What the chat list shows of a message: the start of its content."""

    id: str
    seq: int
    sender_id: int
    content: str
    kind: str
    created_at: datetime
    deleted_at: datetime | None


# A projection.
PREVIEWED: dict[str, Any] = {
    **dict.fromkeys(("chat_id", "seq", "sender_id", "kind", "created_at", "deleted_at"), 1),
    "content": {"$substrCP": ["$content", 0, PREVIEW_LENGTH]},
}


class MessageQuerySet(DocumentQuerySet["Message"]):
    """Queries and bulk inserts of messages."""

    def in_chat(self, chat_id: uuid.UUID) -> Self:
        """The messages of a chat, tombstones included."""
        return self.filter(chat_id=chat_id)

    def newest_first(self) -> Self:
        """Order by `seq`, highest first."""
        return self.order_by("-seq")

    def oldest_first(self) -> Self:
        """Order by `seq`, lowest first."""
        return self.order_by("seq")

    def before(self, seq: int) -> Self:
        """The messages with a lower `seq`."""
        return self.filter(seq__lt=seq)

    def after(self, seq: int) -> Self:
        """The messages with a higher `seq`."""
        return self.filter(seq__gt=seq)

    def between(self, chat_id: uuid.UUID, low: int, high: int) -> list[MessageRow]:
        """The messages of a chat with `low` < `seq` ≤ `high`, in order of `seq`."""
        query = {"chat_id": chat_id.hex, "seq": {"$gt": low, "$lte": high}}
        rows = self.collection().find(query, sort={"seq": 1}, batch_size=ONE_BATCH)
        return [MessageRow.of(row) for row in rows]

    def previews_and_markers(
        self, chats: Collection[Document], user_id: int
    ) -> tuple[dict[str, Preview], dict[str, int]]:
        """The start of the latest message of each chat, and how far one person has read them.

        Both are keyed by the stored id of the chat. One command: the markers follow the messages.
        """
        if not chats:
            return {}, {}
        ends = [{"chat_id": chat["_id"], "seq": chat["last_seq"]} for chat in chats]
        read = {"user_id": user_id, "chat_id": {"$in": [chat["_id"] for chat in chats]}}
        rows = self.collection().aggregate(
            [
                {"$match": {"$or": ends}},
                {"$project": PREVIEWED},
                {
                    "$unionWith": {
                        "coll": ReadMarker._meta.db_table,
                        "pipeline": [{"$match": read}, {"$project": {"_id": 0}}],
                    }
                },
            ],
            # Otherwise MongoDB tries four indexes for each branch, which takes five times as long.
            hint="message_seq",
            batchSize=ONE_BATCH,
        )
        latest, markers = parted(rows)
        return (
            {row.pop("chat_id"): Preview(id=row.pop("_id"), **row) for row in latest},
            {row["chat_id"]: row["seq"] for row in markers},
        )

    def changes(self, chat: Chat, rev: int, limit: int) -> list[MessageRow]:
        """The messages changed after a `rev`, in order of `rev`, as a majority has them.

        It stops at the `last_rev` of `chat`, because the reader may have been removed since. A
        majority read, because a caller that saw a gap could be first to see a write that may still
        be rolled back.
        """
        query = {"chat_id": chat.pk.hex, "rev": {"$gt": rev, "$lte": chat.last_rev}}
        rows = self.committed().find(query, sort={"rev": 1}, limit=limit, batch_size=ONE_BATCH)
        return [MessageRow.of(row) for row in rows]

    def insert(self, messages: Iterable[Message]) -> list[bool]:
        """Store new messages in one command; False for each whose numbers or `client_id` are
        stored already.
        """
        documents = [self.document(message) for message in messages]
        stored = [True] * len(documents)
        try:
            self.collection().insert_many(documents, ordered=False)
        except BulkWriteError as error:
            failed = error.details["writeErrors"]
            if is_away(error) or any(one["code"] != DUPLICATE_KEY for one in failed):
                raise
            for one in failed:
                stored[one["index"]] = False
        return stored

    def rows_by_id(self, chat_id: str, ids: Iterable[str]) -> dict[str, MessageRow]:
        """The messages of a chat with these stored ids; one query, none if there are no ids."""
        wanted = list(ids)
        query = {"_id": {"$in": wanted}, "chat_id": chat_id}
        rows = self.collection().find(query) if wanted else ()
        return {row["_id"]: MessageRow.of(row) for row in rows}

    def changed_at(self, chat_id: uuid.UUID, revs: Collection[int]) -> list[MessageRow]:
        """The messages whose last change has one of these numbers, as a majority has them."""
        query = {"chat_id": chat_id.hex, "rev": {"$in": list(revs)}}
        rows = self.committed().find(query, sort={"rev": 1}, batch_size=ONE_BATCH)
        return [MessageRow.of(row) for row in rows]


class Message(models.Model):
    """A message, or the tombstone of one (`deleted_at` set, no content)."""

    class Kind(models.TextChoices):
        """What a message contains; only the bot sends photos."""

        TEXT = "text"
        PHOTO = "photo"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="_id")
    chat_id = models.UUIDField()
    seq = models.BigIntegerField()
    rev = models.BigIntegerField()
    sender_id = models.BigIntegerField()
    content = models.TextField(blank=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.TEXT)
    # image_url, alt, author, author_url, page_url; only for a photo.
    photo = models.JSONField(null=True, blank=True)
    client_id = models.CharField(max_length=64, null=True, blank=True)
    reply_to = models.UUIDField(null=True, blank=True)
    # When an @ai or @photo question becomes due for the worker; null: nothing to do.
    answer_due_at = models.DateTimeField(null=True, blank=True)
    # How often a worker has taken it: a question that kills workers must not be retried for ever.
    answer_attempts = models.IntegerField(default=0, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)
    updated_at = models.DateTimeField(default=now, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        # No index on `chat_id` alone: it is a prefix of three of these.
        indexes = [
            # History at any offset, before and after; the latest message of a chat.
            UniqueIndex(fields=["chat_id", "-seq"], name="message_seq"),
            # Catch-up: what changed after a rev.
            UniqueIndex(fields=["chat_id", "rev"], name="message_rev"),
            # Messages of a chat by date: the admin's filter.
            models.Index(fields=["chat_id", "-created_at"], name="message_created"),
            # Messages of a person, newest first (ids are in time order): the admin's filter.
            models.Index(fields=["sender_id", "-id"], name="message_sender"),
            # A repeated send is stored once.
            UniqueIndex(
                fields=["chat_id", "sender_id", "client_id"],
                condition=Q(client_id__gt=""),
                name="message_client_id",
            ),
            # The worker's next @ai or @photo.
            models.Index(
                fields=["answer_due_at"],
                condition=Q(answer_due_at__gt=EPOCH),
                name="message_answer_due",
            ),
        ]

    def __str__(self) -> str:
        return self.content[:60] or "(deleted)"
