"""The wire: every event that sockets receive, and the way to them over the channel layer.

`docs/events.md` documents the types. An event goes to a group as plain JSON types, because the
layer's msgpack takes no UUID or datetime. Delivery by the layer is at most once: whoever needs
every change reads what changed after a `rev` from MongoDB.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import orjson
import redis
from channels.layers import get_channel_layer

from chatproject import layer
from chatproject.line import Resting

from .models import PREVIEW_LENGTH, Chat, Message
from .permissions import Permissions

logger = logging.getLogger(__name__)


# Close codes of a socket (the private range of RFC 6455, 7.4.2).
CLOSE_SIGNED_OUT = 4401
CLOSE_REMOVED = 4403
CLOSE_CHAT_DELETED = 4404
CLOSE_TOO_SLOW = CLOSE_TRY_AGAIN = 1013
CLOSE_FLOOD = 1008


def chat_group(chat_id: uuid.UUID) -> str:
    return f"chat.{chat_id.hex}"


def user_group(user_id: int) -> str:
    return f"user.{user_id}"


# Types -------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that sockets are told: `{"type": type, "data": the fields}`."""

    type: ClassVar[str]

    def frame(self) -> dict[str, Any]:
        return {"type": self.type, "data": dict(vars(self))}


@dataclass(frozen=True, kw_only=True)
class TextMessage(Event):
    """A new message."""

    type = "text_message"
    message_id: str
    chat_id: str
    seq: int
    rev: int
    sender_id: int
    sender_username: str
    sender_name: str
    content: str
    kind: str
    photo: dict[str, str] | None
    client_id: str | None
    reply_to: str | None
    reply: dict[str, Any] | None
    created_at: str
    edited_at: str | None
    deleted_at: str | None


class MessageEdited(TextMessage):
    """A message whose content changed; the whole message as it is now."""

    type = "message_edited"


@dataclass(frozen=True, kw_only=True)
class MessageDeleted(Event):
    """A message became a tombstone."""

    type = "message_deleted"
    message_id: str
    chat_id: str
    seq: int
    rev: int
    sender_id: int
    deleted_by: int | None
    created_at: str
    deleted_at: str


@dataclass(frozen=True, kw_only=True)
class MessageRead(Event):
    """A member has read every message up to this one."""

    type = "message_read"
    message_id: str
    chat_id: str
    user_id: int
    seq: int


@dataclass(frozen=True, kw_only=True)
class TypingIndicator(Event):
    type = "typing_indicator"
    user_id: int
    username: str | None
    is_typing: bool


@dataclass(frozen=True, kw_only=True)
class UserJoined(Event):
    """A person's first socket of this chat opened."""

    type = "user_joined"
    user_id: int
    username: str | None


@dataclass(frozen=True, kw_only=True)
class UserLeft(Event):
    """A person's last socket of this chat closed, or its process died."""

    type = "user_left"
    user_id: int
    username: str | None


@dataclass(frozen=True, kw_only=True)
class ChatUpdated(Event):
    """The chat's name or owner is another now."""

    type = "chat_updated"
    chat_id: str
    rev: int
    name: str
    owner_id: int
    member_ids: list[int]


@dataclass(frozen=True, kw_only=True)
class ChatState(ChatUpdated):
    """The chat as it is, after changes were missed that no message tells."""

    type = "chat_state"
    permissions: dict[str, dict[str, bool]]
    read_markers: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class MemberAdded(Event):
    type = "member_added"
    chat_id: str
    rev: int
    user_id: int
    username: str
    name: str
    added_by: int


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(Event):
    """A member left or was removed; their sockets of this chat close."""

    type = "member_removed"
    chat_id: str
    rev: int
    user_id: int
    username: str | None
    removed_by: int


@dataclass(frozen=True, kw_only=True)
class PermissionsChanged(Event):
    type = "permissions_changed"
    chat_id: str
    rev: int
    user_id: int
    can_send_messages: bool
    can_change_permissions: bool
    can_remove_members: bool
    can_delete_other_messages: bool


@dataclass(frozen=True, kw_only=True)
class ChatDeleted(Event):
    """The chat is gone; its sockets close."""

    type = "chat_deleted"
    chat_id: str
    deleted_by: int | None


@dataclass(frozen=True, kw_only=True)
class Welcome(Event):
    """First frame of a chat's socket: where the chat is, and who is here."""

    type = "welcome"
    chat_id: str
    user_id: int
    last_seq: int
    last_rev: int
    online: list[int]


@dataclass(frozen=True, kw_only=True)
class Watching(Event):
    """First frame of a chat list's socket: every chat of the person, and its latest message."""

    type = "watching"
    user_id: int
    last_seqs: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Resync(Event):
    """Too much was missed to be sent one by one: read the chat again."""

    type = "resync"
    chat_id: str
    last_rev: int


@dataclass(frozen=True, kw_only=True)
class ChatActivity(Event):
    """The latest message of a chat as it is now, told to a person's chat list."""

    type = "chat_activity"
    chat_id: str
    seq: int
    rev: int
    message_id: str
    sender_id: int
    sender_name: str
    preview: str
    created_at: str
    deleted_at: str | None


@dataclass(frozen=True, kw_only=True)
class ChatAdded(Event):
    type = "chat_added"
    chat_id: str
    name: str
    is_group: bool


@dataclass(frozen=True, kw_only=True)
class ChatRemoved(Event):
    type = "chat_removed"
    chat_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Authenticated(Event):
    """The answer to a newer access token: until when the socket may stay now."""

    type = "authenticated"
    expires_at: str


