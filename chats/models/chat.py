"""Chats: who is in them, and hints of where their logs end."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple, Self

from django.db import models
from django_mongodb_backend.fields import ArrayField
from pymongo import WriteConcern
from pymongo.errors import PyMongoError

from chatproject.stores.mongodb.documents import ONE_BATCH, Document, DocumentQuerySet, now, parted
from users.models import User

from .floors import FloorQuerySet, since

COUNT = {"$count": "count"}


def other_of(chat: Document, user_id: int) -> int | None:
    """The id of the other person in the document of a private chat; None for a group."""
    if chat["is_group"]:
        return None
    return next((member_id for member_id in chat["member_ids"] if member_id != user_id), user_id)


class Shared(NamedTuple):
    """A chat that somebody shares with a member; `chat_id` as it is stored."""

    member_id: int
    is_group: bool
    chat_id: str
    opened_by: int
    last_seq: int


class ChatQuerySet(FloorQuerySet, DocumentQuerySet["Chat"]):
    """Queries and atomic updates of chats."""

    def for_member(self, user: User) -> Self:
        """The chats of this member: the only way to get at a chat."""
        return self.filter(member_ids__contains=[user.pk])

    def get_for_member(self, user: User, chat_id: uuid.UUID) -> Chat:
        """`for_member(user).get(pk=chat_id)`, for hot paths."""
        query = {"_id": chat_id.hex, "member_ids": user.pk}
        chat = next(iter(self.found(query, limit=1)), None)
        if chat is None:
            raise Chat.DoesNotExist
        return chat

    def senders_among(
        self, chat_ids: Collection[uuid.UUID], user_ids: Collection[int]
    ) -> dict[uuid.UUID, set[int]]:
        """Those of these people who may send, by chat: members who aren't silenced. One query."""
        members = {"$setIntersection": ["$member_ids", list(user_ids)]}
        rows = self.collection().find(
            {"_id": {"$in": [chat_id.hex for chat_id in chat_ids]}},
            {"senders": {"$setDifference": [members, "$silenced_ids"]}},
            batch_size=ONE_BATCH,
        )
        return {uuid.UUID(row["_id"]): set(row["senders"]) for row in rows}

    def confirm(self, chat_id: uuid.UUID) -> None:
        """Wait until a majority has the primary's state of a chat.

        Call it before reporting that something is missing: a removal seen only by an isolated
        primary may still be rolled back.
        """
        self.confirmed({"_id": chat_id.hex})

    def latest_first(self) -> Self:
        """Order by the time of the last message, newest first."""
        return self.order_by("-last_message_at", "-pk")

    def page_of_member(self, user: User, start: int, stop: int) -> tuple[list[Document], int]:
        """A slice of a member's chats, latest first, and their total; one command."""
        own = {"$match": {"member_ids": user.pk}}
        rows = self.collection().aggregate(
            [
                own,
                {"$sort": {"last_message_at": -1, "_id": -1}},
                {"$limit": stop},
                {"$skip": start},
                {"$unionWith": {"coll": self.model._meta.db_table, "pipeline": [own, COUNT]}},
            ],
            batchSize=ONE_BATCH,
        )
        chats, counts = parted(rows)
        return chats, counts[0]["count"] if counts else 0

    def shared_with(self, user_id: int, others: Collection[int]) -> list[Shared]:
        """The chats that a person shares with these others: of groups one for each; one command.

        Reads the chats of the one person, however many the others have.
        """
        chat = {"is_group": "$is_group", "member_id": "$member_ids"}
        first = {"chat_id": "$_id", "opened_by": "$owner_id", "last_seq": "$last_seq"}
        rows = self.collection().aggregate(
            [
                {"$match": {"member_ids": user_id}},
                {"$set": {"member_ids": {"$setIntersection": ["$member_ids", list(others)]}}},
                {"$unwind": "$member_ids"},
                {"$group": {"_id": chat, **{name: {"$first": one} for name, one in first.items()}}},
            ],
            batchSize=ONE_BATCH,
        )
        return [Shared(**row.pop("_id"), **row) for row in rows]

    def committed_chat(self, chat_id: uuid.UUID) -> Chat | None:
        """A chat as a majority has it; None if there is none."""
        return next(iter(self.found({"_id": chat_id.hex}, committed=True)), None)

    def existing(self, chat_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
        """Those of these chats that a majority has."""
        query = {"_id": {"$in": [chat_id.hex for chat_id in chat_ids]}}
        return [chat.pk for chat in self.found(query, committed=True, projection={"_id": 1})]

    def hint(
        self,
        chat_id: uuid.UUID,
        rev: int,
        seq: int,
        last_message_at: datetime | None = None,
        *,
        is_awaited: bool = False,
    ) -> None:
        """Move the hints of a chat forward after a row of its log was written.

        `seq` is of the last message at that `rev`: they move together, in whatever order this is
        called. Nobody waits for it, unless `is_awaited`: if it is lost, the log is still right.
        """
        latest: dict[str, Any] = {"last_rev": rev, "last_seq": seq}
        if last_message_at:
            latest["last_message_at"] = last_message_at
        one = self.collection().with_options(write_concern=WriteConcern(w=int(is_awaited)))
        with suppress(PyMongoError):
            one.update_one(
                {"_id": chat_id.hex},
                {"$max": latest, "$currentDate": {"updated_at": True}},
            )


class Chat(models.Model):
    """A private chat of two people, or a group with an owner."""

    class Access(models.TextChoices):
        """Who may join a group by themselves."""

        PRIVATE = "private", "Nobody: people are added or invited"
        REQUEST = "request", "Whoever asks, once a member agrees"
        OPEN = "open", "Anybody"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False, db_column="_id")
    name = models.CharField(max_length=255, blank=True)  # the limit is CHAT_NAME_MAX_LENGTH
    is_group = models.BooleanField(default=False)
    access = models.CharField(max_length=7, choices=Access, default=Access.PRIVATE.value)
    # Whether people who come later read what was said before; of those who don't, and
    # those who have cleared the chat for themselves, the `seq` after which each reads, by their ids
    # as text.
    history_for_new_members = models.BooleanField(default=True)
    # Whether @ai is sent the last messages with a question (`AI_HISTORY`).
    assistant_sees_history = models.BooleanField(default=False)
    since_seqs = models.JSONField(default=dict, blank=True)
    # By the ids, as text, of those who haven't read on since they came: see floors.py.
    floors = models.JSONField(default=dict, blank=True, editable=False)
    # By the ids, as text, of those who have marked messages as unread: the first one's `seq`.
    unread_from = models.JSONField(default=dict, blank=True, editable=False)
    owner_id = models.BigIntegerField()
    created_by = models.BigIntegerField(null=True, editable=False)  # of a group
    member_ids = ArrayField(models.BigIntegerField())
    # Who may not send; decides, not the row in ChatPermissions: it is read with the members.
    silenced_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    # Hints, moved after a row was written: the log may have gone on (models/log.py). The document
    # itself holds every change up to `last_rev`.
    last_rev = models.BigIntegerField(default=0)
    last_seq = models.BigIntegerField(default=0)
    last_message_at = models.DateTimeField(default=now)
    last_deleted_seq = models.BigIntegerField(default=0)  # the highest of a deleted message; exact
    pin_count = models.IntegerField(default=0, editable=False)  # of pinned messages; exact
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
            # The directory: groups that are listed, by name.
            models.Index(
                fields=["name"],
                condition=models.Q(access__in=["request", "open"]),
                name="chat_listed",
            ),
        ]
        permissions = [("moderate_chat", "Can remove members and messages of any chat")]

    def __str__(self) -> str:
        return self.name or ("Group" if self.is_group else "Private chat")

    def since(self, user_id: int) -> int:
        """The `seq` after which a member reads the messages: 0 for all of them."""
        return since(self.__dict__, user_id)

    def other_id(self, user_id: int) -> int | None:
        """The id of the other person in a private chat; None for a group."""
        return other_of(self.__dict__, user_id)
