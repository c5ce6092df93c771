"""Rules about values and people, shared by the actions; each raises what the edge reports."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from chatproject.text.emoji import emoji_of
from chatproject.text.names import is_blank, refusal
from chats.errors import Invalid, Refused
from chats.models import Chat
from chats.permissions import Permissions
from chats.protocol import CLIENT_ID_MAX_LENGTH


def valid_text(field: str, text: str, limit: int) -> None:
    """Raise `Invalid` if nothing of a text can be seen, or if it is too long or no text."""
    if is_blank(text):
        raise Invalid(field, "This can't be blank.")
    if len(text) > limit:
        raise Invalid(field, f"At most {limit} characters; this has {len(text)}.")
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise Invalid(field, "This holds characters that aren't text (NUL or lone surrogates).")


def valid_content(content: str, *, is_caption: bool = False) -> None:
    """Raise `Invalid` unless this can be a message: up to `MESSAGE_MAX_LENGTH` characters.

    A caption may be empty.
    """
    if is_caption and not content:
        return
    valid_text("content", content, settings.MESSAGE_MAX_LENGTH)


def valid_emoji(text: str) -> str:
    """The full form of an emoji; raises `Invalid` if it is none of Unicode 17."""
    emoji = emoji_of(text)
    if emoji is None:
        raise Invalid("emoji", "This is not an emoji of Unicode 17, or more than one.")
    return emoji


def valid_name(name: str) -> str:
    """The trimmed name of a group; raises `Invalid` if it is too long or not what it looks like."""
    valid_text("name", name, settings.CHAT_NAME_MAX_LENGTH)
    name = name.strip()
    if reason := refusal(name):
        raise Invalid("name", reason)
    return name


def valid_client_id(client_id: str | None) -> None:
    """Raise `Invalid` unless this is None or up to `CLIENT_ID_MAX_LENGTH` characters."""
    if client_id is not None:
        valid_text("client_id", client_id, CLIENT_ID_MAX_LENGTH)


CLOSED = "The other person's account isn't active: nobody can write in this chat."
REFUSALS = {
    "can_send_messages": "You may not send messages in this chat.",
    "can_add_members": "You may not add members to this chat.",
    "can_remove_members": "You may not remove members of this chat.",
    "can_grant_permissions": "You may not change permissions in this chat.",
    "can_delete_other_messages": "You may not delete the messages of others.",
    "can_pin_messages": "You may not pin messages in this chat.",
    "can_see_edits": "You may only see the edits of your own messages.",
    "can_rename": "You may not rename this chat.",
    "can_change_access": "Only the owner can change who may join.",
    "can_delete_chat": "Only the owner can delete a group.",
}


def require_permission(allowed: Permissions, name: str) -> None:
    """Raise `Refused` unless the member has this permission, a property of `Permissions`."""
    if not getattr(allowed, name):
        raise Refused(REFUSALS[name])


def require_grantable(mine: Permissions, theirs: Permissions, flags: dict[str, bool]) -> None:
    """Raise `Refused` unless a member may change another's permissions to these."""
    require_permission(mine, "can_grant_permissions")
    changed = {name for name, value in flags.items() if value != getattr(theirs, name)}
    if missing := sorted(changed - mine.grantable):
        raise Refused(f"You may only give or take what you may do: not {', '.join(missing)}.")


def require_removable(mine: Permissions, theirs: Permissions) -> None:
    """Raise `Refused` unless a member may remove another one."""
    require_permission(mine, "can_remove_members")
    if not mine.can_remove(theirs):
        raise Refused("You may not remove somebody who may do more here than you.")


def require_group(chat: Chat) -> None:
    """Raise `Refused` for a private chat."""
    if not chat.is_group:
        raise Refused("This is only possible in a group.")


def require_member(chat: Chat, user_id: int) -> None:
    """Raise `Invalid` if the user is not a member of the chat."""
    if user_id not in chat.member_ids:
        Chat.objects.confirm(chat.pk)  # a removal that may be rolled back doesn't count
        raise Invalid("user_id", "This user is no member of the chat.")


def require_possible_owner(chat: Chat, user_id: int) -> None:
    """Raise `Invalid` unless this is a member whose account is active."""
    if user_id not in chat.member_ids:
        raise Invalid("owner_id", "The new owner must be a member of the chat.")
    if not get_user_model().objects.people().filter(pk=user_id).exists():
        raise Invalid("owner_id", "The account of the new owner must be active.")


def require_people(field: str, user_ids: list[int]) -> dict[int, Any]:
    """The people with these ids, in this order; `Invalid` if one is unknown, inactive or a bot."""
    people = get_user_model().objects.people().in_bulk(user_ids)
    missing = [str(user_id) for user_id in user_ids if user_id not in people]
    if missing:
        raise Invalid(field, f"No such user: {', '.join(missing)}.")
    return {user_id: people[user_id] for user_id in user_ids}


def require_room(field: str, members: int) -> None:
    """Raise `Invalid` if there would be more than `CHAT_MAX_MEMBERS` members."""
    if members > settings.CHAT_MAX_MEMBERS:
        raise Invalid(field, f"A chat has at most {settings.CHAT_MAX_MEMBERS} members.")
