"""Add and remove members, and change what they may do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from chats import events
from chats.errors import Refused
from chats.models import Chat, ChatPermissions, ReadMarker
from chats.permissions import Permissions, permissions_by, permissions_for
from chats.protocol import ADDED_AT_ONCE
from users.models import User

from .chats import announce_added, change_chat, remove_rows
from .rules import require_group, require_member, require_people, require_room


def add_members(user: User, chat: Chat, user_ids: Iterable[int]) -> Chat:
    """Add people to a group; existing members are left as they are."""
    require_group(chat)
    if not permissions_for(chat, user.pk).can_add_members:
        raise Refused("You may not add members to this chat.")
    wanted, added = list(dict.fromkeys(user_ids)), None
    while new_ids := [user_id for user_id in wanted if user_id not in chat.member_ids]:
        people = require_people("user_ids", new_ids)
        require_room("user_ids", len(chat.member_ids) + len(new_ids))
        some = new_ids[:ADDED_AT_ONCE]
        if added := _add_members(user, chat, some):
            _announce_members(user, added, [people[user_id] for user_id in some])
            wanted = new_ids[ADDED_AT_ONCE:]
        # None: others were added or removed meanwhile.
        chat = added or confirmed_chat(user, chat)
    return added or confirmed_chat(user, chat)


def _add_members(user: User, chat: Chat, new_ids: list[int]) -> Chat | None:
    """Add people, each with their own `rev`; None if the chat has changed since it was read."""
    _clear_leftovers(chat, new_ids)
    # What was said before counts as read, also if we are cut short.
    ReadMarker.objects.advance_all(chat.pk, new_ids, chat.last_seq)
    conditions: dict[str, Any] = {
        "$and": [{"member_ids": user.pk}, {"member_ids": {"$nin": new_ids}}],
        # Room for all, even when others add people at the same time.
        f"member_ids.{settings.CHAT_MAX_MEMBERS - len(new_ids)}": {"$exists": False},
    }
    update = {
        "$inc": {"last_rev": len(new_ids)},
        "$push": {"member_ids": {"$each": new_ids}},
    }
    added = Chat.objects.change(chat.pk, update, **conditions)
    if added and added.last_seq > chat.last_seq:
        ReadMarker.objects.advance_all(chat.pk, new_ids, added.last_seq)
    return added


def _clear_leftovers(chat: Chat, user_ids: list[int]) -> None:
    """Delete permissions of these people left behind by an interrupted removal."""
    rows = ChatPermissions.objects.filter(chat_id=chat.pk, user_id__in=user_ids)
    if left := list(rows.values_list("pk", flat=True)):
        # Checked after the rows were found: a person added meanwhile has new rows.
        query = {"_id": chat.pk.hex, "member_ids": {"$in": user_ids}}
        if not Chat.objects.all().found(query, projection={"_id": 1}):
            rows.filter(pk__in=left).delete()


def _announce_members(user: User, chat: Chat, people: list[Any]) -> None:
    first = chat.last_rev - len(people) + 1
    told = [
        events.MemberAdded(
            chat_id=str(chat.pk),
            rev=rev,
            user_id=person.pk,
            username=person.username,
            name=person.name,
            added_by=user.pk,
        )
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
    leaves = user_id == user.pk
    if not (leaves or moderator or permissions_for(chat, user.pk).can_remove_members):
        raise Refused("You may not remove members of this chat.")
    return drop_member(chat, user_id, removed_by=user.pk)


def drop_member(chat: Chat, user_id: int, *, removed_by: int) -> Chat:
    """Remove a member other than the owner and announce it; raises `DoesNotExist` otherwise."""
    changed = change_chat(
        chat,
        {},
        pull={"member_ids": user_id, "silenced_ids": user_id},
        announce=False,
        member_ids=user_id,
        owner_id={"$ne": user_id},
    )
    # Not if the person was added again meanwhile. The marker of a non-member is ignored.
    remove_rows(chat.pk, ChatPermissions, user_id=user_id, rev__lt=changed.last_rev)
    person = get_user_model().objects.names([user_id]).get(user_id)
    events.broadcast(
        events.chat_group(chat.pk),
        events.MemberRemoved(
            chat_id=str(chat.pk),
            rev=changed.last_rev,
            user_id=user_id,
            username=person.username if person else None,
            removed_by=removed_by,
        ),
    )
    return changed


def set_permissions(user: User, chat: Chat, user_id: int, **flags: bool) -> Permissions:
    """Change some of the four permissions of another member of a group."""
    require_group(chat)
    if not permissions_for(chat, user.pk).can_change_permissions:
        raise Refused("You may not change permissions in this chat.")
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
    members: dict[str, Any] = {
        "member_ids": {"$all": [user.pk, user_id]},
        "owner_id": {"$ne": user_id},
    }
    while True:
        changed = Chat.objects.change(chat.pk, update, **members)
        if changed is None:
            raise Chat.DoesNotExist
        stored = ChatPermissions.objects.store(chat.pk, user_id, flags, changed.last_rev)
        if stored["rev"] == changed.last_rev:
            break  # otherwise a later change was stored first: announce after it
    allowed = permissions_by(stored, changed, user_id, changed.silenced_ids)
    told = events.permissions_changed(allowed, changed.last_rev)
    events.broadcast(events.chat_group(chat.pk), told)
    return allowed


def confirmed_chat(user: User, chat: Chat) -> Chat:
    """A member's chat as a majority has it; raises `DoesNotExist` for a former member."""
    found = Chat.objects.confirmed({"_id": chat.pk.hex, "member_ids": user.pk})
    if found is None:
        raise Chat.DoesNotExist
    return found
