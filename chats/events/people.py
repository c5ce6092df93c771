"""What people and the bot do in a chat that is no change of it."""

from __future__ import annotations

from dataclasses import dataclass

from .types import Event, ForChatList


@dataclass(frozen=True, kw_only=True)
class MessageRead(Event):
    """A member has read every message up to this one."""

    type = "message_read"
    message_id: str
    chat_id: str
    user_id: int
    seq: int

    def for_chat_list(self) -> ForChatList | None:
        """The event itself, for the reader only."""
        return self, self.user_id


@dataclass(frozen=True, kw_only=True)
class MessageProgress(Event):
    """What the bot has written of a message until now; see `actions/streaming.py`."""

    type = "message_progress"
    message_id: str
    chat_id: str
    seq: int
    content: str
    html: str | None


@dataclass(frozen=True, kw_only=True)
class TypingIndicator(Event):
    """A person started or stopped typing."""

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
class UserRenamed(Event):
    """A person is called something else; told in each of their chats, and to their own lists."""

    type = "user_renamed"
    chat_id: str | None
    user_id: int
    username: str
    name: str

    def for_chat_list(self) -> ForChatList | None:
        """The event itself, for every member."""
        return self, None
