"""UUID version 7: 48 bits of Unix time in milliseconds, then random bits (RFC 9562, 5.7)."""

import os
import time
import uuid
from datetime import datetime


def uuid7(moment: datetime | None = None) -> uuid.UUID:
    """A new time-ordered UUID, so that new messages are neighbours in the `_id` index.

    Its time is `moment` (not before 1970), or now.
    """
    milliseconds = _milliseconds(moment) if moment else time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    return uuid.UUID(int=value & ~(0x3 << 62) | (0x2 << 62))


def uuid7_bound(moment: datetime) -> uuid.UUID:
    """A bound for ids: those from this moment on are above it, earlier ones below."""
    return uuid.UUID(int=_milliseconds(moment) << 80)


def _milliseconds(moment: datetime) -> int:
    return min(max(round(moment.timestamp() * 1000), 0), (1 << 48) - 1)
