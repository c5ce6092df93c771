"""Events that one socket alone is sent."""

from __future__ import annotations

from dataclasses import dataclass

from .types import Event


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
