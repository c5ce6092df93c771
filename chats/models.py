"""Chats, messages, permissions and read markers: documents of MongoDB.

Users live in SQL, so relations to them are integer ids. The numbers `seq` and `rev` come from one
atomic update of the chat, `ChatQuerySet.advance`.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any, Self, TypeVar

from django.db import connections, models
from django.db.models import Q
from django.utils import timezone
from django_mongodb_backend.fields import ArrayField
from pymongo import ReturnDocument
from pymongo.collection import Collection as MongoCollection

from chatproject.mongodb.indexes import UniqueIndex

from .uuid7 import uuid7

M = TypeVar("M", bound=models.Model)

RECENT_SENDS = 32  # sends whose client_id a chat remembers with its numbers
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """The time in whole milliseconds, which is what MongoDB stores."""
    moment = timezone.now()
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class DocumentQuerySet(models.QuerySet[M]):
    def collection(self) -> MongoCollection[dict[str, Any]]:
        """The collection itself, for atomic updates that the ORM can't express."""
        connection: Any = connections[self.db]
        return connection.get_collection(self.model._meta.db_table)

    def from_document(self, document: dict[str, Any]) -> M:
        """The model instance of a raw document; fields that it lacks are deferred."""
        fields = [f for f in self.model._meta.concrete_fields if f.column in document]
        values = [f.to_python(document[f.column or f.name]) for f in fields]
        return self.model.from_db(self.db, [f.attname for f in fields], values)

    def first(self) -> M | None:
        """The first in the order asked for; without one, any.

        Django's would order by `_id`, and MongoDB then may walk that index to find one row.
        """
        return next(iter(self[:1]), None)


