"""Add and remove members, and change what they may do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from chatproject.limits import limits
from chats import events
from chats.errors import Refused
from chats.models import Change, Chat, ChatPermissions, JoinRequest, ReadMarker
from chats.permissions import Permissions, permissions_by, permissions_for
from users.models import User

from .changing import Transaction, change
from .consent import require_consent
from .new_chats import announce_added
from .rules import (
    require_grantable,
    require_group,
    require_member,
    require_people,
    require_permission,
    require_removable,
    require_room,
)

Check = Callable[[Transaction, list[int]], None]


def add_members(
    user: User, chat: Chat, user_ids: Iterable[int], *, field: str = "user_ids"
) -> Chat:
    """Add people to a group; existing members are left as they are. `Invalid` names the field."""
    require_group(chat)
    require_permission(permissions_for(chat, user.pk), "can_add_members")
    limits.ADDITIONS.spend(user.pk)
    wanted = list(dict.fromkeys(user_ids))
    while new_ids := [user_id for user_id in wanted if user_id not in chat.member_ids]:
        people = require_people(field, new_ids)
        require_room(field, len(chat.member_ids) + len(new_ids))
        require_consent(field, user, people)
        if added := admit(user, chat, people, lets_add(user, people)):
            return added
        chat = confirmed_chat(user, chat)  # others were added or removed meanwhile
    return confirmed_chat(user, chat)


def admit(
    user: User, chat: Chat, people: dict[int, Any], check: Check, **others: Any
) -> Chat | None:
    """Add people, each with their own `rev`, and announce them; the one way into a group.

    `check` gets the transaction and those of them who were removed before; it raises what refuses
    them. None if the chat has changed since it was read, or doesn't meet these `others`.
    """
    with suppress(Chat.DoesNotExist):
        added = _add_members(user, chat, people, check, others)
        _announce_members(user, added, list(people.values()))
        return added
    return None


def _add_members(
    user: User, chat: Chat, people: dict[int, Any], check: Check, others: dict[str, Any]
) -> Chat:
    new_ids = list(people)
    conditions: dict[str, Any] = {
        "member_ids": {"$nin": new_ids},
        # Room for all, even when others add people at the same time.
        f"member_ids.{settings.CHAT_MAX_MEMBERS - len(new_ids)}": {"$exists": False},
        **others,
    }

    def work(transaction: Transaction) -> Chat:
        about = [{"user_id": user_id} for user_id in new_ids]
        transaction.add(Change.Kind.MEMBER_ADDED, user.pk, *about)
        silenced = _readmit(transaction, people, check)
        joins = {"member_ids": {"$each": new_ids}, "silenced_ids": {"$each": silenced}}
        update = {"$push": joins, "$set": _start_of(transaction, new_ids)}
        added = transaction.change_chat(update, **conditions)
        JoinRequest.objects.end(chat.pk, new_ids, transaction.session)
        return added

    return change(chat.pk, work)


def _readmit(transaction: Transaction, people: dict[int, Any], check: Check) -> list[int]:
    """Let people in who were members before; returns who of them is still silenced."""
    former = ChatPermissions.objects.former(transaction.chat_id, people, transaction.session)
    gone = ChatPermissions.Gone
    check(transaction, [row["user_id"] for row in former if row["gone"] == gone.REMOVED])
    if former:
        ChatPermissions.objects.readmit(transaction.chat_id, people, transaction.session)
    return [row["user_id"] for row in former if not row["can_send_messages"]]


def _start_of(transaction: Transaction, user_ids: list[int]) -> dict[str, int]:
    """The fields by which these new members read all, or what is said from now on.

    What was said before doesn't count as unread; nobody is told that they have read it.
    """
    reads_all, seq = transaction.chat().history_for_new_members, transaction.head.seq
    fields = ["floors"] * (seq > 0) + ["since_seqs"] * (not reads_all)
    return {f"{field}.{user_id}": seq for field in fields for user_id in user_ids}


def lets_add(user: User, people: dict[int, Any]) -> Check:
    """The rule of additions: a user who may add members, and remove them if one was removed."""

    def check(transaction: Transaction, removed: list[int]) -> None:
        [mine] = transaction.permissions(user.pk)
        require_permission(mine, "can_add_members")
        if removed and not mine.can_remove_members:
            names = ", ".join(f"@{people[user_id].username}" for user_id in removed)
            raise Refused(f"Only who may remove members adds again who was removed: {names}.")

    return check


def _announce_members(user: User, chat: Chat, people: list[Any]) -> None:
    first = chat.last_rev - len(people) + 1
    told = [
        events.member_added(chat, rev, person.pk, person, user.pk)
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
    is_free = moderator or user_id == user.pk
    if not is_free:
        require_permission(permissions_for(chat, user.pk), "can_remove_members")
    if not moderator:
        limits.CHANGES.spend(user.pk)
    return drop_member(chat, user_id, removed_by=user.pk, is_free=is_free)


def drop_member(chat: Chat, user_id: int, *, removed_by: int, is_free: bool) -> Chat:
    """Remove a member other than the owner and announce it; raises `DoesNotExist` otherwise.

    `is_free`: whoever removes needs no permission.
    """
    member: dict[str, Any] = {"member_ids": user_id, "owner_id": {"$ne": user_id}}

    def work(transaction: Transaction) -> Chat:
        transaction.add(Change.Kind.MEMBER_REMOVED, removed_by, {"user_id": user_id})
        if not is_free:
            mine, theirs = transaction.permissions(removed_by, user_id)
            require_removable(mine, theirs)
        before = transaction.chat(**member)
        leaves = {"member_ids": user_id, "silenced_ids": user_id}
        ends = {f"since_seqs.{user_id}": "", f"floors.{user_id}": "", f"unread_from.{user_id}": ""}
        changed = transaction.change_chat({"$pull": leaves, "$unset": ends}, **member)
        ReadMarker.objects.end(chat.pk, user_id, transaction.session)
        ChatPermissions.objects.end(
            chat.pk,
            user_id,
            transaction.session,
            is_silenced=user_id in before.silenced_ids,
            is_removed=user_id != removed_by,
        )
        return changed

    changed = change(chat.pk, work)
    person = get_user_model().objects.names([user_id]).get(user_id)
    told = events.member_removed(chat.pk, changed.last_rev, user_id, person, removed_by)
    events.broadcast(events.chat_group(chat.pk), told)
    return changed


def set_permissions(user: User, chat: Chat, user_id: int, **flags: bool) -> Permissions:
    """Change some of the four permissions of another member of a group: those one has oneself."""
    require_group(chat)
    require_permission(permissions_for(chat, user.pk), "can_grant_permissions")
    require_member(chat, user_id)
    if user_id == chat.owner_id:
        raise Refused("The owner has every permission; nobody can change that.")
    if user_id == user.pk:
        raise Refused("Nobody can change their own permissions.")
    limits.CHANGES.spend(user.pk)
    return _store_permissions(user, chat, user_id, flags)


def _store_permissions(user: User, chat: Chat, user_id: int, flags: dict[str, bool]) -> Permissions:
    update: dict[str, Any] = {}
    if "can_send_messages" in flags:
        operator = "$pull" if flags["can_send_messages"] else "$addToSet"
        update[operator] = {"silenced_ids": user_id}
    member: dict[str, Any] = {"member_ids": user_id, "owner_id": {"$ne": user_id}}

    def work(transaction: Transaction) -> tuple[Chat, Permissions]:
        transaction.add(Change.Kind.PERMISSIONS_CHANGED, user.pk, {"user_id": user_id})
        mine, theirs = transaction.permissions(user.pk, user_id)
        require_grantable(mine, theirs, flags)
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
