"""The messages that are pinned to a chat."""

from __future__ import annotations

import uuid
from typing import Any

from chatproject.limits import limits
from chatproject.stores.mongodb.documents import Document, now
from chats import events
from chats.errors import Invalid, Refused
from chats.models import Change, Chat, Message, MessageRow
from chats.models.log import EPOCH
from chats.permissions import permissions_for
from chats.protocol import MOST_PINS
from users.models import User

from .changing import Transaction, change
from .rules import require_permission

PINNED = {"$gt": EPOCH}  # of `pinned_at`


def pin_message(user: User, chat: Chat, message: Message) -> Message:
    """Pin a message; one that is pinned stays as it is. A chat has at most `MOST_PINS`."""
    pin = {"pinned_at": now(), "pinned_by": user.pk}
    return _set_pin(user, chat, message, Change.Kind.MESSAGE_PINNED, pin)


def unpin_message(user: User, chat: Chat, message: Message) -> Message:
    """Unpin a message, whoever pinned it; one that isn't pinned stays as it is."""
    pin = {"pinned_at": None, "pinned_by": None}
    return _set_pin(user, chat, message, Change.Kind.MESSAGE_UNPINNED, pin)


def _set_pin(
    user: User, chat: Chat, message: Message, kind: Change.Kind, pin: dict[str, Any]
) -> Message:
    require_permission(permissions_for(chat, user.pk), "can_pin_messages")
    limits.CHANGES.spend(user.pk)
    is_pin = pin["pinned_at"] is not None
    key = {"_id": message.pk.hex, "chat_id": chat.pk.hex}

    def work(transaction: Transaction) -> tuple[Document, Chat]:
        rev = transaction.add(kind, user.pk, {"message_id": message.pk})
        transaction.require(user.pk, "can_pin_messages")
        changed: Document | None = Message.objects.collection().find_one_and_update(
            {**key, "deleted_at": None, "pinned_at": None if is_pin else PINNED},
            {"$set": {**pin, "changed_rev": rev, "updated_at": now()}},
            return_document=True,
            session=transaction.session,
        )
        if changed is None:
            raise Message.DoesNotExist
        return changed, _count(transaction, 1 if is_pin else -1)

    try:
        document, changed_chat = change(chat.pk, work)
    except Message.DoesNotExist:
        return _as_it_is(key, is_pin=is_pin)
    row = MessageRow.of(document)
    told = events.message_pinned(row, changed_chat, changed_chat.last_rev)
    events.broadcast(events.chat_group(chat.pk), told)
    changed: Message = Message.objects.from_document(document)
    return changed


def _count(transaction: Transaction, difference: int) -> Chat:
    changed = transaction.change_chat({"$inc": {"pin_count": difference}})
    if changed.pin_count > MOST_PINS:
        most = f"A chat has at most {MOST_PINS} pinned messages: unpin another one first."
        raise Invalid("message_id", most)
    return changed


def _as_it_is(key: dict[str, str], *, is_pin: bool) -> Message:
    """The message as a majority has it; raises `Refused` for the pin of a deleted one."""
    found: Message | None = Message.objects.confirmed(key)
    if found is None:
        raise Message.DoesNotExist
    if is_pin and found.deleted_at:
        raise Refused("A deleted message can't be pinned.")
    return found


def end_pin(
    transaction: Transaction, by: int, message_id: uuid.UUID, before: Document
) -> Chat | None:
    """End the pin of a message that is deleted, by a change of its own; None if it had none.

    `before`: the message before its deletion.
    """
    if not before["pinned_at"]:
        return None
    transaction.add(Change.Kind.MESSAGE_UNPINNED, by, {"message_id": message_id})
    return _count(transaction, -1)
