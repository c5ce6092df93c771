"""The filters of the admin's list of messages."""

from __future__ import annotations

import re
import uuid

from django.contrib.auth import get_user_model

from chats.errors import Invalid
from chats.models import Chat

from .change_lists import WINDOW
from .filters import ChoiceFilter, InputFilter, uuid_of

MOST_CHATS = 20  # with one text in their names or those of their people
MOST_PEOPLE = 50  # with one name, the first by user name, whose private chats are looked for


class ChatFilter(InputFilter):
    """Messages of chats, by a part of their name, the people of a private one, or a UUID."""

    title = "chat"
    parameter_name = "chat"
    placeholder = "Name, people or UUID"


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
    """The chat with this UUID; or the groups with this text in their names, of the newest `WINDOW`
    chats, and the private chats of a person or two (`Ada and Grace`) with these names.

    Raises `Invalid` if there is none, or more than `MOST_CHATS`.
    """
    if chat_id := uuid_of(text):
        return [chat_id]
    ids = list(dict.fromkeys([*_groups_called(text), *_private_chats_of(text)]))
    if not ids:
        nothing = f"No group has {text} in its name, no private chat is with somebody of this name"
        raise Invalid("chat", f"{nothing}, and it is no UUID of a chat.")
    if len(ids) > MOST_CHATS:
        many = f"More than {MOST_CHATS} groups or private chats have {text} in their names"
        raise Invalid("chat", f"{many}: write more of it.")
    return ids


def _groups_called(text: str) -> list[uuid.UUID]:
    found = Chat.objects.collection().aggregate(
        [
            {"$sort": {"created_at": -1}},
            {"$limit": WINDOW},
            {"$match": {"name": {"$regex": re.escape(text), "$options": "i"}}},
            {"$limit": MOST_CHATS + 1},
            {"$project": {"_id": 1}},
        ]
    )
    return [uuid.UUID(row["_id"]) for row in found]


def _private_chats_of(text: str) -> list[uuid.UUID]:
    with_each = [{"member_ids": {"$in": _ids_of(name)}} for name in re.split(r"\s+and\s+", text)]
    found = Chat.objects.collection().find(
        {"$and": with_each, "is_group": False}, {"_id": 1}, limit=MOST_CHATS + 1
    )
    return [uuid.UUID(row["_id"]) for row in found]


def _ids_of(name: str) -> list[int]:
    """People of this name, also those whose accounts have ended."""
    named = get_user_model().objects.named(name).order_by("username")
    return list(named.values_list("pk", flat=True)[:MOST_PEOPLE])