class ChatQuerySet(DocumentQuerySet["Chat"]):
    def for_member(self, user: Any) -> Self:
        """The chats that this user is a member of: the only door to a chat."""
        return self.filter(member_ids__contains=[user.pk]).defer("recent")

    def latest_first(self) -> Self:
        return self.order_by("-last_message_at")

    def advance(
        self,
        chat_id: uuid.UUID,
        update: dict[str, Any] | list[dict[str, Any]],
        **conditions: Any,
    ) -> Chat | None:
        """Update a chat that meets the conditions, atomically; answer it as it is then.

        The update takes the next `rev` (and `seq`) by `$inc` or a pipeline. None: no such chat.
        """
        document = self.collection().find_one_and_update(
            {"_id": chat_id.hex, **conditions},
            update,
            return_document=ReturnDocument.AFTER,
        )
        return self.from_document(document) if document else None

    def last_revs(self, chat_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
        """`last_rev` of each of these chats that exists."""
        rows = self.collection().find(
            {"_id": {"$in": [chat_id.hex for chat_id in chat_ids]}}, {"last_rev": 1}
        )
        return {uuid.UUID(row["_id"]): row["last_rev"] for row in rows}


class Chat(models.Model):
    """A private chat of two people, or a group with an owner."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False, db_column="_id")
    name = models.CharField(max_length=255, blank=True)  # CHAT_NAME_MAX_LENGTH holds
    is_group = models.BooleanField(default=False)
    owner_id = models.BigIntegerField()
    member_ids = ArrayField(models.BigIntegerField())
    # Who may not send, beside ChatPermissions, so that one atomic update of the chat checks it
    # together with the number that the message takes.
    silenced_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    # "3:17" for a private chat of the users 3 and 17; null for a group.
    pair = models.CharField(max_length=41, null=True, editable=False)
    last_seq = models.BigIntegerField(default=0)
    last_rev = models.BigIntegerField(default=0)
    last_message_at = models.DateTimeField(default=now)
    # The numbers that the latest client_ids took: a retry finds them without taking new ones.
    recent = ArrayField(models.JSONField(), default=list, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    updated_at = models.DateTimeField(default=now, editable=False)

    objects = ChatQuerySet.as_manager()

    class Meta:
        # `_id` is indexed by MongoDB itself. No index on `member_ids` alone: it is a prefix.
        indexes = [
            # Account deletion: the groups that someone owns.
            models.Index(fields=["owner_id"], name="chat_owner"),
            # The chat list of a member, latest first; the chats of a member.
            models.Index(fields=["member_ids", "-last_message_at"], name="chat_member_latest"),
            # The admin's list, newest first.
            models.Index(fields=["-created_at"], name="chat_created"),
            # One private chat a pair, whatever the race; finds the chat of two people.
            UniqueIndex(fields=["pair"], condition=Q(pair__gt=""), name="chat_pair"),
        ]
        permissions = [("moderate_chat", "Can remove members and messages of any chat")]

    def __str__(self) -> str:
        return self.name or ("Group" if self.is_group else "Private chat")

    def other_id(self, user_id: int) -> int:
        """The other person of a private chat."""
        return next((i for i in self.member_ids if i != user_id), user_id)

    @staticmethod
    def pair_of(first_id: int, second_id: int) -> str:
        low, high = sorted((first_id, second_id))
        return f"{low}:{high}"


class MessageQuerySet(DocumentQuerySet["Message"]):
    def in_chat(self, chat_id: uuid.UUID) -> Self:
        return self.filter(chat_id=chat_id)

    def newest_first(self) -> Self:
        return self.order_by("-seq")

    def oldest_first(self) -> Self:
        return self.order_by("seq")

    def before(self, seq: int) -> Self:
        return self.filter(seq__lt=seq)

    def after(self, seq: int) -> Self:
        return self.filter(seq__gt=seq)

    def changed_after(self, rev: int) -> Self:
        return self.filter(rev__gt=rev).order_by("rev")

    def latest_of(self, chats: Iterable[Chat]) -> dict[uuid.UUID, Message]:
        """The latest message of each of these chats, in one query."""
        ends = [Q(chat_id=chat.pk, seq=chat.last_seq) for chat in chats if chat.last_seq]
        if not ends:
            return {}
        any_end = ends.pop()
        for end in ends:
            any_end |= end
        return {message.chat_id: message for message in self.filter(any_end)}

    def reply_previews(self, messages: Iterable[Message]) -> dict[uuid.UUID, Message]:
        """The messages that these reply to, in one query, or in none."""
        ids = {message.reply_to for message in messages if message.reply_to}
        return {message.pk: message for message in self.filter(pk__in=ids)} if ids else {}


class Message(models.Model):
    """A message, or the tombstone of one (`deleted_at` set, no content)."""

    class Kind(models.TextChoices):
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
    # An @ai or @photo question is due for the worker from then on; null: nothing to do.
    command_due_at = models.DateTimeField(null=True, blank=True)
    # How often a worker has taken it: what ends every worker must not be taken for ever.
    command_attempts = models.IntegerField(default=0, editable=False)
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
            # Messages of a person, newest first (ids are in the order of time): the admin's filter.
            models.Index(fields=["sender_id", "-id"], name="message_sender"),
            # A send that is repeated: stored once.
            UniqueIndex(
                fields=["chat_id", "sender_id", "client_id"],
                condition=Q(client_id__gt=""),
                name="message_client_id",
            ),
            # The worker's next @ai or @photo.
            models.Index(
                fields=["command_due_at"],
                condition=Q(command_due_at__gt=EPOCH),
                name="message_command_due",
            ),
        ]

    def __str__(self) -> str:
        return self.content[:60] or "(deleted)"


class ChatPermissions(models.Model):
    """What a member of a group may do; the owner has all, whatever is stored."""

    chat_id = models.UUIDField()
    user_id = models.BigIntegerField()
    can_send_messages = models.BooleanField(default=True)
    can_change_permissions = models.BooleanField(default=False)
    can_remove_members = models.BooleanField(default=False)
    can_delete_other_messages = models.BooleanField(default=False)

    FLAGS = (
        "can_send_messages",
        "can_change_permissions",
        "can_remove_members",
        "can_delete_other_messages",
    )

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "chat permissions"
        indexes = [
            # The permissions of a member; `chat_id` alone (the members panel) is its prefix.
            UniqueIndex(fields=["chat_id", "user_id"], name="permissions_member"),
            # Account deletion.
            models.Index(fields=["user_id"], name="permissions_user"),
        ]

    def __str__(self) -> str:
        return f"Permissions of user {self.user_id}"


class ReadMarkerQuerySet(DocumentQuerySet["ReadMarker"]):
    def of_user(self, user_id: int, chat_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
        """How far one person has read these chats."""
        rows = self.filter(user_id=user_id, chat_id__in=list(chat_ids))
        return dict(rows.values_list("chat_id", "seq"))

    def of_chat(self, chat_id: uuid.UUID) -> dict[int, int]:
        """How far each member of a chat has read."""
        return dict(self.filter(chat_id=chat_id).values_list("user_id", "seq"))

    def advance(self, chat_id: uuid.UUID, user_id: int, seq: int) -> bool:
        """Move a marker forward, atomically; False if it was there or further already."""
        key = {"chat_id": chat_id.hex, "user_id": user_id}
        before = self.collection().find_one_and_update(key, {"$max": {"seq": seq}}, upsert=True)
        return before is None or before["seq"] < seq


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
