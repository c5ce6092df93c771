"""Frames that clients send: parsed, checked, counted."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import Any

import orjson
from django.conf import settings

from chatproject.limits.rates import Rate
from chatproject.stores.outages import RETRY_AFTER, is_away
from chats import events
from chats.protocol import FRAME_MAX_BYTES

logger = logging.getLogger(__name__)

AWAY = "The chat can't be reached right now. Please try again in a moment."
FLOOD = 10  # times the limit at which a socket is closed


class FrameError(Exception):
    """What is wrong with a client's frame; reported only to its sender."""

    def __init__(self, message: str, *, code: str = "validation_error", **details: Any) -> None:
        super().__init__(message)
        self.error = events.Error(code=code, message=message, **details)


class FrameLimit:
    """The rate of frames that one socket may send: the setting `LIMIT_FRAMES`."""

    __slots__ = ("_due", "_surplus_due")

    def __init__(self) -> None:
        self._due = self._surplus_due = 0  # see `Rate.take`: of all frames, of surplus ones

    def count(self, on_flood: Callable[[], None]) -> None:
        """Raise `FrameError` for a frame over the limit; call `on_flood` for one far over it."""
        rate, moment = settings.LIMIT_FRAMES, time.monotonic_ns() // 1000
        self._due, wait = rate.take(self._due, moment)
        if not wait:
            return
        surplus = Rate(rate.amount * (FLOOD - 1), rate.seconds)
        self._surplus_due, flooding = surplus.take(self._surplus_due, moment)
        if flooding:
            on_flood()
        text = f"At most {rate.amount} frames in {rate.seconds} s are taken; this one was not."
        seconds = math.ceil(wait / 1000) / 1000
        raise FrameError(text, code="rate_limited", retry_after=seconds)


def parse(text: str | None) -> dict[str, Any]:
    """The frame `{"type": …, "data": {…}}` from at most 64 KiB of JSON, or raise `FrameError`."""
    if text is None:
        raise FrameError("Frames are JSON text, not binary.", code="invalid_json")
    if len(text) > FRAME_MAX_BYTES or len(text.encode(errors="replace")) > FRAME_MAX_BYTES:
        raise FrameError(f"A frame has at most {FRAME_MAX_BYTES} bytes.", field="frame")
    try:
        frame = orjson.loads(text)
    except ValueError as error:
        raise FrameError(f"Not JSON: {error}", code="invalid_json") from None
    return fields_of("frame", frame, {"type": str, "data": dict})


def fields_of(name: str, value: Any, types: dict[str, type]) -> dict[str, Any]:
    """`value` if it has exactly these fields and types; raises a `FrameError` naming the field."""
    if not isinstance(value, dict):
        raise FrameError("This must be an object.", field=name)
    for field in value.keys() - types.keys():
        raise FrameError("There is no such field.", field=str(field)[:64])
    for field, kind in types.items():
        if field not in value:
            raise FrameError("This field is required.", field=field)
        if type(value[field]) is not kind:
            raise FrameError(f"This must be {_NAMES[kind]}.", field=field)
    return value


_NAMES = {str: "a string", bool: "true or false", dict: "an object"}


def failure(error: Exception) -> events.Error:
    """The error sent when a frame failed through no fault of its sender."""
    if is_away(error):  # logged once for all frames
        return events.Error(code="unavailable", message=AWAY, retry_after=RETRY_AFTER)
    logger.error("A frame failed", exc_info=error)
    return events.Error(code="server_error", message="Something went wrong here.")
