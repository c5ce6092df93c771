"""Create, rename, hand over and delete chats."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError

from chatproject.stores.outages import is_away, no_deadline
from chats import events
from chats.errors import Invalid, Refused
from chats.models import Chat, ChatPermissions, Message, ReadMarker
from chats.permissions import permissions_for
from users.models import User

from .rules import require_group, require_people, require_room, valid_name
from .sending import confirmed

logger = logging.getLogger(__name__)


def create_private_chat(user: User, other_id: int) -> tuple[Chat, bool]:
    """Get or create the private chat of two people; also returns whether it is new."""
    if other_id == user.pk:
        raise Invalid("user_id", "A private chat needs somebody else.")
    require_people("user_id", [other_id])
    pair = Chat.pair_of(user.pk, other_id)
    chat = Chat.objects.confirmed({"pair": pair})
    if chat:
        return chat, False
    try:
        chat = Chat.objects.create(pair=pair, owner_id=user.pk, member_ids=[user.pk, other_id])
    except IntegrityError:  # the other side was faster
        return confirmed(Chat.objects.all(), {"pair": pair}), False
    announce_added(chat, chat.member_ids)
    return chat, True


def create_group(user: User, name: str, member_ids: Iterable[int]) -> Chat:
    """Create a group of these people, owned by `user`."""
    name = valid_name(name)
    others = [member_id for member_id in dict.fromkeys(member_ids) if member_id != user.pk]
    require_people("member_ids", others)
    require_room("member_ids", 1 + len(others))
    chat = Chat.objects.create(
        name=name, is_group=True, owner_id=user.pk, member_ids=[user.pk, *others]
    )
    announce_added(chat, chat.member_ids)
    return chat


def rename_chat(user: User, chat: Chat, name: str) -> Chat:
    """Rename a group."""
    require_group(chat)
    if not permissions_for(chat, user.pk).can_rename:
        raise Refused("You may not rename this chat.")
    return change_chat(chat, {"name": valid_name(name)}, member_ids=user.pk)


def transfer_ownership(
    user: User, chat: Chat, new_owner_id: int, *, name: str | None = None
) -> Chat:
    """Make another member the owner of a group; also rename it if a name is given."""
    require_group(chat)
    if chat.owner_id != user.pk:
        raise Refused("Only the owner can hand over a group.")
    if new_owner_id not in chat.member_ids:
        raise Invalid("owner_id", "The new owner must be a member of the chat.")
    values = {} if name is None else {"name": valid_name(name)}
    return make_owner(chat, new_owner_id, **values)


def delete_chat(user: User, chat: Chat, *, moderator: bool = False) -> None:
    """Delete a chat with its messages, permissions and markers."""
    if not moderator and not permissions_for(chat, user.pk).can_delete_chat:
        raise Refused("Only the owner can delete a group.")
    conditions = {} if moderator else {"member_ids": user.pk}
    if not Chat.objects.collection().delete_one({"_id": chat.pk.hex, **conditions}).deleted_count:
        raise Chat.DoesNotExist
    gone = events.ChatDeleted(chat_id=str(chat.pk), deleted_by=user.pk)
    events.broadcast(events.chat_group(chat.pk), gone)
    with no_deadline():
        remove_rows(chat.pk, Message, ChatPermissions, ReadMarker)


def remove_rows(chat_id: uuid.UUID, *models: Any, **whose: int) -> None:
    """Delete what belonged to a deleted chat or a removed member; leftovers are ignored."""
    try:
        for model in models:
            model.objects.filter(chat_id=chat_id, **whose).delete()
    except Exception as error:
        if not is_away(error):
            raise
        logger.warning("Rows of chat %s are left, which nobody sees: %s", chat_id, error)


def next_rev(chat: Chat, **conditions: Any) -> Chat:
    """Take the next `rev`; raises `DoesNotExist` if the conditions don't hold (any more)."""
    return change_chat(chat, {}, announce=False, **conditions)


def change_chat(
    chat: Chat,
    values: dict[str, Any],
    *,
    pull: dict[str, int] | None = None,
    announce: bool = True,
    **conditions: Any,
) -> Chat:
    """Set values and remove others from lists; raises `DoesNotExist` as `next_rev` does."""
    update: dict[str, Any] = {"$set": values} if values else {}
    if pull:
        update["$pull"] = pull
    changed = Chat.objects.change(chat.pk, update, **conditions)
    if changed is None:
        raise Chat.DoesNotExist
    if announce:
        events.broadcast(events.chat_group(chat.pk), events.chat_updated(changed))
    return changed


def make_owner(chat: Chat, new_owner_id: int, **values: Any) -> Chat:
    """Hand the group to a member; raises `DoesNotExist` if member or owner changed meanwhile."""
    return change_chat(
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
