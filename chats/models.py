"""Chats, messages, permissions and read markers: documents of MongoDB.

Users live in SQL, so relations to them are integer ids. The numbers `seq` and `rev` come from one
atomic update of the chat, `ChatQuerySet.advance`.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django_mongodb_backend.fields import ArrayField
from pymongo import ReturnDocument, UpdateOne, WriteConcern
from pymongo.errors import BulkWriteError, PyMongoError

from chatproject.mongodb.documents import ONE_BATCH, Document, DocumentQuerySet
from chatproject.mongodb.indexes import UniqueIndex
from chatproject.stores import is_away

from .rows import ROW, MessageRow
from .uuid7 import uuid7

# Seconds after which a number that was taken is stored, or never will be: longer than a primary
# that has lost its majority stays one (10), of which a majority may have later what it wrote.
QUIET = 20
RECENT_SENDS = 32  # sends whose client_id a chat remembers with its numbers
DUPLICATE_KEY = 11000  # MongoDB's code of the error
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

WITHOUT_SENDS = {"recent": 0}  # a projection: only who takes numbers needs to know these
COUNT = {"$count": "count"}
PREVIEW_LENGTH = 140  # characters of a message that a list or a reply shows


def now() -> datetime:
    """The time in whole milliseconds, which is what MongoDB stores."""
    moment = timezone.now()
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _parted(rows: Iterable[Document]) -> tuple[list[Document], list[Document]]:
    """Documents, and what a union added to them without an `_id`."""
    parts: tuple[list[Document], list[Document]] = ([], [])
    for row in rows:
        parts["_id" not in row].append(row)
    return parts


def _seqs_of(member_ids: Iterable[int], markers: Iterable[Document]) -> dict[int, int]:
    """How far each member has read; markers of people who were removed stay, and do not count."""
    members = set(member_ids)
    return {row["user_id"]: row["seq"] for row in markers if row["user_id"] in members}


def _moves(chat_id: uuid.UUID, seqs: dict[int, int]) -> list[UpdateOne]:
    """What moves the markers of people forward, each to a number."""
    return [
        UpdateOne({"chat_id": chat_id.hex, "user_id": user_id}, {"$max": {"seq": seq}}, upsert=True)
        for user_id, seq in seqs.items()
    ]


def other_of(chat: Document, user_id: int) -> int | None:
    """The other person of a private chat, of which this is the document; None for a group."""
    if chat["is_group"]:
        return None
    return next((member_id for member_id in chat["member_ids"] if member_id != user_id), user_id)


class ChatQuerySet(DocumentQuerySet["Chat"]):
    def for_member(self, user: Any) -> Self:
        """The chats that this user is a member of: the only door to a chat."""
        return self.filter(member_ids__contains=[user.pk]).defer("recent")

    def get_for_member(self, user: Any, chat_id: uuid.UUID) -> Chat:
        """`for_member(user).get(pk=chat_id)`, for hot paths."""
        query = {"_id": chat_id.hex, "member_ids": user.pk}
        chat = next(iter(self.found(query, projection=WITHOUT_SENDS, limit=1)), None)
        if chat is None:
            raise Chat.DoesNotExist
        return chat

    def has_member(self, user: Any, chat_id: uuid.UUID) -> bool:
        """`for_member(user).filter(pk=chat_id).exists()`, for hot paths."""
        query = {"_id": chat_id.hex, "member_ids": user.pk}
        return self.collection().find_one(query, {"_id": 1}) is not None

    def settle(self, chat_id: uuid.UUID) -> None:
        """Wait until a majority has what the primary has of a chat, before it is said what isn't
        there: a removal that only a lone primary has may yet be undone.
        """
        self.settled({"_id": chat_id.hex})

    def latest_first(self) -> Self:
        return self.order_by("-last_message_at")

    def page_of_history(
        self, user: Any, chat_id: uuid.UUID, low: Any, high: Any, *, newest_first: bool
    ) -> tuple[Document, list[MessageRow], dict[int, int]]:
        """A member's chat, its messages after `low` up to `high`, and the read markers.

        One command, so a page is as the chat was at one moment. The bounds are numbers, or
        expressions with `$last_seq`.
        """
        within = {"$and": [{"$gt": ["$seq", "$$low"]}, {"$lte": ["$seq", "$$high"]}]}
        own_chat = {"$match": {"_id": chat_id.hex, "member_ids": user.pk}}
        messages = {
            "from": Message._meta.db_table,
            "let": {"low": low, "high": high},
            "pipeline": [
                {"$match": {"chat_id": chat_id.hex, "$expr": within}},
                {"$sort": {"seq": -1 if newest_first else 1}},
                {"$project": {"_id": 0, "row": ROW}},
            ],
            "as": "messages",
        }
        markers = {
            "from": ReadMarker._meta.db_table,
            "pipeline": [
                {"$match": {"chat_id": chat_id.hex}},
                {"$project": {"_id": 0, "chat_id": 0}},
            ],
            "as": "markers",
        }
        found = self.collection().aggregate(
            [own_chat, {"$project": WITHOUT_SENDS}, {"$lookup": messages}, {"$lookup": markers}]
        )
        document = next(found, None)
        if document is None:
            raise Chat.DoesNotExist
        seqs = _seqs_of(document["member_ids"], document.pop("markers"))
        return document, [MessageRow._make(one["row"]) for one in document.pop("messages")], seqs

    def page_of_member(self, user: Any, start: int, stop: int) -> tuple[list[Document], int]:
        """Some of a member's chats, latest first, and how many there are; one command."""
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
        chats, counts = _parted(rows)
        return chats, counts[0]["count"] if counts else 0

    def advance(
        self,
        chat_id: uuid.UUID,
        update: dict[str, Any],
        *,
        projection: dict[str, int] | None = None,
        **conditions: Any,
    ) -> Chat | None:
        """Update a chat that meets the conditions, atomically; answer it as it is then.

        The update takes the next `rev`, or as many as its `$inc` says. `updated_at` is by the one
        clock of MongoDB: whoever compares by it asks the same. None: no such chat.
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
        """`last_seq` and `last_rev` of each of these chats that exists, as a majority has it, and
        whether nothing has changed it for `QUIET` seconds.
        """
        is_quiet = {"$lt": ["$updated_at", {"$subtract": ["$$NOW", QUIET * 1000]}]}
        rows = self.committed().find(
            {"_id": {"$in": [chat_id.hex for chat_id in chat_ids]}},
            {"last_seq": 1, "last_rev": 1, "is_quiet": is_quiet},
        )
        return {uuid.UUID(row["_id"]): row for row in rows}

    def last_revs(self, chat_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
        """`last_rev` of each of these chats that exists, as a majority has it."""
        rows = self.committed().find(
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
    # The latest sends, one for each of the last numbers: a retry finds the number that it took.
    recent = ArrayField(models.JSONField(), default=list, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    updated_at = models.DateTimeField(default=now, editable=False)

    objects = ChatQuerySet.as_manager()

    class Meta:
        # `_id` is indexed by MongoDB itself.
        indexes = [
            # Account deletion: the groups that someone owns.
            models.Index(fields=["owner_id"], name="chat_owner"),
            # The chats of a member; in the admin newest first. Not by `last_message_at`: every
            # message would move the keys of all members, and a person's chats are sorted faster.
            models.Index(fields=["member_ids", "-created_at"], name="chat_member"),
            # The admin's list, newest first.
            models.Index(fields=["-created_at"], name="chat_created"),
            # One private chat a pair, whatever the race; finds the chat of two people.
            UniqueIndex(fields=["pair"], condition=Q(pair__gt=""), name="chat_pair"),
        ]
        permissions = [("moderate_chat", "Can remove members and messages of any chat")]

    def __str__(self) -> str:
        return self.name or ("Group" if self.is_group else "Private chat")

    def other_id(self, user_id: int) -> int | None:
        """The other person of a private chat; None for a group."""
        return other_of(self.__dict__, user_id)

    def recent_sends(self) -> Iterator[tuple[int, Document]]:
        """The `seq` and the `key` and `id` of the latest sends."""
        return zip(
            range(self.last_seq - len(self.recent) + 1, self.last_seq + 1), self.recent, strict=True
        )

    @staticmethod
    def pair_of(first_id: int, second_id: int) -> str:
        low, high = sorted((first_id, second_id))
        return f"{low}:{high}"


class Preview(NamedTuple):
    """What a list of chats shows of a message: the start of its content."""

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

    def between(self, chat_id: uuid.UUID, low: int, high: int) -> list[Message]:
        """The messages of a chat with the numbers after `low` up to `high`, in their order."""
        query = {"chat_id": chat_id.hex, "seq": {"$gt": low, "$lte": high}}
        return self.found(query, sort={"seq": 1})

    def beside_chats(
        self, chats: Collection[Document], user_id: int
    ) -> tuple[dict[str, Preview], dict[str, int]]:
        """The start of the latest message of each chat, and how far one person has read them.

        By the stored id of the chat, in one command: the markers come behind the messages.
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
            # Otherwise MongoDB tries out four indexes for each branch: five times as long.
            hint="message_seq",
            batchSize=ONE_BATCH,
        )
        latest, markers = _parted(rows)
        return (
            {row.pop("chat_id"): Preview(id=row.pop("_id"), **row) for row in latest},
            {row["chat_id"]: row["seq"] for row in markers},
        )

    def changes(self, chat: Chat, rev: int, limit: int) -> list[MessageRow]:
        """The messages that changed after a `rev`, in the order of `rev`, as a majority has them,
        up to the `last_rev` of this chat: who was a member then may be none any more.

        Who asks has seen a gap, and so is the first to see a write that may yet be undone.
        """
        query = {"chat_id": chat.pk.hex, "rev": {"$gt": rev, "$lte": chat.last_rev}}
        rows = self.committed().find(query, sort={"rev": 1}, limit=limit, batch_size=ONE_BATCH)
        return [MessageRow.of(row) for row in rows]

    def insert(self, messages: Iterable[Message]) -> list[bool]:
        """Store new messages in one command; False for one whose numbers, or whose `client_id`,
        are stored already.
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

    def reply_previews(self, messages: Iterable[Message]) -> dict[uuid.UUID, Message]:
        """The messages that these reply to, in one query, or in none."""
        found = self.by_hex(message.reply_to.hex for message in messages if message.reply_to)
        return {message.pk: message for message in found.values()}

    def by_hex(self, ids: Iterable[str]) -> dict[str, Message]:
        """Messages by their ids as they are stored, in one query, or in none."""
        wanted = list(ids)
        if not wanted:
            return {}
        return {message.pk.hex: message for message in self.found({"_id": {"$in": wanted}})}


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


class ChatPermissionsQuerySet(DocumentQuerySet["ChatPermissions"]):
    def store(self, chat_id: uuid.UUID, user_id: int, flags: dict[str, bool], rev: int) -> Document:
        """Change some permissions of a member, atomically; answer all of them, and the highest
        `rev` with which they were changed.
        """
        new = ChatPermissions()
        unset = {name: getattr(new, name) for name in ChatPermissions.FLAGS if name not in flags}
        stored: Any = self.collection().find_one_and_update(
            {"chat_id": chat_id.hex, "user_id": user_id},
            {"$set": flags, "$max": {"rev": rev}, "$setOnInsert": unset},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return dict(stored)


class ChatPermissions(models.Model):
    """What a member of a group may do; the owner has all, whatever is stored."""

    chat_id = models.UUIDField()
    user_id = models.BigIntegerField()
    rev = models.BigIntegerField(default=0, editable=False)  # of the chat, at the latest change
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

    objects = ChatPermissionsQuerySet.as_manager()

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
    def of_chat(self, chat: Chat) -> dict[int, int]:
        """How far each member of a chat has read."""
        wanted = {"_id": 0, "user_id": 1, "seq": 1}
        rows = self.collection().find({"chat_id": chat.pk.hex}, wanted, batch_size=ONE_BATCH)
        return _seqs_of(chat.member_ids, rows)

    def advance(self, chat_id: uuid.UUID, user_id: int, seq: int) -> bool:
        """Move a marker forward, atomically; False if it was there or further already."""
        key = {"chat_id": chat_id.hex, "user_id": user_id}
        before = self.collection().find_one_and_update(key, {"$max": {"seq": seq}}, upsert=True)
        return before is None or before["seq"] < seq

    def advance_all(self, chat_id: uuid.UUID, user_ids: Iterable[int], seq: int) -> None:
        """Move the markers of all these people forward, in one command."""
        self.collection().bulk_write(_moves(chat_id, dict.fromkeys(user_ids, seq)), ordered=False)

    def advance_unasked(self, chat_id: uuid.UUID, seqs: dict[int, int]) -> None:
        """Move markers to these numbers without waiting for an answer: whoever sends has read what
        came before.

        If it is lost, by a server that dies at that moment, one's own message counts as unread;
        the message is stored, so its sender is told nothing else.
        """
        unacknowledged = self.collection().with_options(write_concern=WriteConcern(w=0))
        with suppress(PyMongoError):
            unacknowledged.bulk_write(_moves(chat_id, seqs), ordered=False)


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
