"""Chats: their members, and the last numbers taken by their messages and changes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django_mongodb_backend.fields import ArrayField
from pymongo import ReturnDocument

from chatproject.stores.mongodb.documents import ONE_BATCH, Document, DocumentQuerySet, now, parted
from chatproject.stores.mongodb.indexes import UniqueIndex
from chats.protocol import QUIET
from users.models import User

WITHOUT_SENDS = {"recent": 0}  # a projection: only taking numbers needs them
COUNT = {"$count": "count"}


def other_of(chat: Document, user_id: int) -> int | None:
    """The id of the other person in the document of a private chat; None for a group."""
    if chat["is_group"]:
        return None
    return next((member_id for member_id in chat["member_ids"] if member_id != user_id), user_id)


class ChatQuerySet(DocumentQuerySet["Chat"]):
    """Queries and atomic updates of chats."""

    def for_member(self, user: User) -> Self:
        """The chats of this member: the only way to get at a chat."""
        return self.filter(member_ids__contains=[user.pk]).defer("recent")

    def get_for_member(self, user: User, chat_id: uuid.UUID) -> Chat:
        """`for_member(user).get(pk=chat_id)`, for hot paths."""
        query = {"_id": chat_id.hex, "member_ids": user.pk}
        chat = next(iter(self.found(query, projection=WITHOUT_SENDS, limit=1)), None)
        if chat is None:
            raise Chat.DoesNotExist
        return chat

    def has_member(self, user: User, chat_id: uuid.UUID) -> bool:
        """`for_member(user).filter(pk=chat_id).exists()`, for hot paths."""
        query = {"_id": chat_id.hex, "member_ids": user.pk}
        return self.collection().find_one(query, {"_id": 1}) is not None

    def members_among(self, chat_id: uuid.UUID, user_ids: set[int]) -> set[int]:
        """Those of these people who are members of a chat."""
        row = self.collection().find_one({"_id": chat_id.hex}, {"member_ids": 1})
        return user_ids.intersection(row["member_ids"]) if row else set()

    def confirm(self, chat_id: uuid.UUID) -> None:
        """Wait until a majority has the primary's state of a chat.

        Call it before reporting that something is missing: a removal seen only by an isolated
        primary may still be rolled back.
        """
        self.confirmed({"_id": chat_id.hex})

    def latest_first(self) -> Self:
        """Order by the time of the last message, newest first."""
        return self.order_by("-last_message_at")

    def page_of_member(self, user: User, start: int, stop: int) -> tuple[list[Document], int]:
        """A slice of a member's chats, latest first, and their total; one command."""
        own = {"$match": {"member_ids": user.pk}}
        rows = self.collection().aggregate(
            [
                own,
                {"$sort": {"last_message_at": -1}},
                {"$limit": stop},
                {"$skip": start},
                {"$project": WITHOUT_SENDS},
                {"$unionWith": {"coll": self.model._meta.db_table, "pipeline": [own, COUNT]}},
            ],
            batchSize=ONE_BATCH,
        )
        chats, counts = parted(rows)
        return chats, counts[0]["count"] if counts else 0

    def change(
        self,
        chat_id: uuid.UUID,
        update: dict[str, Any],
        *,
        projection: dict[str, int] | None = None,
        **conditions: Any,
    ) -> Chat | None:
        """Atomically update a chat that meets the conditions; return it as updated.

        The update takes the next `rev`, or as many as its `$inc` says. `updated_at` is set from
        MongoDB's clock, so comparisons must use that clock too. None: no such chat.
        """
        numbers = {"last_rev": 1, **update.get("$inc", {})}
        document = self.collection().find_one_and_update(
            {"_id": chat_id.hex, **conditions},
            {**update, "$inc": numbers, "$currentDate": {"updated_at": True}},
            projection=projection,
            return_document=ReturnDocument.AFTER,
        )
        return self.from_document(document) if document else None

    def starts(self, chat_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Document]:
        """`last_seq` and `last_rev` of each existing chat among these, as a majority has them, and
        whether nothing has changed it for `QUIET` seconds.
        """
        is_quiet = {"$lt": ["$updated_at", {"$subtract": ["$$NOW", QUIET * 1000]}]}
        rows = self.committed().find(
            {"_id": {"$in": [chat_id.hex for chat_id in chat_ids]}},
            {"last_seq": 1, "last_rev": 1, "is_quiet": is_quiet},
        )
        return {uuid.UUID(row["_id"]): row for row in rows}

    def last_revs(self, chat_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
        """`last_rev` of each existing chat among these, as a majority has it."""
        rows = self.committed().find(
            {"_id": {"$in": [chat_id.hex for chat_id in chat_ids]}}, {"last_rev": 1}
        )
        return {uuid.UUID(row["_id"]): row["last_rev"] for row in rows}


class Chat(models.Model):
    """A private chat of two people, or a group with an owner."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False, db_column="_id")
    name = models.CharField(max_length=255, blank=True)  # the limit is CHAT_NAME_MAX_LENGTH
    is_group = models.BooleanField(default=False)
    owner_id = models.BigIntegerField()
    member_ids = ArrayField(models.BigIntegerField())
    # Who may not send. Kept here as well as in ChatPermissions, so that the atomic update of the
    # chat that takes a message's number checks it too.
    silenced_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    # "3:17" for a private chat of the users 3 and 17; null for a group.
    pair = models.CharField(max_length=41, null=True, editable=False)
    last_seq = models.BigIntegerField(default=0)
    last_rev = models.BigIntegerField(default=0)
    last_message_at = models.DateTimeField(default=now)
    # The latest sends, one for each of the last numbers: a retry finds the number it took.
    recent = ArrayField(models.JSONField(), default=list, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    updated_at = models.DateTimeField(default=now, editable=False)

    objects = ChatQuerySet.as_manager()

    class Meta:
        # `_id` is indexed by MongoDB itself.
        indexes = [
            # Account deletion: the groups a user owns.
            models.Index(fields=["owner_id"], name="chat_owner"),
            # The chats of a member; in the admin newest first. Not by `last_message_at`: every
            # message would move the keys of all members, and a person's chats are sorted faster.
            models.Index(fields=["member_ids", "-created_at"], name="chat_member"),
            # The admin's list, newest first.
            models.Index(fields=["-created_at"], name="chat_created"),
            # One private chat per pair, even in a race; finds the chat of two people.
            UniqueIndex(fields=["pair"], condition=Q(pair__gt=""), name="chat_pair"),
        ]
        permissions = [("moderate_chat", "Can remove members and messages of any chat")]

    def __str__(self) -> str:
        return self.name or ("Group" if self.is_group else "Private chat")

    def other_id(self, user_id: int) -> int | None:
        """The id of the other person in a private chat; None for a group."""
        return other_of(self.__dict__, user_id)

    def recent_sends(self) -> Iterator[tuple[int, Document]]:
        """The latest sends: `seq`, and a document with `key` and `id`."""
        return zip(
            range(self.last_seq - len(self.recent) + 1, self.last_seq + 1), self.recent, strict=True
        )

    @staticmethod
    def pair_of(first_id: int, second_id: int) -> str:
        """The key of the private chat of two users, in either order: "3:17"."""
        low, high = sorted((first_id, second_id))
        return f"{low}:{high}"
