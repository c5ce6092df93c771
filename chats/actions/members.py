"""Add and remove members, and change what they may do."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from chats import events
from chats.errors import Refused
from chats.models import Change, Chat, ChatPermissions, ReadMarker
from chats.permissions import Permissions, permissions_by, permissions_for
from users.models import User

from .changing import Transaction, change
from .chats import announce_added
from .rules import (
    require_group,
    require_member,
    require_people,
    require_permission,
    require_room,
)


def add_members(user: User, chat: Chat, user_ids: Iterable[int]) -> Chat:
    """Add people to a group; existing members are left as they are."""
    require_group(chat)
    require_permission(permissions_for(chat, user.pk), "can_add_members")
    wanted = list(dict.fromkeys(user_ids))
    while new_ids := [user_id for user_id in wanted if user_id not in chat.member_ids]:
        people = require_people("user_ids", new_ids)
        require_room("user_ids", len(chat.member_ids) + len(new_ids))
        if added := _add_members(user, chat, new_ids):
            _announce_members(user, added, [people[user_id] for user_id in new_ids])
            return added
        chat = confirmed_chat(user, chat)  # others were added or removed meanwhile
    return confirmed_chat(user, chat)


def _add_members(user: User, chat: Chat, new_ids: list[int]) -> Chat | None:
    """Add people, each with their own `rev`; None if the chat has changed since it was read."""
    conditions: dict[str, Any] = {
        "member_ids": {"$nin": new_ids},
        # Room for all, even when others add people at the same time.
        f"member_ids.{settings.CHAT_MAX_MEMBERS - len(new_ids)}": {"$exists": False},
    }

    def work(transaction: Transaction) -> Chat:
        about = [{"user_id": user_id} for user_id in new_ids]
        transaction.add(Change.Kind.MEMBER_ADDED, user.pk, *about)
        transaction.require(user.pk, "can_add_members")
        added = transaction.change_chat({"$push": {"member_ids": {"$each": new_ids}}}, **conditions)
        # What was said before counts as read.
        seq, session = transaction.head.seq, transaction.session
        ReadMarker.objects.advance_all(chat.pk, new_ids, seq, session)
        return added

    with suppress(Chat.DoesNotExist):
        return change(chat.pk, work)
    return None


def _announce_members(user: User, chat: Chat, people: list[Any]) -> None:
    first = chat.last_rev - len(people) + 1
    told = [
        events.member_added(chat.pk, rev, person.pk, person, user.pk)
        for rev, person in enumerate(people, first)
    ]
    events.broadcast(events.chat_group(chat.pk), *told)
    announce_added(chat, [person.pk for person in people])


def remove_member(user: User, chat: Chat, user_id: int, *, moderator: bool = False) -> Chat:
    """Remove a member from a group, or leave it."""
    require_group(chat)
    require_member(chat, user_id)
    if user_id == chat.owner_id:
        raise Refused("The owner can't leave or be removed; hand over or delete the group.")
    permission = "" if moderator or user_id == user.pk else "can_remove_members"
    if permission:
        require_permission(permissions_for(chat, user.pk), permission)
    return drop_member(chat, user_id, removed_by=user.pk, permission=permission)


def drop_member(chat: Chat, user_id: int, *, removed_by: int, permission: str = "") -> Chat:
    """Remove a member other than the owner and announce it; raises `DoesNotExist` otherwise.

    `permission`: what the one who removes must still have.
    """

    def work(transaction: Transaction) -> Chat:
        transaction.add(Change.Kind.MEMBER_REMOVED, removed_by, {"user_id": user_id})
        if permission:
            transaction.require(removed_by, permission)
        changed = transaction.change_chat(
            {"$pull": {"member_ids": user_id, "silenced_ids": user_id}},
            member_ids=user_id,
            owner_id={"$ne": user_id},
        )
        own = {"chat_id": chat.pk.hex, "user_id": user_id}
        ChatPermissions.objects.collection().delete_one(own, session=transaction.session)
        return changed

    changed = change(chat.pk, work)
    person = get_user_model().objects.names([user_id]).get(user_id)
    told = events.member_removed(chat.pk, changed.last_rev, user_id, person, removed_by)
    events.broadcast(events.chat_group(chat.pk), told)
    return changed


def set_permissions(user: User, chat: Chat, user_id: int, **flags: bool) -> Permissions:
    """Change some of the four permissions of another member of a group."""
    require_group(chat)
    require_permission(permissions_for(chat, user.pk), "can_change_permissions")
    require_member(chat, user_id)
    if user_id == chat.owner_id:
        raise Refused("The owner has every permission; nobody can change that.")
    if user_id == user.pk:
        raise Refused("Nobody can change their own permissions.")
    return _store_permissions(user, chat, user_id, flags)


def _store_permissions(user: User, chat: Chat, user_id: int, flags: dict[str, bool]) -> Permissions:
    update: dict[str, Any] = {}
    if "can_send_messages" in flags:
        operator = "$pull" if flags["can_send_messages"] else "$addToSet"
        update[operator] = {"silenced_ids": user_id}
    member: dict[str, Any] = {"member_ids": user_id, "owner_id": {"$ne": user_id}}

    def work(transaction: Transaction) -> tuple[Chat, Permissions]:
        transaction.add(Change.Kind.PERMISSIONS_CHANGED, user.pk, {"user_id": user_id})
        transaction.require(user.pk, "can_change_permissions")
        changed = transaction.change_chat(update, **member)
        stored = ChatPermissions.objects.store(chat.pk, user_id, flags, transaction.session)
        return changed, permissions_by(stored, changed, user_id, changed.silenced_ids)

    changed, allowed = change(chat.pk, work)
    told = events.permissions_changed(allowed, changed.last_rev)
    events.broadcast(events.chat_group(chat.pk), told)
    return allowed


def confirmed_chat(user: User, chat: Chat) -> Chat:
    """A member's chat as a majority has it; raises `DoesNotExist` for a former member."""
    found = Chat.objects.confirmed({"_id": chat.pk.hex, "member_ids": user.pk})
    if found is None:
        raise Chat.DoesNotExist
    return found
