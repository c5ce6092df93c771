"""A chat's log: one row for each message and each other change, in order of `rev`.

Rows are in the collection of messages. `rev` is dense, and given by the write itself: a row is
inserted with the number after the last one, and `(chat_id, rev)` is unique. So whoever wrote `rev`
n knew everything up to n - 1, and whoever sees n can read everything before it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connections, models, router
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.read_concern import ReadConcern

from chatproject.stores.mongodb.documents import ONE_BATCH, RAW, Document, DocumentQuerySet

from .uuid7 import uuid7

DUPLICATE_KEY = 11000  # MongoDB's error code
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ENDS = {"_id": 0, "rev": 1, "seq": 1, "after_seq": 1, "created_at": 1}  # a projection
CURRENT = {"former": 0}  # another: without the texts that were replaced


class Head(NamedTuple):
    """The end of a log: the numbers of the last change and of the last message, and when it was."""

    rev: int = 0
    seq: int = 0
    at: datetime = EPOCH

    @classmethod
    def of(cls, row: Document) -> Head:
        """The end of a log whose last row is this."""
        return cls(row["rev"], seq_at(row), row["created_at"].replace(tzinfo=UTC))


def seq_at(row: Document) -> int:
    """The `seq` of the last message when this row was written: its own, if it is one."""
    seq: int = row.get("seq") or row["after_seq"]
    return seq


class Change(models.Model):
    """A row of the log that is no message: what was changed, when and by whom."""

    class Kind(models.TextChoices):
        """What was changed; named as the events that tell it."""

        MESSAGE_EDITED = "message_edited"
        MESSAGE_DELETED = "message_deleted"
        MESSAGE_UPDATED = "message_updated"  # an image of it can be loaded
        REACTION_ADDED = "reaction_added"  # both are told as `message_reaction`
        REACTION_REMOVED = "reaction_removed"
        MESSAGE_FINISHED = "message_finished"  # of the bot, which wrote it bit by bit
        MESSAGE_PINNED = "message_pinned"
        MESSAGE_UNPINNED = "message_unpinned"  # told as `message_pinned`, too
        CHAT_UPDATED = "chat_updated"
        MEMBER_ADDED = "member_added"
        MEMBER_REMOVED = "member_removed"
        PERMISSIONS_CHANGED = "permissions_changed"
        CHAT_DELETED = "chat_deleted"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, db_column="_id")
    chat_id = models.UUIDField()
    rev = models.BigIntegerField()
    after_seq = models.BigIntegerField()  # the last message at that time
    kind = models.CharField(max_length=20, choices=Kind.choices)
    by = models.BigIntegerField()  # the user who changed it
    message_id = models.UUIDField(null=True)  # of a message that was changed
    former = models.TextField(null=True)  # the text before an edit; gone with its message
    user_id = models.BigIntegerField(null=True)  # the member it is about; a new owner
    emoji = models.CharField(max_length=20, null=True)  # of a reaction
    name = models.CharField(max_length=255, null=True)  # the new one
    access = models.CharField(max_length=7, null=True)  # the new one
    history_for_new_members = models.BooleanField(null=True)  # the new value
    assistant_sees_history = models.BooleanField(null=True)  # the new value
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)  # see `Message.expires_at`

    class Meta:
        default_permissions = ()
        managed = False  # the collection and its indexes are those of Message
        db_table = "chats_message"

    def __str__(self) -> str:
        return f"{self.kind} {self.rev}"


# Those that the history of a group shows as lines between the messages: `index message_lines`.
LINES = (
    Change.Kind.MEMBER_ADDED.value,
    Change.Kind.MEMBER_REMOVED.value,
    Change.Kind.CHAT_UPDATED.value,
    Change.Kind.MESSAGE_PINNED.value,
)
CREATED = "chat_created"  # another line, without a row


class Log:
    """The rows of the logs of chats."""

    def rows(self, *, committed: bool = False) -> Collection[Document]:
        """The collection; `committed`: as a majority has it."""
        connection: Any = connections[router.db_for_write(Change)]
        rows: Collection[Document] = connection.get_collection(
            Change._meta.db_table, codec_options=RAW
        )
        return rows.with_options(read_concern=ReadConcern("majority")) if committed else rows

    def head(self, chat_id: uuid.UUID, session: ClientSession | None = None) -> Head:
        """Where a chat's log ends, in the session's transaction; else as a majority has it."""
        rows = self.rows(committed=session is None)
        row = rows.find_one({"chat_id": chat_id.hex}, ENDS, sort={"rev": -1}, session=session)
        return Head.of(row) if row else Head()

    def heads(self, chat_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Head]:
        """Where these chats' logs end, as a majority has them; one index key a chat."""
        ids = [chat_id.hex for chat_id in chat_ids]
        last = {name: {"$first": f"${name}"} for name in ENDS if name != "_id"}
        found = self.rows(committed=True).aggregate(
            [
                {"$match": {"chat_id": {"$in": ids}}},
                {"$sort": {"chat_id": 1, "rev": -1}},
                {"$group": {"_id": "$chat_id", **last}},
            ],
            batchSize=ONE_BATCH,
        )
        heads = {row["_id"]: Head.of(row) for row in found}
        return {chat_id: heads.get(chat_id.hex, Head()) for chat_id in chat_ids}

    def after(self, chat_id: uuid.UUID, rev: int, limit: int) -> list[Document]:
        """Up to `limit` rows after a `rev`, in order, as a majority has them."""
        return self._after(chat_id, rev, limit, CURRENT)

    def ends_after(self, chat_id: uuid.UUID, rev: int, limit: int) -> list[Document]:
        """The same rows, but only their kinds, numbers and times."""
        return self._after(chat_id, rev, limit, {**ENDS, "kind": 1})

    def _after(
        self, chat_id: uuid.UUID, rev: int, limit: int, fields: dict[str, int]
    ) -> list[Document]:
        query = {"chat_id": chat_id.hex, "rev": {"$gt": rev}}
        found = self.rows(committed=True).find(
            query, fields, sort={"rev": 1}, limit=limit, batch_size=ONE_BATCH
        )
        return list(found)

    def former_texts(self, chat_id: uuid.UUID, revs: Iterable[int]) -> list[Document]:
        """What edits with these numbers replaced (`former`) and when (`created_at`), in order."""
        found = self.rows().find(
            _of_revs(chat_id, revs), {"former": 1, "created_at": 1, "rev": 1}, sort={"rev": 1}
        )
        return list(found)

    def forget_former_texts(
        self, chat_id: uuid.UUID, revs: Iterable[int], session: ClientSession
    ) -> None:
        """Remove what edits with these numbers replaced, in a transaction."""
        self.rows().update_many(
            _of_revs(chat_id, revs), {"$unset": {"former": ""}}, session=session
        )

    def insert(self, changes: Iterable[Change], session: ClientSession) -> None:
        """Add rows in a transaction; raises `DuplicateKeyError` if a `rev` is taken."""
        rows: DocumentQuerySet[Change] = DocumentQuerySet(Change)
        try:
            self.rows().insert_many([rows.document(row) for row in changes], session=session)
        except BulkWriteError as error:
            failed = error.details["writeErrors"]
            if failed and failed[0]["code"] == DUPLICATE_KEY:
                raise DuplicateKeyError(failed[0]["errmsg"], details=failed[0]) from error
            raise


def _of_revs(chat_id: uuid.UUID, revs: Iterable[int]) -> Document:
    return {"chat_id": chat_id.hex, "rev": {"$in": list(revs)}}


log = Log()
