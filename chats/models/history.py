"""A page of a chat's history, read by one command."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from chatproject.stores.mongodb.documents import Document
from users.models import User

from .chat import Chat
from .message import Message, MessageRow
from .read_marker import BY_SEQ, Readers, ReadMarker

SINCE = "$since"  # in the command: the `seq` after which the member reads


@dataclass(frozen=True)
class Span:
    """Which messages of a chat: `start` to `stop` of those with `after` < `seq` < `before`."""

    after: int
    before: int | None
    start: int
    stop: int
    newest_first: bool

    @property
    def is_newest(self) -> bool:
        """Whether it begins with the newest message, so that nobody has to look which that is."""
        return self.newest_first and self.start == 0 and self.before is None

    def bounds(self) -> tuple[Any, Any]:
        """The least `seq` less one, and the greatest, as MongoDB's expressions of the chat.

        Numbers are dense, so a slice is a range: nothing is counted or skipped. The newest page
        has no greatest, so it has what is later than `$last_seq`, too.
        """
        last: Any = "$last_seq" if self.before is None else {"$min": ["$last_seq", self.before - 1]}
        after = {"$max": [self.after, SINCE]}
        if not self.newest_first:
            return {"$add": [after, self.start]}, {"$min": [last, {"$add": [after, self.stop]}]}
        low = {"$max": [after, {"$subtract": [last, self.stop]}]}
        return low, None if self.is_newest else {"$subtract": [last, self.start]}

    def count(self, last_seq: int, since: int) -> int:
        """How many messages there are between `after` and `before` that are later than `since`."""
        last = last_seq if self.before is None else min(last_seq, self.before - 1)
        return max(last - max(self.after, since), 0)


def page_of_history(
    user: User, chat_id: uuid.UUID, span: Span
) -> tuple[Document, list[MessageRow], Readers]:
    """A member's chat with its true `last_seq`, its messages in a span, and who has read how far.

    One command, so the page shows a single moment. Raises `Chat.DoesNotExist` if the user is not a
    member.
    """
    own_chat = {"$match": {"_id": chat_id.hex, "member_ids": user.pk}}
    since = {"$set": {"since": {"$ifNull": [f"$since_seqs.{user.pk}", 0]}}}
    last = [] if span.is_newest else _with_last_seq(chat_id)
    markers = {
        "from": ReadMarker._meta.db_table,
        "pipeline": [{"$match": {"chat_id": chat_id.hex}}, *BY_SEQ],
        "as": "markers",
    }
    found = Chat.objects.collection().aggregate(
        [own_chat, since, *last, {"$lookup": _messages(chat_id, span)}, {"$lookup": markers}]
    )
    document = next(found, None)
    if document is None:
        raise Chat.DoesNotExist
    document.pop("newest", None)
    document.pop("since")
    readers = Readers.among(document["member_ids"], document.pop("markers"))
    rows = [MessageRow.of(one) for one in document.pop("messages")]
    if span.is_newest and rows:
        document["last_seq"] = max(document["last_seq"], rows[0].seq)
    return document, rows, readers


def _messages(chat_id: uuid.UUID, span: Span) -> Document:
    """The lookup of the messages of a span."""
    low, high = span.bounds()
    within: list[Any] = [{"$gt": ["$seq", "$$low"]}]
    within += [{"$lte": ["$seq", "$$high"]}] if high is not None else []
    return {
        "from": Message._meta.db_table,
        "let": {"low": low, "high": high},
        "pipeline": [
            {"$match": {"chat_id": chat_id.hex, "$expr": {"$and": within}}},
            {"$sort": {"seq": -1 if span.newest_first else 1}},
            {"$limit": span.stop - span.start},
        ],
        "as": "messages",
    }


def _with_last_seq(chat_id: uuid.UUID) -> list[Document]:
    """Stages that correct the hint `last_seq` by the index."""
    newest = {
        "from": Message._meta.db_table,
        "pipeline": [
            {"$match": {"chat_id": chat_id.hex, "seq": {"$gt": 0}}},
            {"$sort": {"seq": -1}},
            {"$limit": 1},
            {"$project": {"_id": 0, "seq": 1}},
        ],
        "as": "newest",
    }
    last_seq = {"$max": ["$last_seq", {"$first": "$newest.seq"}]}
    return [{"$lookup": newest}, {"$set": {"last_seq": last_seq}}]
