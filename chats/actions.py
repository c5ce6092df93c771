"""The only place that writes chats and messages and announces it.

A viewset, a page, the admin or a consumer finds the chat, then calls one action. An action checks
the rules, writes, and tells the sockets, in this order. It raises `Refused`, `Invalid`, or the
`DoesNotExist` of what the user can't see.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError

from chatproject import limits
from chatproject.stores import is_away, no_deadline

from . import commands, events, sending
from .errors import Invalid, Refused
from .models import Chat, ChatPermissions, Message, ReadMarker, now
from .permissions import Permissions, permissions_by, permissions_for
from .sending import settled

logger = logging.getLogger(__name__)

CLIENT_ID_MAX_LENGTH = 64  # characters
# People who are added by one update: fewer than the latest numbers for which hubs and pages wait.
ADDED_AT_ONCE = 10


# Chats -------------------------------------------------------------------------------------------


def create_private_chat(user: Any, other_id: int) -> tuple[Chat, bool]:
    """The chat of these two people, and whether it is new."""
    if other_id == user.pk:
        raise Invalid("user_id", "A private chat needs somebody else.")
    _require_people("user_id", [other_id])
    pair = Chat.pair_of(user.pk, other_id)
    chat = Chat.objects.settled({"pair": pair})
    if chat:
        return chat, False
    try:
        chat = Chat.objects.create(pair=pair, owner_id=user.pk, member_ids=[user.pk, other_id])
    except IntegrityError:  # the other side was faster
        return settled(Chat.objects.all(), {"pair": pair}), False
    _announce_added(chat, chat.member_ids)
    return chat, True


def create_group(user: Any, name: str, member_ids: Iterable[int]) -> Chat:
    """A new group of these people and its owner."""
    name = _valid_name(name)
    others = [member_id for member_id in dict.fromkeys(member_ids) if member_id != user.pk]
    _require_people("member_ids", others)
    _require_room("member_ids", 1 + len(others))
    chat = Chat.objects.create(
        name=name, is_group=True, owner_id=user.pk, member_ids=[user.pk, *others]
    )
    _announce_added(chat, chat.member_ids)
    return chat


def rename_chat(user: Any, chat: Chat, name: str) -> Chat:
    """Give a group another name."""
    _require_group(chat)
    if not permissions_for(chat, user.pk).can_rename:
        raise Refused("You may not rename this chat.")
    return _change_chat(chat, {"name": _valid_name(name)}, member_ids=user.pk)


def transfer_ownership(
    user: Any, chat: Chat, new_owner_id: int, *, name: str | None = None
) -> Chat:
    """Make another member the owner of a group, under a new name if one is given."""
    _require_group(chat)
    if chat.owner_id != user.pk:
        raise Refused("Only the owner can hand over a group.")
    if new_owner_id not in chat.member_ids:
        raise Invalid("owner_id", "The new owner must be a member of the chat.")
    values = {} if name is None else {"name": _valid_name(name)}
    return _make_owner(chat, new_owner_id, **values)


def delete_chat(user: Any, chat: Chat, *, moderator: bool = False) -> None:
    """Delete a chat with its messages, permissions and markers."""
    if not moderator and not permissions_for(chat, user.pk).can_delete_chat:
        raise Refused("Only the owner can delete a group.")
    conditions = {} if moderator else {"member_ids": user.pk}
    if not Chat.objects.collection().delete_one({"_id": chat.pk.hex, **conditions}).deleted_count:
        raise Chat.DoesNotExist
    gone = events.ChatDeleted(chat_id=str(chat.pk), deleted_by=user.pk)
    events.broadcast(events.chat_group(chat.pk), gone)
    with no_deadline():
        _remove_rows(chat.pk, Message, ChatPermissions, ReadMarker)


def _remove_rows(chat_id: uuid.UUID, *models: Any, **whose: int) -> None:
    """Delete what belonged to a chat or a member that is gone; what is left then doesn't count."""
    try:
        for model in models:
            model.objects.filter(chat_id=chat_id, **whose).delete()
    except Exception as error:
        if not is_away(error):
            raise
        logger.warning("Rows of chat %s are left, which nobody sees: %s", chat_id, error)


