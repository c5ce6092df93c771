"""The filters of the admin's list of messages."""

from __future__ import annotations

import re
import uuid

from chats.errors import Invalid
from chats.models import Chat

from .change_lists import WINDOW
from .filters import ChoiceFilter, InputFilter, uuid_of

MOST_CHATS = 20  # with one text in their names


class ChatFilter(InputFilter):
    """Messages of chats, by a part of their name or a UUID."""

    title = "chat"
    parameter_name = "chat"
    placeholder = "Name or UUID"


class SenderFilter(InputFilter):
    """Messages of one sender, by user name or id."""

    title = "sender"
    parameter_name = "sender"
    placeholder = "User name"


class FromFilter(InputFilter):
    """Messages sent on this day (UTC) or later."""

    title = "first day (UTC)"
    parameter_name = "from"
    input_type = "date"


class UntilFilter(InputFilter):
    """Messages sent on this day (UTC) or earlier."""

    title = "last day (UTC)"
    parameter_name = "until"
    input_type = "date"


class DeletedFilter(ChoiceFilter):
    """Only tombstones, or only messages that aren't deleted."""

    title = "deletion"
    parameter_name = "deleted"
    options = {"yes": "Deleted", "no": "Not deleted"}


def chats_called(text: str) -> list[uuid.UUID]:
    """The chat with this UUID, or the groups with this text in their names.

    Of the newest `WINDOW` chats; raises `Invalid` if there is none, or more than `MOST_CHATS`.
    """
    if chat_id := uuid_of(text):
        return [chat_id]
    found = Chat.objects.collection().aggregate(
        [
            {"$sort": {"created_at": -1}},
            {"$limit": WINDOW},
            {"$match": {"name": {"$regex": re.escape(text), "$options": "i"}}},
            {"$limit": MOST_CHATS + 1},
            {"$project": {"_id": 1}},
        ]
    )
    ids = [uuid.UUID(row["_id"]) for row in found]
    if not ids:
        raise Invalid("chat", f"No group has {text} in its name, and it is no UUID of a chat.")
    if len(ids) > MOST_CHATS:
        many = f"More than {MOST_CHATS} groups have {text} in their names: write more of it."
        raise Invalid("chat", many)
    return ids
