"""Events for chat lists."""

from __future__ import annotations

from dataclasses import dataclass

from .types import Event


@dataclass(frozen=True, kw_only=True)
class ChatActivity(Event):
    """The current state of a chat's latest message, for chat lists."""

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
    mention_ids: list[int]
    mentions_all: bool


@dataclass(frozen=True, kw_only=True)
class MentionsChanged(Event):
    """An earlier message of a chat was edited or deleted: whom it mentions now, for chat lists."""

    type = "mentions_changed"
    chat_id: str
    seq: int
    sender_id: int
    mention_ids: list[int]
    mentions_all: bool


@dataclass(frozen=True, kw_only=True)
class ChatAdded(Event):
    """A person became a member of a chat."""

    type = "chat_added"
    chat_id: str
    name: str
    is_group: bool


@dataclass(frozen=True, kw_only=True)
class BlockChanged(Event):
    """The person has blocked or unblocked somebody, here or elsewhere."""

    type = "block_changed"
    user_id: int
    is_blocked: bool


@dataclass(frozen=True, kw_only=True)
class ChatCleared(Event):
    """The person has cleared a chat for themselves: they read what comes after `since_seq`."""

    type = "chat_cleared"
    chat_id: str
    user_id: int
    since_seq: int


@dataclass(frozen=True, kw_only=True)
class ChatUnread(Event):
    """The person has marked messages from `unread_from` on as unread; null: has read on since."""

    type = "chat_unread"
    chat_id: str
    user_id: int
    unread_from: int | None


@dataclass(frozen=True, kw_only=True)
class ChatRemoved(Event):
    """A chat is no longer in a person's list; `reason` is `removed` or `deleted`."""

    type = "chat_removed"
    chat_id: str
    reason: str