@dataclass(frozen=True, kw_only=True)
class Error(Event):
    """What was wrong with a frame; only ever told to its sender."""

    type = "error"
    code: str  # invalid_json, validation_error, rate_limited, server_error
    message: str
    field: str | None = None
    retry_after: float | None = None  # seconds


# From models -------------------------------------------------------------------------------------


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 with milliseconds, as the API writes it; the moment is in UTC."""
    if moment is None:
        return None
    if moment.tzinfo:  # which would be asked for its offset
        moment = moment.replace(tzinfo=None)
    return moment.isoformat("T", "milliseconds") + "Z"


def reply_preview(replied: Message | None, names: dict[int, Any]) -> dict[str, Any] | None:
    """What a reply shows of the message that it answers."""
    if replied is None:
        return None
    sender = names.get(replied.sender_id)
    return {
        "id": str(replied.pk),
        "sender_name": sender.name if sender else "",
        "content": replied.content[:PREVIEW_LENGTH],
        "deleted": replied.deleted_at is not None,
    }


def message_event(
    message: Message,
    names: dict[int, Any],
    replied: Message | None = None,
    *,
    is_new: bool = False,
) -> Event:
    """The event that brings a client to this message as it is now; `names` are users by id."""
    if message.deleted_at:
        return MessageDeleted(
            message_id=str(message.pk),
            chat_id=str(message.chat_id),
            seq=message.seq,
            rev=message.rev,
            sender_id=message.sender_id,
            deleted_by=message.deleted_by,
            created_at=iso(message.created_at) or "",
            deleted_at=iso(message.deleted_at) or "",
        )
    sender = names.get(message.sender_id)
    kind = TextMessage if is_new or not message.edited_at else MessageEdited
    return kind(
        message_id=str(message.pk),
        chat_id=str(message.chat_id),
        seq=message.seq,
        rev=message.rev,
        sender_id=message.sender_id,
        sender_username=sender.username if sender else "",
        sender_name=sender.name if sender else "",
        content=message.content,
        kind=message.kind,
        photo=message.photo,
        client_id=message.client_id,
        reply_to=str(message.reply_to) if message.reply_to else None,
        reply=reply_preview(replied, names),
        created_at=iso(message.created_at) or "",
        edited_at=iso(message.edited_at),
        deleted_at=None,
    )


def chat_updated(chat: Chat) -> ChatUpdated:
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
    return ChatState(
        **vars(chat_updated(chat)),
        permissions={str(user_id): flags for user_id, flags in permissions.items()},
        read_markers={str(user_id): seq for user_id, seq in read_markers.items()},
    )


def permissions_changed(allowed: Permissions, rev: int) -> PermissionsChanged:
    return PermissionsChanged(
        chat_id=str(allowed.chat.pk), rev=rev, user_id=allowed.user_id, **allowed.as_flags()
    )


def message_read(chat_id: uuid.UUID, message_id: uuid.UUID, user_id: int, seq: int) -> MessageRead:
    return MessageRead(message_id=str(message_id), chat_id=str(chat_id), user_id=user_id, seq=seq)


def chat_activity(data: dict[str, Any]) -> ChatActivity:
    """The chat list's small event, from the data of an event of a chat's latest message."""
    return ChatActivity(
        chat_id=data["chat_id"],
        seq=data["seq"],
        rev=data["rev"],
        message_id=data["message_id"],
        sender_id=data["sender_id"],
        sender_name=data.get("sender_name", ""),
        preview=data.get("content", "")[:PREVIEW_LENGTH],
        created_at=data["created_at"],
        deleted_at=data["deleted_at"],
    )


def encode(event: Event | dict[str, Any]) -> bytes:
    """The text of an event's frame, in UTF-8."""
    return orjson.dumps(event.frame() if isinstance(event, Event) else event)


# To the groups -----------------------------------------------------------------------------------


async def publish(group: str, message: dict[str, Any]) -> None:
    """Send to a group; a layer that is away or slow costs a second and a line in the log."""
    try:
        async with asyncio.timeout(layer.TIMEOUT):  # a task less than `wait_for`
            await _layer().group_send(group, message)
    except Exception as error:
        _not_told(group, error)


def publish_now(group: str, message: dict[str, Any]) -> None:
    """The same from sync code."""
    try:
        _layer().group_send_now(group, message)
    except Resting:
        pass  # what it rests from was logged
    except redis.RedisError as error:
        _not_told(group, error)


def _layer() -> Any:
    return get_channel_layer()


def _not_told(group: str, error: Exception) -> None:
    logger.warning("Not told to %s: %s", group, str(error) or type(error).__name__)


async def abroadcast(group: str, event: Event) -> None:
    """Tell a group an event, from async code."""
    await publish(group, _to_hubs(group, event))


def broadcast(group: str, *events: Event) -> None:
    """Tell a group events in this order, from sync code."""
    publish_now(group, _to_hubs(group, *events))


def _to_hubs(group: str, *events: Event) -> dict[str, Any]:
    return {"type": "hub.events", "group": group, "frames": [event.frame() for event in events]}


def broadcast_to_users(user_ids: Iterable[int], event: Event) -> None:
    """Tell the sockets of each of these people."""
    for user_id in user_ids:
        broadcast(user_group(user_id), event)


def close_sockets(
    group: str,
    code: int,
    reason: str,
    *,
    sign_in: uuid.UUID | None = None,
    spared: uuid.UUID | None = None,
) -> None:
    """Close all sockets of a group, those of one sign-in, or all but those, on every process."""
    message = {"type": "hub.close", "group": group, "code": code, "reason": reason}
    which = {"sign_in": sign_in and sign_in.hex, "spared": spared and spared.hex}
    publish_now(group, {**message, **which})
