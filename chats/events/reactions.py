"""Reactions to messages as events."""

from __future__ import annotations

from dataclasses import dataclass

from chats.models import MessageRow
from chats.representation import Reaction, dashed, dashed_chat_id, reactions_shown

from .messages import OfMessage


@dataclass(frozen=True, kw_only=True)
class MessageReaction(OfMessage):
    """Somebody reacted to a message, or took that back; with all reactions to it now."""

    type = "message_reaction"
    user_id: int
    emoji: str
    is_added: bool
    reactions: list[Reaction]


def message_reaction(
    row: MessageRow, emoji: str, user_id: int, *, is_added: bool
) -> MessageReaction:
    """The event of a change of the reactions to a message; its `rev` is that of the row."""
    return MessageReaction(
        message_id=dashed(row.id),
        chat_id=dashed_chat_id(row.chat_id),
        seq=row.seq,
        rev=row.rev,
        user_id=user_id,
        emoji=emoji,
        is_added=is_added,
        reactions=reactions_shown(row.reactions or []),
    )