# Messages ----------------------------------------------------------------------------------------


def post_message(
    user: Any,
    chat_id: uuid.UUID,
    content: str,
    *,
    client_id: str | None = None,
    reply_to: uuid.UUID | None = None,
) -> tuple[Message, bool]:
    """Store a message and tell the chat; False if this `client_id` was stored before.

    Content has 1 to `MESSAGE_MAX_LENGTH` characters and isn't blank; `client_id` up to 64.
    """
    _valid_content(content)
    _valid_client_id(client_id)
    asks = _spend_send(user, content)
    replied = _replied_message(user, chat_id, reply_to)
    message = Message(
        chat_id=chat_id,
        sender_id=user.pk,
        content=content,
        client_id=client_id,
        reply_to=reply_to,
        command_due_at=now() if asks else None,
    )
    return sending.send(message, user, replied)


def post_bot_message(
    question: Message, content: str, *, client_id: str, photo: dict[str, str] | None = None
) -> Message:
    """The bot's answer to a question; the same `client_id` is stored once."""
    bot = get_user_model().objects.bot()
    message = Message(
        chat_id=question.chat_id,
        sender_id=bot.pk,
        content=content[: settings.MESSAGE_MAX_LENGTH],
        kind=Message.Kind.PHOTO if photo else Message.Kind.TEXT,
        photo=photo,
        client_id=client_id,
        reply_to=question.pk,
    )
    return sending.send(message, bot, question)[0]


def bot_typing(chat_id: uuid.UUID, is_typing: bool) -> None:
    """Show the bot at work; a client forgets it after some seconds, so repeat it."""
    bot = get_user_model().objects.bot()
    events.broadcast(
        events.chat_group(chat_id),
        events.TypingIndicator(user_id=bot.pk, username=bot.username, is_typing=is_typing),
    )


def edit_message(user: Any, chat: Chat, message: Message, content: str) -> Message:
    """Change one's own message; to everybody in the chat that is as much as a new one."""
    _valid_content(content)
    _spend_send(user, content)
    if message.sender_id != user.pk:
        raise Refused("You can only edit your own messages.")
    if message.deleted_at:
        raise Refused("A deleted message can't be edited.")
    if not permissions_for(chat, user.pk).can_send_messages:
        raise Refused("You may not send messages in this chat.")
    rev = _next_rev(chat, member_ids=user.pk, silenced_ids={"$ne": user.pk}).last_rev
    # A change that took a later number wins, whichever is written first.
    changed = _change_message(
        message, rev, {"content": content, "edited_at": now()}, deleted_at=None
    )
    return changed or _settled_message(message)


def delete_message(user: Any, chat: Chat, message: Message, *, moderator: bool = False) -> Message:
    """Turn a message into a tombstone: no content, who deleted it and when."""
    own = message.sender_id == user.pk
    if not (own or moderator or permissions_for(chat, user.pk).can_delete_other_messages):
        raise Refused("You may not delete the messages of others.")
    tombstone = {
        "content": "",
        "photo": None,
        "kind": Message.Kind.TEXT.value,
        "command_due_at": None,
        "deleted_at": now(),
        "deleted_by": user.pk,
    }
    conditions = {} if moderator else {"member_ids": user.pk}
    if message.deleted_at:
        return _settled_message(message)
    while not message.deleted_at:
        rev = _next_rev(chat, **conditions).last_rev
        changed = _change_message(message, rev, tombstone, deleted_at=None)
        # None: an edit took a later number meanwhile, or somebody else deleted it.
        message = changed or _settled_message(message)
    return message


def mark_read(user: Any, chat: Chat, message: Message) -> bool:
    """Move a member's marker up to this message; False if it was there already."""
    moved = ReadMarker.objects.advance(chat.pk, user.pk, message.seq)
    if moved:
        told = events.message_read(chat.pk, message.pk, user.pk, message.seq)
        events.broadcast(events.chat_group(chat.pk), told)
    return moved


# Members -----------------------------------------------------------------------------------------


