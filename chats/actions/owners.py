"""Groups whose owner was deactivated pass to somebody active: only an owner renames and deletes."""

from __future__ import annotations

import uuid
from contextlib import suppress

from django.contrib.auth import get_user_model

from chats.models import Chat
from users.models import User

from .chats import make_owner


def groups_of(user_id: int) -> dict[uuid.UUID, int]:
    """The owners of all groups of a member, by group."""
    query = {"member_ids": user_id, "is_group": True}
    rows = Chat.objects.collection().find(query, {"owner_id": 1})
    return {uuid.UUID(row["_id"]): row["owner_id"] for row in rows}


def heir(chat: Chat) -> int | None:
    """The member who owns a group next, the first active one; None if nobody else is active.

    Somebody silenced only if all are: to own the group would lift the silence.
    """
    others = [member_id for member_id in chat.member_ids if member_id != chat.owner_id]
    active = get_user_model().objects.people().filter(pk__in=others)
    known = set(active.values_list("pk", flat=True))
    fit = [pk for pk in others if pk in known and pk not in chat.silenced_ids]
    return next((pk for pk in fit or others if pk in known), None)


def settle_owners(user_id: int) -> None:
    """Hand over those groups of a member whose owner isn't active, if somebody else is.

    May take long, be interrupted, and called again.
    """
    owners = groups_of(user_id)
    people = User.objects.in_bulk(set(owners.values()))
    for chat_id, owner_id in owners.items():
        _settle(chat_id, people.get(owner_id))


def settle_owner(chat: Chat) -> None:
    """Hand over a group that somebody has just joined, if its owner isn't active."""
    _settle(chat.pk, User.objects.filter(pk=chat.owner_id).first())


def _settle(chat_id: uuid.UUID, owner: User | None) -> None:
    if owner and not owner.is_active:
        _hand_over(chat_id, owner)


def _hand_over(chat_id: uuid.UUID, owner: User) -> None:
    while chat := Chat.objects.filter(pk=chat_id, owner_id=owner.pk).first():
        next_owner = heir(chat)
        if next_owner is None:
            return
        with suppress(Chat.DoesNotExist):  # it changed meanwhile
            make_owner(owner, chat, next_owner)
