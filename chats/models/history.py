"""A page of a chat's history, read by one command."""

from __future__ import annotations

import uuid
from typing import Any

from chatproject.stores.mongodb.documents import Document
from chats.models.chat import WITHOUT_SENDS
from users.models import User

from .chat import Chat
from .message import ROW, Message, MessageRow
from .read_marker import ReadMarker, seqs_of


def page_of_history(
    user: User, chat_id: uuid.UUID, low: Any, high: Any, *, newest_first: bool
) -> tuple[Document, list[MessageRow], dict[int, int]]:
    """A member's chat, its messages after `low` up to `high`, and the read markers.

    One command, so the page shows a single moment. The bounds are numbers, or expressions with
    `$last_seq`. Raises `Chat.DoesNotExist` if the user is not a member.
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
    found = Chat.objects.collection().aggregate(
        [own_chat, {"$project": WITHOUT_SENDS}, {"$lookup": messages}, {"$lookup": markers}]
    )
    document = next(found, None)
    if document is None:
        raise Chat.DoesNotExist
    seqs = seqs_of(document["member_ids"], document.pop("markers"))
    return document, [MessageRow._make(one["row"]) for one in document.pop("messages")], seqs
