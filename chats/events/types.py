"""The bases of all events.

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
