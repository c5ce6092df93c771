"""Files: from their upload, by the message that they were sent with, to their removal.

The row of a message holds what is shown of its files, so that history needs no query of these.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q
from pymongo.client_session import ClientSession

from chatproject.files.signatures import OTHER
from chatproject.stores.mongodb.documents import Document, DocumentQuerySet, now

from .chat import Chat
from .log import EPOCH
from .uuid7 import uuid7

UNSENT_FOR = timedelta(days=1)  # after which a file that was never sent goes
NOBODYS = 0  # the owner of an image of a linked page
SENDABLE = ("pending", "ready")
SHOWN = (*SENDABLE, "failed")


class AttachmentQuerySet(DocumentQuerySet["Attachment"]):
    """Queries and atomic updates of files."""

    def seen_by(self, chat: Chat, user_id: int) -> Self:
        """The files of a chat that a member sees: in messages that they read, and their own."""
        rows = self.filter(chat_id=chat.pk, state__in=SHOWN)
        sent = Q(message_id__isnull=False, seq__gt=chat.since(user_id), due_at__isnull=True)
        return rows.filter(sent | Q(message_id__isnull=True, owner_id=user_id, due_at__gt=now()))

    def size_of(self, owner_id: int) -> int:
        """Bytes of all files of a person."""
        rows = self.collection().aggregate(
            [
                {"$match": {"owner_id": owner_id}},
                {"$group": {"_id": None, "size": {"$sum": "$size"}}},
            ]
        )
        return next((int(row["size"]) for row in rows), 0)

    def claim(
        self,
        ids: Sequence[uuid.UUID],
        chat_id: uuid.UUID,
        owner_id: int,
        message: tuple[uuid.UUID, int],
        session: ClientSession,
    ) -> list[Document]:
        """Take files for a message (its id and `seq`), in a transaction; the rows, in this order.

        Only one's own of the chat that no message has, and that won't go: the others are missing.
        """
        free = {
            "_id": {"$in": [one.hex for one in ids]},
            "chat_id": chat_id.hex,
            "owner_id": owner_id,
            "message_id": None,
            "state": {"$in": SENDABLE},
            "due_at": {"$gt": now()},
        }
        rows = {row["_id"]: row for row in self.collection().find(free, session=session)}
        message_id, seq = message
        values = {"message_id": message_id.hex, "seq": seq, "due_at": None}
        self.collection().update_many(free, {"$set": values}, session=session)
        return [rows[one.hex] for one in ids if one.hex in rows]

    def release(
        self, chat_id: uuid.UUID, message_id: uuid.UUID, session: ClientSession | None = None
    ) -> None:
        """Let the files of a message be removed."""
        query = {"chat_id": chat_id.hex, "message_id": message_id.hex}
        self.collection().update_many(query, {"$set": {"due_at": now()}}, session=session)

    def keep_images(
        self, message: Document, ids: Collection[uuid.UUID], session: ClientSession
    ) -> None:
        """Let a message have these images of linked pages, and others of it be removed."""
        of_chat = {"chat_id": message["chat_id"], "owner_id": NOBODYS}
        kept = [one.hex for one in ids]
        values = {"message_id": message["_id"], "seq": message["seq"], "due_at": None}
        new = {**of_chat, "_id": {"$in": kept}, "message_id": None}
        self.collection().update_many(new, {"$set": values}, session=session)
        old = {**of_chat, "message_id": message["_id"], "due_at": None, "_id": {"$nin": kept}}
        self.collection().update_many(old, {"$set": {"due_at": now()}}, session=session)

    def withdraw(self, chat_id: uuid.UUID, attachment_id: uuid.UUID, owner_id: int) -> bool:
        """Let a file that wasn't sent be removed; False if there is none of this person."""
        query = {
            "_id": attachment_id.hex,
            "chat_id": chat_id.hex,
            "owner_id": owner_id,
            "message_id": None,
        }
        result = self.collection().update_one(query, {"$set": {"due_at": now()}})
        return result.matched_count == 1

    def is_due(self) -> bool:
        """Whether a file is to be removed."""
        due = {"due_at": {"$gt": EPOCH, "$lte": now()}}
        return self.collection().find_one(due, {"_id": 1}) is not None

    def due(self, limit: int) -> list[Document]:
        """Some of the files that are to be removed."""
        due = {"due_at": {"$gt": EPOCH, "$lte": now()}}
        return list(self.collection().find(due, {"chat_id": 1}, limit=limit))

    def end(self, row: Document) -> bool:
        """Take a file that is due out of everybody's reach; False if it isn't (any more)."""
        due = {"_id": row["_id"], "chat_id": row["chat_id"], "due_at": {"$lte": now()}}
        return self.collection().update_one(due, {"$set": {"state": "gone"}}).matched_count == 1

    def drop(self, rows: Collection[Document], chat_id: str) -> None:
        """Delete the rows of files of a chat (stored id), whose files are gone."""
        ids = [row["_id"] for row in rows]
        self.collection().delete_many({"chat_id": chat_id, "_id": {"$in": ids}})


def next_day() -> datetime:
    """When a file goes that is uploaded now, unless it is sent."""
    return now() + UNSENT_FOR


class Attachment(models.Model):
    """A file; its content is in the storage, under `key`."""

    class State(models.TextChoices):
        """Images wait for a worker (`pending`), which takes out what their camera noted."""

        UPLOADING = "uploading"
        PENDING = "pending"
        READY = "ready"
        FAILED = "failed"
        GONE = "gone"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="_id")
    chat_id = models.UUIDField()
    owner_id = models.BigIntegerField()
    message_id = models.UUIDField(null=True)  # that it was sent with
    seq = models.BigIntegerField(null=True)  # of that message
    name = models.CharField(max_length=255)
    alt = models.CharField(max_length=500, blank=True)  # what is seen in an image, by its author
    size = models.BigIntegerField()  # bytes
    type = models.CharField(max_length=40, default=OTHER)  # the media type, by the content
    width = models.IntegerField(null=True)  # pixels, of an image as it is shown
    height = models.IntegerField(null=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.UPLOADING.value)
    # When it is to be removed: a day after the upload unless it is sent, or after it is deleted.
    due_at = models.DateTimeField(null=True, default=next_day)
    created_at = models.DateTimeField(default=now)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [
            # Those of a message, and of a chat.
            models.Index(fields=["chat_id", "message_id"], name="attachment_message"),
            # A person's total; account deletion.
            models.Index(fields=["owner_id", "size"], name="attachment_owner"),
            # What is to be removed.
            models.Index(fields=["due_at"], condition=Q(due_at__gt=EPOCH), name="attachment_due"),
        ]

    def __str__(self) -> str:
        return self.name


def keys_of(chat_id: str, attachment_id: str) -> tuple[str, str, str]:
    """The keys in the storage of a file as it came, of an image, and of its thumbnail.

    Ids are stored ones.
    """
    key = f"{chat_id}/{attachment_id}"
    return key, f"{key}.image", f"{key}.thumbnail"


def shown(row: Document) -> dict[str, Any]:
    """What a message shows of a file: the fields of `representation.Attachment`."""
    names = ("name", "alt", "size", "type", "width", "height", "state")
    return {"id": str(uuid.UUID(row["_id"])), **{name: row[name] for name in names}}
