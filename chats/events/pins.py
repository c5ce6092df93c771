"""What is pinned to a chat, as events."""

from __future__ import annotations

from dataclasses import dataclass

from chats.models import Chat, MessageRow
from chats.representation import dashed, iso

from .messages import OfMessage


@dataclass(frozen=True, kw_only=True)
class MessagePinned(OfMessage):
    """A message was pinned or unpinned (`pinned_at` is null); `pin_count`: of the chat now."""

    type = "message_pinned"
    pinned_at: str | None
    pinned_by: int | None
    pin_count: int


def message_pinned(row: MessageRow, chat: Chat, rev: int) -> MessagePinned:
    """The event for the pin that a message has since the change `rev`, or hasn't any more."""
    return MessagePinned(
        chat_id=str(chat.pk),
        rev=rev,
        message_id=dashed(row.id),
        seq=row.seq,
        pinned_at=iso(row.pinned_at) if row.pinned_at else None,
        pinned_by=row.pinned_by,
        pin_count=chat.pin_count,
    )