def add_members(user: Any, chat: Chat, user_ids: Iterable[int]) -> Chat:
    """Bring people into a group; those who are in already are left as they are."""
    _require_group(chat)
    if not permissions_for(chat, user.pk).can_add_members:
        raise Refused("You may not add members to this chat.")
    wanted, added = list(dict.fromkeys(user_ids)), None
    while new_ids := [user_id for user_id in wanted if user_id not in chat.member_ids]:
        people = _require_people("user_ids", new_ids)
        _require_room("user_ids", len(chat.member_ids) + len(new_ids))
        some = new_ids[:ADDED_AT_ONCE]
        if added := _add_members(user, chat, some):
            _announce_members(user, added, [people[user_id] for user_id in some])
            wanted = new_ids[ADDED_AT_ONCE:]
        # None: others were added or removed meanwhile.
        chat = added or _settled_chat(user, chat)
    return added or _settled_chat(user, chat)


def _add_members(user: Any, chat: Chat, new_ids: list[int]) -> Chat | None:
    """Add these people, each with a `rev` of their own; None if the chat isn't as it was read."""
    _clear_leftovers(chat, new_ids)
    # What was said before counts as read, also if we are cut short.
    ReadMarker.objects.advance_all(chat.pk, new_ids, chat.last_seq)
    conditions: dict[str, Any] = {
        "$and": [{"member_ids": user.pk}, {"member_ids": {"$nin": new_ids}}],
        # Room for all, also when others add people at the same time.
        f"member_ids.{settings.CHAT_MAX_MEMBERS - len(new_ids)}": {"$exists": False},
    }
    update = {
        "$inc": {"last_rev": len(new_ids)},
        "$push": {"member_ids": {"$each": new_ids}},
    }
    added = Chat.objects.advance(chat.pk, update, **conditions)
    if added and added.last_seq > chat.last_seq:
        ReadMarker.objects.advance_all(chat.pk, new_ids, added.last_seq)
    return added


def _clear_leftovers(chat: Chat, user_ids: list[int]) -> None:
    """Delete what a removal that was cut short left of these people's permissions."""
    rows = ChatPermissions.objects.filter(chat_id=chat.pk, user_id__in=user_ids)
    if left := list(rows.values_list("pk", flat=True)):
        # Asked after the rows were found: those of somebody who is added meanwhile are new ones.
        query = {"_id": chat.pk.hex, "member_ids": {"$in": user_ids}}
        if not Chat.objects.all().found(query, projection={"_id": 1}):
            ChatPermissions.objects.filter(pk__in=left).delete()


def _announce_members(user: Any, chat: Chat, people: list[Any]) -> None:
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
    _announce_added(chat, [person.pk for person in people])


def remove_member(user: Any, chat: Chat, user_id: int, *, moderator: bool = False) -> Chat:
    """Remove a member from a group, or leave it."""
    _require_group(chat)
    _require_member(chat, user_id)
    if user_id == chat.owner_id:
        raise Refused("The owner can't leave or be removed; hand over or delete the group.")
    leaves = user_id == user.pk
    if not (leaves or moderator or permissions_for(chat, user.pk).can_remove_members):
        raise Refused("You may not remove members of this chat.")
    return _drop_member(chat, user_id, removed_by=user.pk)


def set_permissions(user: Any, chat: Chat, user_id: int, **flags: bool) -> Permissions:
    """Change some of the four permissions of another member of a group."""
    _require_group(chat)
    if not permissions_for(chat, user.pk).can_change_permissions:
        raise Refused("You may not change permissions in this chat.")
    _require_member(chat, user_id)
    if user_id == chat.owner_id:
        raise Refused("The owner has every permission; nobody can change that.")
    if user_id == user.pk:
        raise Refused("Nobody can change their own permissions.")
    return _store_permissions(user, chat, user_id, flags)


# People ------------------------------------------------------------------------------------------


