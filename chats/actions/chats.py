"""Create, rename, hand over and delete chats."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from chatproject.limits import limits
from chatproject.stores.outages import Unconfirmed
from chats import events
from chats.errors import Invalid, Refused
from chats.models import Change, Chat, Pair, log
from chats.permissions import permissions_for
from users.models import Block, User

from .blocks import follow_people
from .changing import Transaction, change, in_transaction
from .consent import require_consent
from .deleted_chats import DELETED_CHAT
from .rules import (
    require_group,
    require_people,
    require_permission,
    require_possible_owner,
    require_room,
    valid_client_id,
    valid_name,
)

GROUPS = uuid.UUID("5a8f4a3e-7f0b-4f0e-9c58-3a6f2a6d4b11")  # the namespace of their ids

# What the log says of a chat's changed values, beside a new owner.
LOGGED = ("name", "access", "history_for_new_members", "assistant_sees_history")


def create_private_chat(user: User, other_id: int) -> tuple[Chat, bool]:
    """Get or create the private chat of two people; also returns whether it is new.

    Raises `Refused` if there is none, and one of them blocks the other.
    """
    if other_id == user.pk:
        raise Invalid("user_id", "A private chat needs somebody else.")
    pair_id = Pair.id_of(user.pk, other_id)
    if found := _chat_of_pair(pair_id):
        return found, False  # also with somebody whose account has ended: what was said stays
    require_people("user_id", [other_id])
    limits.PRIVATE_CHATS.spend(user.pk)
    if Block.objects.between(user.pk, other_id):
        raise Refused("You can't open a chat with this person.")
    new = Chat(owner_id=user.pk, member_ids=[user.pk, other_id])

    def create(session: ClientSession) -> bool:
        pairs, pair = Pair.objects.collection(), Pair(id=pair_id, chat_id=new.pk)
        if pairs.find_one({"_id": pair_id}, session=session):
            return False  # the other side was faster
        pairs.insert_one(Pair.objects.document(pair), session=session)
        Chat.objects.collection().insert_one(Chat.objects.document(new), session=session)
        return True

    if not in_transaction(create):
        if found := _chat_of_pair(pair_id):
            return found, False
        raise Unconfirmed("This chat was created and deleted a moment ago.")
    if Block.objects.between(user.pk, other_id):  # since a moment ago: it found no chat
        follow_people(user.pk, other_id)
    announce_added(new, new.member_ids)
    return new, True


def _chat_of_pair(pair_id: str) -> Chat | None:
    """The chat of a pair, as a majority has it."""
    pair = Pair.objects.confirmed({"_id": pair_id})
    return Chat.objects.confirmed({"_id": pair.chat_id.hex}) if pair else None


def create_group(
    user: User, name: str, member_ids: Iterable[int], *, client_id: str | None = None
) -> Chat:
    """Create a group of these people, owned by `user`.

    The same call with the same `client_id` (up to 64 characters) returns the group that was made.
    """
    name = valid_name(name)
    others = [member_id for member_id in dict.fromkeys(member_ids) if member_id != user.pk]
    chat_id = group_id(user, client_id, name, others)
    if client_id and (made := _made_before(user, chat_id)):
        return made
    limits.GROUPS.spend(user.pk)
    people = require_people("member_ids", others)
    require_room("member_ids", 1 + len(others))
    require_consent("member_ids", user, people)
    chat = Chat(
        pk=chat_id,
        name=name,
        is_group=True,
        owner_id=user.pk,
        created_by=user.pk,
        member_ids=[user.pk, *others],
    )
    try:
        Chat.objects.collection().insert_one(Chat.objects.document(chat))
    except DuplicateKeyError:
        if made := _made_before(user, chat_id):
            return made
        raise
    announce_added(chat, chat.member_ids)
    return chat


def group_id(user: User, client_id: str | None, name: str, others: list[int]) -> uuid.UUID:
    """The id of a new group: with a `client_id` always the same for the same group."""
    valid_client_id(client_id)
    if client_id is None:
        return uuid.uuid4()
    return uuid.uuid5(GROUPS, "\n".join(map(str, (user.pk, client_id, name, sorted(others)))))


def _made_before(user: User, chat_id: uuid.UUID) -> Chat | None:
    """The group with this id; `Invalid` if it was made, and is no more or without the user."""
    chat = Chat.objects.confirmed({"_id": chat_id.hex})
    if chat is None and not log.head(chat_id).rev:
        return None
    if chat is None or user.pk not in chat.member_ids:
        raise Invalid("client_id", "The group that was made by this is gone.")
    return chat


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


def announce_added(chat: Chat, user_ids: Iterable[int]) -> None:
    """Tell these people's chat lists that they are now members of the chat."""
    added = events.ChatAdded(chat_id=str(chat.pk), name=chat.name, is_group=chat.is_group)
    events.broadcast_to_users(user_ids, added)
