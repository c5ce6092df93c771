"""Messages: the model that is written and the row that is read."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, Self

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django_mongodb_backend.fields import ArrayField
from pymongo.errors import BulkWriteError, DuplicateKeyError

from chatproject.stores.mongodb.documents import ONE_BATCH, Document, DocumentQuerySet, now
from chatproject.stores.mongodb.indexes import ExpiryIndex, UniqueIndex
from chatproject.stores.outages import is_away
from chatproject.text import markdown

from .chat import Chat
from .log import DUPLICATE_KEY, EPOCH, LINES
from .mentions import MENTIONING
from .previews import PreviewQuerySet
from .reactions import Reactions
from .uuid7 import uuid7


class MessageRow(NamedTuple):
    """A message as it is read everywhere, in the types in which it is stored.

    `rev` is that of its latest change.
    """

    id: str
    chat_id: str
    seq: int
    rev: int
    sender_id: int
    content: str
    html: str | None
    html_version: int | None
    kind: Literal["text", "photo"]
    photo: Any
    attachments: Any
    link_previews: Any
    client_id: str | None
    reply_to: str | None
    root_id: str | None
    has_replies: bool | None
    mention_ids: list[int] | None
    mention_names: list[str] | None
    created_at: datetime
    updated_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    deleted_by: int | None
    reactions: Reactions | None
    is_streaming: bool | None
    pinned_at: datetime | None
    pinned_by: int | None

    @classmethod
    def of(cls, document: Document) -> MessageRow:
        """The row of a message's document."""
        row = cls._make(map(document.get, COLUMNS))
        changed_rev = document.get("changed_rev")
        if row.content and row.html_version != markdown.VERSION:
            row = row._replace(**rendered(row.content, row.kind, row.people))
        return row._replace(rev=changed_rev) if changed_rev else row

    @property
    def people(self) -> dict[str, int]:
        """The ids of those whom it mentions, by the user names in it."""
        return dict(zip(self.mention_names or (), self.mention_ids or (), strict=True))


COLUMNS = ["_id", *MessageRow._fields[1:]]


NO_ID = uuid.UUID(int=0)
NOBODY: Mapping[str, int] = {}


def rendered(
    content: str, kind: str = "text", people: Mapping[str, int] = NOBODY
) -> dict[str, Any]:
    """The fields of a message that follow from its content, and from whom it may mention.

    That of a photo is the provider's: it is no Markdown.
    """
    html = markdown.render(content, people) if kind == "text" else None
    return {"html": html, "html_version": markdown.VERSION}


LATELY = 100  # messages of a chat


