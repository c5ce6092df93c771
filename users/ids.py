"""Ids of people: none is given twice, whatever is restored from a backup.

A number that a table counts begins again where the backup ends, and MongoDB may know more people
than that: whoever registers next would be one of them. So an id is the moment at which it was made.
"""

from __future__ import annotations

import threading
import time

EPOCH = 1_735_689_600  # 2025-01-01T00:00:00Z; ids fit JavaScript's numbers until 2310

_lock = threading.Lock()
_last = 0


def new_id() -> int:
    """The microseconds since 2025, or one more than the last of this process."""
    global _last
    with _lock:
        _last = max(_last + 1, time.time_ns() // 1000 - EPOCH * 1_000_000)
        return _last
