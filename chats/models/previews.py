"""What the chat list shows of messages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from chatproject.stores.mongodb.documents import ONE_BATCH, Document, parted
from chatproject.text import markdown
from chatproject.text.cuts import cut
from chats.protocol import PREVIEW_LENGTH

from .floors import since
from .log import EPOCH
from .mentions import MentionQuerySet
from .read_marker import ReadMarker


def start_of_text(content: str, html: str | None) -> str:
    """The first `PREVIEW_LENGTH` characters of a message's plain text, from a start of both."""
    return markdown.text_of(html, PREVIEW_LENGTH) if html else cut(content, PREVIEW_LENGTH)


class Preview(NamedTuple):
    """What the chat list shows of a message: starts of its text and of its HTML, or its files."""

    id: str
    seq: int
    sender_id: int
    content: str
    kind: str
    created_at: datetime
    deleted_at: datetime | None
    html: str | None = None
    attachments: Sequence[Mapping[str, Any]] | None = None  # their names
    mention_ids: list[int] | None = None
    mention_names: list[str] | None = None


# Of HTML, to find as many characters of text in it: a link has an address of up to 2,000.
HTML_LENGTH = 4_500
DELETED_TOLD = 100  # deleted messages of a chat that a list knows one by one

# A projection.
PREVIEWED: dict[str, Any] = {
    "attachments.name": 1,
    **dict.fromkeys(("chat_id", "seq", "sender_id", "kind", "created_at", "deleted_at"), 1),
    "mention_ids": {"$ifNull": ["$mention_ids", None]},
    "mention_names": {"$ifNull": ["$mention_names", None]},
    "content": {"$substrCP": ["$content", 0, PREVIEW_LENGTH + 1]},  # one more shows where to cut
    "html": {"$substrCP": ["$html", 0, HTML_LENGTH]},
}


def named_files(attachments: Sequence[Mapping[str, Any]] | None) -> str:
    """What stands for a message without a caption where there is little room; "" without files."""
    if not attachments:
        return ""
    others = f" and {len(attachments) - 1} more" if len(attachments) > 1 else ""
    return cut(f"\N{PAPERCLIP} {attachments[0]['name']}{others}", PREVIEW_LENGTH)


class PreviewQuerySet(MentionQuerySet):
    """The query of the chat list."""

    def previews_and_markers(
        self, chats: Collection[Document], user_id: int
    ) -> tuple[dict[str, Preview], dict[str, int]]:
        """The start of the latest message of each chat, and how far one person has read them.

        Not of a message from before they came, if they don't read those. Both are keyed by the
        stored id of the chat. One command: the markers follow the messages. Where a message is
        later than its chat's hints, the documents in `chats` get new ones.
        """
        if not chats:
            return {}, {}
        ends = [
            {"chat_id": chat["_id"], "seq": {"$gte": max(chat["last_seq"], 1)}} for chat in chats
        ]
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
        found, markers = parted(rows)
        latest: dict[str, Preview] = {}
        for row in sorted(found, key=itemgetter("seq")):
            chat_id, message_id = row.pop("chat_id"), row.pop("_id")
            latest[chat_id] = Preview(id=message_id, **row)
        for chat in chats:
            if last := latest.get(chat["_id"]):
                _correct(chat, last)
                if last.seq <= since(chat, user_id):
                    del latest[chat["_id"]]
        return latest, {row["chat_id"]: row["seq"] for row in markers}

    def deleted_after(self, read: Mapping[str, int]) -> dict[str, tuple[int, list[int]]]:
        """How many messages of chats after a `seq` were deleted, and the latest `DELETED_TOLD`.

        By stored id of the chat; one query, none for no chats.
        """
        if not read:
            return {}
        later = [{"chat_id": chat_id, "seq": {"$gt": seq}} for chat_id, seq in read.items()]
        last = {"$maxN": {"input": "$seq", "n": DELETED_TOLD}}
        rows = self.collection().aggregate(
            [
                {"$match": {"$or": later, "deleted_at": {"$gt": EPOCH}}},
                {"$group": {"_id": "$chat_id", "count": {"$sum": 1}, "seqs": last}},
            ],
            hint="message_deleted",
            batchSize=ONE_BATCH,
        )
        return {row["_id"]: (row["count"], row["seqs"]) for row in rows}


def _correct(chat: Document, last: Preview) -> None:
    """Correct hints that were lost or are still on their way, here only.

    Not `last_rev`, up to which the document holds every change.
    """
    chat["last_seq"] = max(chat["last_seq"], last.seq)
    if last.created_at > chat["last_message_at"].replace(tzinfo=None):  # of a model it has one
        chat["last_message_at"] = last.created_at