class MessageQuerySet(PreviewQuerySet, DocumentQuerySet["Message"]):
    """Queries and bulk inserts of messages."""

    def in_chat(self, chat_id: uuid.UUID) -> Self:
        """The messages of a chat, tombstones included."""
        return self.filter(chat_id=chat_id)

    def seen_by(self, chat: Chat, user_id: int) -> Self:
        """The messages of a chat that a member reads."""
        rows = self.in_chat(chat.pk)
        since_seq = chat.since(user_id)
        return rows.after(since_seq) if since_seq else rows

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

    def between(self, chat_id: uuid.UUID, low: int, high: int | None = None) -> list[MessageRow]:
        """The messages of a chat with `low` < `seq` ≤ `high`, in order of `seq`."""
        bounds = {"$gt": low} if high is None else {"$gt": low, "$lte": high}
        query = {"chat_id": chat_id.hex, "seq": bounds}
        rows = self.collection().find(query, sort={"seq": 1}, batch_size=ONE_BATCH)
        return [MessageRow.of(row) for row in rows]

    def writers(self, last_seqs: Mapping[str, int], people: Collection[int]) -> set[int]:
        """Who of these people wrote one of the last `LATELY` messages of these chats.

        The chats by stored id, with their last `seq`; one command, none without chats.
        """
        if not last_seqs:
            return set()
        latest = [
            {"chat_id": chat_id, "seq": {"$gt": max(seq - LATELY, 0)}}
            for chat_id, seq in last_seqs.items()
        ]
        rows = self.collection().aggregate(
            [
                {"$match": {"$or": latest}},
                {"$match": {"sender_id": {"$in": list(people)}}},
                {"$group": {"_id": "$sender_id"}},
            ],
            hint="message_seq",
            batchSize=ONE_BATCH,
        )
        return {row["_id"] for row in rows}

    def insert(self, messages: Sequence[Message]) -> tuple[int, str]:
        """Store new messages in order, up to the first that is refused.

        Returns how many are stored, and the unique field that refused the next: `rev`, `client_id`,
        or `_id` if an earlier try of this very insert has stored it; empty if all are stored.
        """
        documents = [self.document(message) for message in messages]
        try:
            if len(documents) == 1:
                self.collection().insert_one(documents[0])
            else:
                self.collection().insert_many(documents)
        except DuplicateKeyError as error:
            return 0, refused_by(error.details)
        except BulkWriteError as error:
            failed = error.details["writeErrors"]
            if is_away(error) or any(one["code"] != DUPLICATE_KEY for one in failed):
                raise
            return failed[0]["index"], refused_by(failed[0])
        return len(documents), ""

    def pins(self, chat: Chat, user_id: int) -> list[MessageRow]:
        """The pinned messages of a chat that a member sees, the latest pin first."""
        query: dict[str, Any] = {"chat_id": chat.pk.hex, "pinned_at": {"$gt": EPOCH}}
        if since := chat.since(user_id):
            query["seq"] = {"$gt": since}
        rows = self.collection().find(query, sort={"pinned_at": -1}, batch_size=ONE_BATCH)
        return [MessageRow.of(row) for row in rows]

    def rows_by_id(
        self, chat_id: str, ids: Iterable[str], *, committed: bool = False
    ) -> dict[str, MessageRow]:
        """The messages of a chat with these stored ids; one query, none if there are no ids.

        `committed`: as a majority has them.
        """
        wanted = list(ids)
        if not wanted:
            return {}
        rows = self.committed() if committed else self.collection()
        query = {"_id": {"$in": wanted}, "chat_id": chat_id, "seq": {"$gt": 0}}
        return {row["_id"]: MessageRow.of(row) for row in rows.find(query, batch_size=ONE_BATCH)}

    def of_log(self, chat_id: uuid.UUID, rows: Iterable[Document]) -> dict[str, MessageRow]:
        """The messages that rows of a log are about, as a majority has them now, by stored id."""
        own = {row["_id"]: MessageRow.of(row) for row in rows if row.get("seq")}
        changed = {row["message_id"] for row in rows if row.get("message_id")}
        # Changed ones again, though they may be among the rows: those are read one after another.
        return own | self.rows_by_id(chat_id.hex, changed, committed=True)


def refused_by(error: Any) -> str:
    """The field of a unique index that refused a row: the last one."""
    return str(list(error["keyPattern"])[-1])


class MessageManager(models.Manager.from_queryset(MessageQuerySet)):  # type: ignore[misc]
    """Messages, without the other rows of the log, which have no `seq`."""

    @cached_property
    def _every(self) -> Any:
        return super().get_queryset().filter(seq__gt=0)

    def get_queryset(self) -> Any:
        return self._every.all()  # a copy: to build the filter takes ten times as long


