"""The bases of all events, and the events that are not changes of a chat.

`docs/events.md` documents every event for clients.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import orjson

Json = dict[str, Any]  # an event as JSON: {"type": …, "data": {…}}
ForChatList = tuple["Event", int | None]  # an event and its only recipient; None: everyone

_types: dict[str, type[Event]] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """A message to sockets: `{"type": type, "data": the fields}`."""

    type: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        if "type" in vars(cls):
            _types[cls.type] = cls

    @property
    def data(self) -> dict[str, Any]:
        """The fields, as JSON types."""
        return dict(vars(self))

    @classmethod
    def names(cls) -> set[str]:
        """The names of the fields of `data`."""
        return {field.name for field in fields(cls)}

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        """The event with these fields; raises `TypeError` for an unknown one."""
        return cls(**data)

    def to_json(self) -> Json:
        """The event as JSON."""
        return {"type": self.type, "data": self.data}

    def encode(self) -> bytes:
        """The text of a WebSocket frame, in UTF-8."""
        return orjson.dumps(self.to_json())

    def for_chat_list(self) -> ForChatList | None:
        """What chat lists receive of it; None: nothing."""
        return None


def event_of(data: Json) -> Event:
    """The event received as JSON from the channel layer."""
    return _types[data["type"]].of(data["data"])


@dataclass(frozen=True, kw_only=True)
class Change(Event):
    """A change of a chat; after `rev` n, a client receives n + 1 next."""

    chat_id: str
    rev: int


# People in a chat ------------------------------------------------------------------------------


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


# To one socket ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Welcome(Event):
    """First frame of a chat's socket: the chat's last numbers, and who is online.

    `read_markers` has the markers, by user id, that moved in the last `covers` seconds.
    """

    type = "welcome"
    chat_id: str
    user_id: int
    last_seq: int
    last_rev: int
    online: list[int]
    read_markers: dict[str, int]
    covers: float


@dataclass(frozen=True, kw_only=True)
class Watching(Event):
    """First frame of a chat list: every chat of the person, and the `seq` of its latest message."""

    type = "watching"
    user_id: int
    last_seqs: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Authenticated(Event):
    """The answer to a newer access token: how long the socket may now stay open."""

    type = "authenticated"
    expires_at: str


@dataclass(frozen=True, kw_only=True)
class Pong(Event):
    """The answer to a ping."""

    type = "pong"


@dataclass(frozen=True, kw_only=True)
class Error(Event):
    """What was wrong with a frame; sent only to its sender."""

    type = "error"
    code: str  # invalid_json, validation_error, rate_limited, unavailable, server_error
    message: str
    field: str | None = None
    retry_after: float | None = None  # seconds


# To chat lists ---------------------------------------------------------------------------------


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
