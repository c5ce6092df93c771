"""What messages said before they were edited."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from chatproject.stores.mongodb.documents import Document
from chats.models import Change, Chat, Message, log
from chats.permissions import permissions_for
from chats.protocol import MOST_FORMER_TEXTS
from users.models import User

from .changing import Transaction
from .pins import end_pin
from .rules import require_permission


class FormerText(NamedTuple):
    """A text that an edit has replaced."""

    content: str
    written_at: datetime
    replaced_at: datetime


def former_texts(user: User, chat: Chat, message: Message) -> list[FormerText]:
    """The former texts of a message, the oldest first; of a deleted one there are none.

    For its author, and for those who may delete messages of others.
    """
    if message.sender_id != user.pk:
        require_permission(permissions_for(chat, user.pk), "can_see_edits")
    rows = log.former_texts(chat.pk, message.edit_revs) if message.edit_revs else []
    times: list[datetime] = [message.created_at, *(row["created_at"] for row in rows)]
    return [
        FormerText(row["former"], written_at, row["created_at"])
        for row, written_at in zip(rows, times, strict=False)
        if "former" in row  # else it was deleted a moment ago
    ]


def kept_by(kind: Change.Kind, rev: int) -> Document:
    """The part of a message's update that records its former texts."""
    if kind != Change.Kind.MESSAGE_EDITED:
        return {}
    return {"$push": {"edit_revs": {"$each": [rev], "$slice": -MOST_FORMER_TEXTS}}}


def log_change(
    transaction: Transaction, kind: Change.Kind, by: int, message_id: uuid.UUID, before: Document
) -> Chat | None:
    """Add the row of a change to a message, which was `before`; an edit keeps what it said.

    A deletion takes all that it said, and its pin: then returns the chat.
    """
    is_edit = kind == Change.Kind.MESSAGE_EDITED
    former = before["content"] if is_edit else None
    transaction.add(kind, by, {"message_id": message_id, "former": former})
    if is_edit:
        surplus = max(len(before["edit_revs"]) + 1 - MOST_FORMER_TEXTS, 0)
        _forget(transaction, before["edit_revs"][:surplus])
    elif kind == Change.Kind.MESSAGE_DELETED:
        _forget(transaction, before["edit_revs"])
        return end_pin(transaction, by, message_id, before)
    return None


def _forget(transaction: Transaction, revs: list[int]) -> None:
    if revs:
        log.forget_former_texts(transaction.chat_id, revs, transaction.session)