class Message(models.Model):
    """A message, or the tombstone of one (`deleted_at` set, no content)."""

    class Kind(models.TextChoices):
        """What a message contains; only the bot sends photos."""

        TEXT = "text"
        PHOTO = "photo"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="_id")
    chat_id = models.UUIDField()
    seq = models.BigIntegerField()
    rev = models.BigIntegerField()  # of this row; never changes
    after_seq = models.BigIntegerField(null=True, editable=False)  # of other rows of the log alone
    changed_rev = models.BigIntegerField(null=True, editable=False)  # of the latest change, if any
    sender_id = models.BigIntegerField()
    content = models.TextField(blank=True)  # as it was written: Markdown
    # Of the content, by `rendered`; null: it is shown as it is. What another version of the
    # renderer has made is made anew when it is read.
    html = models.TextField(null=True, editable=False)
    html_version = models.SmallIntegerField(null=True, editable=False)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.TEXT)
    # image_url, alt, author, author_url, page_url; only for a photo.
    photo = models.JSONField(null=True, blank=True)
    reactions = models.JSONField(null=True, editable=False)  # `Reactions`
    # What is shown of its files (`attachment.shown`), in order; null without any.
    attachments = models.JSONField(null=True, blank=True, editable=False)
    # Of its links (actions/link_previews.py): the fields of `representation.LinkPreview`, or `id`,
    # `url` and `is_removed` of one that was removed; null without any.
    link_previews = models.JSONField(null=True, blank=True, editable=False)
    client_id = models.CharField(max_length=64, null=True, blank=True)
    reply_to = models.UUIDField(null=True, blank=True)
    # Of a reply: the message with which its thread began.
    root_id = models.UUIDField(null=True, blank=True, editable=False)
    # Set before the first reply is stored, so it may be true of a message without any.
    has_replies = models.BooleanField(null=True, editable=False)
    # Whom it mentions: people by id, `EVERYBODY_ID` for `@all`; null: nobody. And the user names by
    # which it does, as they were then, in the same order.
    mention_ids = ArrayField(models.BigIntegerField(), null=True, blank=True)
    mention_names = ArrayField(models.CharField(max_length=150), null=True, blank=True)
    # When an @ai or @photo question was asked that is no job yet; null: nothing to do.
    answer_due_at = models.DateTimeField(null=True, blank=True)
    # When links were written of which no job knows yet; null: nothing to do.
    links_due_at = models.DateTimeField(null=True, editable=False)
    # The bot is still writing it; and when somebody asked it to stop.
    is_streaming = models.BooleanField(default=False)
    stop_asked_at = models.DateTimeField(null=True, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.BigIntegerField(null=True, blank=True)
    pinned_at = models.DateTimeField(null=True, editable=False)
    pinned_by = models.BigIntegerField(null=True, editable=False)
    # Of its edits, the latest `MOST_FORMER_TEXTS`: their rows of the log have the former texts.
    edit_revs = ArrayField(models.BigIntegerField(), default=list, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    updated_at = models.DateTimeField(default=now, editable=False)
    # When MongoDB removes the row: set when its chat was deleted, and the row emptied. Until then
    # it keeps its `rev` taken, because a process may not know yet.
    expires_at = models.DateTimeField(null=True, editable=False)

    objects = MessageManager()

    class Meta:
        # No index on `chat_id` alone: it is a prefix of three of these.
        indexes = [
            # History at any offset, before and after; the latest message of a chat. Not unique:
            # the other rows of the log have no `seq`, and `rev` is unique.
            models.Index(fields=["chat_id", "-seq"], name="message_seq"),
            # The log: a row takes its number by it; catch-up; the end of each chat's log.
            UniqueIndex(fields=["chat_id", "-rev"], name="message_rev"),
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
            # The replies of a thread, in order; those of many are counted by it alone.
            models.Index(
                fields=["chat_id", "root_id", "seq", "created_at", "deleted_at", "changed_rev"],
                condition=Q(root_id__gt=NO_ID),
                name="message_thread",
            ),
            # How many of the unread messages were deleted.
            models.Index(
                fields=["chat_id", "seq", "deleted_at"],
                condition=Q(deleted_at__gt=EPOCH),
                name="message_deleted",
            ),
            # The lines between the messages: see `Lines`.
            models.Index(
                fields=["chat_id", "after_seq", "rev"],
                condition=Q(kind__in=LINES),
                name="message_lines",
            ),
            # The pinned messages of a chat, the latest pin first.
            models.Index(
                fields=["chat_id", "-pinned_at"],
                condition=Q(pinned_at__gt=EPOCH),
                name="message_pinned",
            ),
            # The @ai and @photo that are no jobs yet.
            models.Index(
                fields=["answer_due_at"],
                condition=Q(answer_due_at__gt=EPOCH),
                name="message_answer_due",
            ),
            # The links that are no jobs yet.
            models.Index(
                fields=["links_due_at"],
                condition=Q(links_due_at__gt=EPOCH),
                name="message_links_due",
            ),
            # The unread messages that mention somebody, and by whom: read from the index alone.
            models.Index(
                fields=["chat_id", "mention_ids", "seq", "sender_id"],
                condition=MENTIONING,
                name="message_mentions",
            ),
            ExpiryIndex(
                fields=["expires_at"],
                condition=Q(expires_at__gt=EPOCH),
                name="message_expires",
            ),
        ]

    def __str__(self) -> str:
        return self.content[:60] or "(deleted)"