def forget_user(user: Any) -> None:
    """Take a deleted account out of its groups; its own go to the next member who is active."""
    groups = Chat.objects.for_member(user).filter(is_group=True)
    while chats := list(groups.all()):
        for chat in chats:
            with suppress(Chat.DoesNotExist):  # it changed meanwhile: as it is then, once more
                _leave_group(user, chat)
    ChatPermissions.objects.filter(user_id=user.pk).delete()
    own = list(Chat.objects.for_member(user).values_list("pk", flat=True))
    ReadMarker.objects.filter(user_id=user.pk).exclude(chat_id__in=own).delete()
    close_user_sockets(user.pk, "This account was deleted.")


def _leave_group(user: Any, chat: Chat) -> None:
    others = [member_id for member_id in chat.member_ids if member_id != user.pk]
    if not others:
        delete_chat(user, chat)
        return
    if chat.owner_id == user.pk:
        active = get_user_model().objects.people().filter(pk__in=others)
        heirs = set(active.values_list("pk", flat=True))
        chat = _make_owner(chat, next((pk for pk in others if pk in heirs), others[0]))
    _drop_member(chat, user.pk, removed_by=user.pk)


def close_user_sockets(user_id: int, reason: str, **which: uuid.UUID | None) -> None:
    """Close the sockets of a person, or `which` of them (`events.close_sockets`)."""
    events.close_sockets(events.user_group(user_id), events.CLOSE_SIGNED_OUT, reason, **which)


# Rules about values ------------------------------------------------------------------------------


def _valid_text(field: str, text: str, limit: int) -> None:
    if not text.strip():
        raise Invalid(field, "This can't be blank.")
    if len(text) > limit:
        raise Invalid(field, f"At most {limit} characters; this has {len(text)}.")
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise Invalid(field, "This holds characters that aren't text (NUL or lone surrogates).")


def _valid_content(content: str) -> None:
    _valid_text("content", content, settings.MESSAGE_MAX_LENGTH)


def _spend_send(user: Any, content: str) -> bool:
    """Count a send, and a question if this is one, which is answered; `TooMany` beyond a limit."""
    limits.SENDS.spend(user.pk)
    asks = commands.parse(content) is not None
    if asks:
        limits.QUESTIONS.spend(user.pk)
    return asks


def _valid_name(name: str) -> str:
    _valid_text("name", name, settings.CHAT_NAME_MAX_LENGTH)
    return name.strip()


def _valid_client_id(client_id: str | None) -> None:
    if client_id is not None:
        _valid_text("client_id", client_id, CLIENT_ID_MAX_LENGTH)


def _require_group(chat: Chat) -> None:
    if not chat.is_group:
        raise Refused("This is only possible in a group.")


def _require_member(chat: Chat, user_id: int) -> None:
    if user_id not in chat.member_ids:
        Chat.objects.settle(chat.pk)  # a removal that may be undone isn't done
        raise Invalid("user_id", "This user is no member of the chat.")


def _require_people(field: str, user_ids: list[int]) -> dict[int, Any]:
    """The people with these ids; all must exist, be active, and be no bot."""
    people = get_user_model().objects.people().in_bulk(user_ids)
    missing = [str(user_id) for user_id in user_ids if user_id not in people]
    if missing:
        raise Invalid(field, f"No such user: {', '.join(missing)}.")
    return people


def _require_room(field: str, members: int) -> None:
    if members > settings.CHAT_MAX_MEMBERS:
        raise Invalid(field, f"A chat has at most {settings.CHAT_MAX_MEMBERS} members.")


def _replied_message(user: Any, chat_id: uuid.UUID, reply_to: uuid.UUID | None) -> Message | None:
    if reply_to is None:
        return None
    Chat.objects.get_for_member(user, chat_id)
    replied = Message.objects.in_chat(chat_id).filter(pk=reply_to).first()
    if replied is None:
        raise Invalid("reply_to", "There is no such message in this chat.")
    return replied


# Writes ------------------------------------------------------------------------------------------


def _next_rev(chat: Chat, **conditions: Any) -> Chat:
    """Take the next change number; `DoesNotExist` if the conditions don't hold (any more)."""
    return _change_chat(chat, {}, announce=False, **conditions)


