"""Rename, hand over and delete chats."""

from __future__ import annotations

from typing import Any

from chatproject.limits import limits
from chats import events
from chats.errors import Refused
from chats.models import Change, Chat, Pair
from chats.permissions import permissions_for
from users.models import User

from .changing import Transaction, change
from .deleted_chats import DELETED_CHAT
from .rules import require_group, require_permission, require_possible_owner, valid_name

# What the log says of a chat's changed values, beside a new owner.
LOGGED = ("name", "access", "history_for_new_members", "assistant_sees_history")


def rename_chat(user: User, chat: Chat, name: str) -> Chat:
    """Rename a group."""
    require_group(chat)
    require_permission(permissions_for(chat, user.pk), "can_rename")
    name = valid_name(name)
    limits.RENAMES.spend(user.pk)
    return change_chat(user, chat, {"name": name}, permission="can_rename")


def transfer_ownership(
    user: User, chat: Chat, new_owner_id: int, *, moderator: bool = False, **values: Any
) -> Chat:
    """Make another member the owner of a group; `values` as for `change_access`, and `name`."""
    require_group(chat)
    if chat.owner_id != user.pk and not moderator:
        raise Refused("Only the owner can hand over a group.")
    require_possible_owner(chat, new_owner_id)
    values = _new_values(user, values, moderator=moderator)
    return make_owner(user, chat, new_owner_id, **values)


def change_access(user: User, chat: Chat, **values: Any) -> Chat:
    """Say who may join a group by themselves (`access`), what those read who come later
    (`history_for_new_members`), whether @ai is sent the last messages with a question
    (`assistant_sees_history`), and maybe another `name`; each may be left out.
    """
    require_group(chat)
    require_permission(permissions_for(chat, user.pk), "can_change_access")
    return change_chat(user, chat, _new_values(user, values), permission="can_change_access")


def make_private(user: User, chat: Chat) -> Chat:
    """Take a group off the list that people find it in, as a moderator of the site."""
    require_group(chat)
    return change_chat(user, chat, {"access": Chat.Access.PRIVATE.value})


def _new_values(user: User, values: dict[str, Any], *, moderator: bool = False) -> dict[str, Any]:
    """What an owner changes, checked and, unless a moderator does it, counted; as it is stored."""
    limit = limits.RENAMES if "name" in values else limits.CHANGES
    if "name" in values:
        values = {**values, "name": valid_name(values["name"])}
    if "access" in values:
        values = {**values, "access": Chat.Access(values["access"]).value}
    if not moderator:
        limit.spend(user.pk)
    return values


def delete_chat(user: User, chat: Chat, *, moderator: bool = False) -> None:
    """Delete a chat, at once; its messages, permissions and markers are removed by a job."""
    if not moderator:
        require_permission(permissions_for(chat, user.pk), "can_delete_chat")
        limits.CHANGES.spend(user.pk)
    remove_chat(user, chat, permission="" if moderator else "can_delete_chat")


def remove_chat(user: User, chat: Chat, *, permission: str) -> None:
    """Delete a chat by whoever has this permission; "" needs none."""

    def delete(transaction: Transaction) -> None:
        transaction.add(Change.Kind.CHAT_DELETED, user.pk, {})
        if permission:
            transaction.require(user.pk, permission)
        else:
            transaction.chat()
        session, key = transaction.session, {"_id": chat.pk.hex}
        Chat.objects.collection().delete_one(key, session=session)
        DELETED_CHAT.add(chat.pk.hex, person_id=user.pk, session=session)
        if not chat.is_group:
            pair_id = Pair.id_of(*chat.member_ids)
            Pair.objects.collection().delete_one({"_id": pair_id}, session=session)

    change(chat.pk, delete)
    gone = events.ChatDeleted(chat_id=str(chat.pk), deleted_by=user.pk)
    events.broadcast(events.chat_group(chat.pk), gone)


def change_chat(
    user: User,
    chat: Chat,
    values: dict[str, Any],
    *,
    permission: str = "",
    pull: dict[str, int] | None = None,
    **conditions: Any,
) -> Chat:
    """Set the name, owner or access of a chat, remove others from lists, and announce it.

    Raises `DoesNotExist` if the conditions don't hold (any more), `Refused` without the permission.
    """
    update: dict[str, Any] = {"$set": values}
    if pull:
        update["$pull"] = pull
    about = {name: values.get(name) for name in LOGGED}
    about["user_id"] = values.get("owner_id")

    def work(transaction: Transaction) -> Chat:
        transaction.add(Change.Kind.CHAT_UPDATED, user.pk, about)
        if permission:
            transaction.require(user.pk, permission)
        return transaction.change_chat(update, **conditions)

    changed = change(chat.pk, work)
    told = events.chat_updated(changed, changed.last_rev, user.pk, about)
    events.broadcast(events.chat_group(chat.pk), told)
    return changed


def make_owner(user: User, chat: Chat, new_owner_id: int, **values: Any) -> Chat:
    """Hand the group to a member; raises `DoesNotExist` if member or owner changed meanwhile."""
    return change_chat(
        user,
        chat,
        {**values, "owner_id": new_owner_id},
        pull={"silenced_ids": new_owner_id},
        member_ids=new_owner_id,
        owner_id=chat.owner_id,
    )
