"""Who is mentioned in messages, and which of those messages somebody hasn't read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from chatproject.stores.mongodb.documents import ONE_BATCH, Document
from chats.protocol import UNREAD_MENTIONS_LISTED
from users.models import User

from .floors import since
from .ranges import RangeQuerySet

EVERYBODY_ID = 0  # among the ids that a message mentions: all members, by `@all`; nobody's own id
MENTIONING = Q(mention_ids__gte=EVERYBODY_ID)  # the messages of the index


@dataclass(frozen=True)
class UnreadMentions:
    """The messages of a chat that mention a person who hasn't read them."""

    count: int = 0
    seqs: tuple[int, ...] = ()  # the latest `UNREAD_MENTIONS_LISTED`, in order

    def plus(self, count: int, seqs: Iterable[int]) -> UnreadMentions:
        """These and others."""
        latest = sorted([*self.seqs, *seqs])[-UNREAD_MENTIONS_LISTED:]
        return UnreadMentions(self.count + count, tuple(latest))


NONE = UnreadMentions()


class MentionQuerySet(RangeQuerySet):
    """The query of unread mentions."""

    def unread_mentions(
        self, chats: Iterable[Document], markers: Mapping[str, int], user: User
    ) -> dict[str, UnreadMentions]:
        """The unread mentions of a person, by the stored id of the chat.

        Not by themselves, nor by those whom they block, nor of before they came. `markers`: how far
        they have read each chat. One command, none if everything is read.
        """
        unread = _unread(chats, markers, user.pk)
        found = self._by_sender(unread, user.pk) if unread else []
        mentions: dict[str, UnreadMentions] = {}
        for row in found:
            chat_id, sender_id = row["_id"]["chat_id"], row["_id"]["sender_id"]
            if sender_id not in user.blocked_ids:  # a query, if anybody mentions them at all
                mentions[chat_id] = mentions.get(chat_id, NONE).plus(row["count"], row["seqs"])
        return mentions

    def _by_sender(self, unread: list[Document], user_id: int) -> list[Document]:
        latest = {"$maxN": {"input": "$seq", "n": UNREAD_MENTIONS_LISTED}}
        by = {"chat_id": "$chat_id", "sender_id": "$sender_id"}
        rows = self.collection().aggregate(
            [
                {"$match": {"$or": unread}},
                {"$match": {"sender_id": {"$ne": user_id}}},
                {"$group": {"_id": by, "count": {"$sum": 1}, "seqs": latest}},
            ],
            hint="message_mentions",
            batchSize=ONE_BATCH,
        )
        return list(rows)


def _unread(chats: Iterable[Document], markers: Mapping[str, int], user_id: int) -> list[Document]:
    """The queries of what mentions a person in each chat that they haven't read."""
    mine, queries = {"$in": [user_id, EVERYBODY_ID]}, []
    for chat in chats:
        read = max(markers.get(chat["_id"], 0), since(chat, user_id))
        if chat["last_seq"] > read:
            one = {"chat_id": chat["_id"], "mention_ids": mine, "seq": {"$gt": read}}
            queries.append(one)
    return queries