def _change_chat(
    chat: Chat,
    values: dict[str, Any],
    *,
    pull: dict[str, int] | None = None,
    announce: bool = True,
    **conditions: Any,
) -> Chat:
    """Set these values and take these out of lists; `DoesNotExist` as of `_next_rev`."""
    update: dict[str, Any] = {"$set": values} if values else {}
    if pull:
        update["$pull"] = pull
    changed = Chat.objects.advance(chat.pk, update, **conditions)
    if changed is None:
        raise Chat.DoesNotExist
    if announce:
        events.broadcast(events.chat_group(chat.pk), events.chat_updated(changed))
    return changed


def _make_owner(chat: Chat, new_owner_id: int, **values: Any) -> Chat:
    return _change_chat(
        chat,
        {**values, "owner_id": new_owner_id},
        pull={"silenced_ids": new_owner_id},
        member_ids=new_owner_id,
        owner_id=chat.owner_id,
    )


def _drop_member(chat: Chat, user_id: int, *, removed_by: int) -> Chat:
    changed = _change_chat(
        chat,
        {},
        pull={"member_ids": user_id, "silenced_ids": user_id},
        announce=False,
        member_ids=user_id,
        owner_id={"$ne": user_id},
    )
    # Not those of somebody who was added again meanwhile. The marker of nobody doesn't count.
    _remove_rows(chat.pk, ChatPermissions, user_id=user_id, rev__lt=changed.last_rev)
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


def _store_permissions(user: Any, chat: Chat, user_id: int, flags: dict[str, bool]) -> Permissions:
    update: dict[str, Any] = {}
    if "can_send_messages" in flags:
        operator = "$pull" if flags["can_send_messages"] else "$addToSet"
        update[operator] = {"silenced_ids": user_id}
    members: dict[str, Any] = {
        "member_ids": {"$all": [user.pk, user_id]},
        "owner_id": {"$ne": user_id},
    }
    while True:
        changed = Chat.objects.advance(chat.pk, update, **members)
        if changed is None:
            raise Chat.DoesNotExist
        stored = ChatPermissions.objects.store(chat.pk, user_id, flags, changed.last_rev)
        if stored["rev"] == changed.last_rev:
            break  # otherwise a later change was stored before this one: told after it
    allowed = permissions_by(stored, changed, user_id, changed.silenced_ids)
    told = events.permissions_changed(allowed, changed.last_rev)
    events.broadcast(events.chat_group(chat.pk), told)
    return allowed


def _announce_added(chat: Chat, user_ids: Iterable[int]) -> None:
    added = events.ChatAdded(chat_id=str(chat.pk), name=chat.name, is_group=chat.is_group)
    events.broadcast_to_users(user_ids, added)


def _settled_message(message: Message) -> Message:
    """A message as a majority has it; `DoesNotExist` if its chat was deleted."""
    found = Message.objects.settled({"_id": message.pk.hex})
    if found is None:
        raise Message.DoesNotExist
    return found


def _settled_chat(user: Any, chat: Chat) -> Chat:
    """A member's chat as a majority has it; `DoesNotExist` if it is theirs no more."""
    found = Chat.objects.settled({"_id": chat.pk.hex, "member_ids": user.pk})
    if found is None:
        raise Chat.DoesNotExist
    return found


def _change_message(
    message: Message, rev: int, values: dict[str, Any], **conditions: Any
) -> Message | None:
    """Write a change unless one with a later `rev` is there; announce it."""
    document = Message.objects.collection().find_one_and_update(
        {"_id": message.pk.hex, "rev": {"$lt": rev}, **conditions},
        {"$set": {**values, "rev": rev, "updated_at": now()}},
        return_document=True,
    )
    if document is None:
        return None
    changed: Message = Message.objects.from_document(document)
    replied = Message.objects.reply_previews([changed]).get(changed.reply_to or changed.pk)
    ids = {changed.sender_id, *([replied.sender_id] if replied else [])}
    names = get_user_model().objects.names(ids)
    event = events.message_event(changed, names, replied)
    events.broadcast(events.chat_group(changed.chat_id), event)
    return changed
