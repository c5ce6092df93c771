"""Events made from stored documents."""

from __future__ import annotations

import uuid

from chats.models import Chat, MessageRow
from chats.permissions import Permissions
from chats.representation import Names, dashed, dashed_chat_id, iso, message_fields

from .changes import (
    ChatState,
    ChatUpdated,
    MessageChange,
    MessageDeleted,
    MessageEdited,
    PermissionsChanged,
    TextMessage,
)
from .types import MessageRead


def message_event(
    row: MessageRow, names: Names, replied: MessageRow | None = None, *, is_new: bool = False
) -> MessageChange:
    """The event that brings a client up to date on a message; `names` as for `message_fields`."""
    if row.deleted_at:
        return MessageDeleted(
            message_id=dashed(row.id),
            chat_id=dashed_chat_id(row.chat_id),
            seq=row.seq,
            rev=row.rev,
            sender_id=row.sender_id,
            deleted_by=row.deleted_by,
            created_at=iso(row.created_at),
            deleted_at=iso(row.deleted_at),
        )
    kind = TextMessage if is_new or not row.edited_at else MessageEdited
    return kind.as_fields(dashed(row.id), message_fields(row, names, replied))


def chat_updated(chat: Chat) -> ChatUpdated:
    """The event for the current name and owner of a chat."""
    return ChatUpdated(
        chat_id=str(chat.pk),
        rev=chat.last_rev,
        name=chat.name,
        owner_id=chat.owner_id,
        member_ids=list(chat.member_ids),
    )


def chat_state(
    chat: Chat, permissions: dict[int, dict[str, bool]], read_markers: dict[int, int]
) -> ChatState:
    """The event for the current state of a chat."""
    return ChatState(
        chat_id=str(chat.pk),
        rev=chat.last_rev,
        name=chat.name,
        owner_id=chat.owner_id,
        member_ids=list(chat.member_ids),
        permissions={str(user_id): flags for user_id, flags in permissions.items()},
        read_markers={str(user_id): seq for user_id, seq in read_markers.items()},
    )


def permissions_changed(allowed: Permissions, rev: int) -> PermissionsChanged:
    """The event for what a member may do since the change `rev`."""
    return PermissionsChanged(
        chat_id=str(allowed.chat.pk), rev=rev, user_id=allowed.user_id, **allowed.as_flags()
    )


def message_read(chat_id: uuid.UUID, message_id: uuid.UUID, user_id: int, seq: int) -> MessageRead:
    """The event that a member has read up to a message."""
    return MessageRead(message_id=str(message_id), chat_id=str(chat_id), user_id=user_id, seq=seq)
