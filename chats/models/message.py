"""Messages: the model that is written and the row that is read."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from django.db import models
from django.utils.functional import cached_property
from django_mongodb_backend.fields import ArrayField
from pymongo.errors import BulkWriteError, DuplicateKeyError

from chatproject.stores.mongodb.documents import ONE_BATCH, Document, DocumentQuerySet, now
from chatproject.stores.outages import is_away
from chatproject.text import markdown

from .chat import Chat
from .log import DUPLICATE_KEY, EPOCH
from .message_indexes import INDEXES
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


NOBODY: Mapping[str, int] = {}


def rendered(
    content: str, kind: str = "text", people: Mapping[str, int] = NOBODY
) -> dict[str, Any]:
    """The fields of a message that follow from its content, and from whom it may mention.

    That of a photo is the provider's: it is no Markdown.
    """
    html = markdown.render(content, people) if kind == "text" else None
    return {"html": html, "html_version": markdown.VERSION}


class MessageQuerySet(PreviewQuerySet, DocumentQuerySet["Message"]):
    """Queries and bulk inserts of messages."""

    def between(self, chat_id: uuid.UUID, low: int, high: int | None = None) -> list[MessageRow]:
        """The messages of a chat with `low` < `seq` ≤ `high`, in order of `seq`."""
        bounds = {"$gt": low} if high is None else {"$gt": low, "$lte": high}
        query = {"chat_id": chat_id.hex, "seq": bounds}
        rows = self.collection().find(query, sort={"seq": 1}, batch_size=ONE_BATCH)
        return [MessageRow.of(row) for row in rows]

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
        indexes = INDEXES

    def __str__(self) -> str:
        return self.content[:60] or "(deleted)"
