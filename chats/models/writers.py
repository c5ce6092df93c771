"""Who has lately written in chats."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from chatproject.stores.mongodb.documents import ONE_BATCH

from .message import Message

LATELY = 100  # messages of a chat


def writers(last_seqs: Mapping[str, int], people: Collection[int]) -> set[int]:
    """Who of these people wrote one of the last `LATELY` messages of these chats.

    The chats by stored id, with their last `seq`; one command, none without chats.
    """
    if not last_seqs:
        return set()
    latest = [
        {"chat_id": chat_id, "seq": {"$gt": max(seq - LATELY, 0)}}
        for chat_id, seq in last_seqs.items()
    ]
    rows = Message.objects.collection().aggregate(
        [
            {"$match": {"$or": latest}},
            {"$match": {"sender_id": {"$in": list(people)}}},
            {"$group": {"_id": "$sender_id"}},
        ],
        hint="message_seq",
        batchSize=ONE_BATCH,
    )
    return {row["_id"] for row in rows}
