"""UUID version 7: 48 bits of Unix time in milliseconds, then random bits (RFC 9562, 5.7)."""

import os
import time
import uuid


def uuid7() -> uuid.UUID:
    """A new time-ordered UUID, so that new messages are neighbours in the `_id` index."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    return uuid.UUID(int=value & ~(0x3 << 62) | (0x2 << 62))
