"""With this folder on PYTHONPATH a process starts with a clock that is an hour late."""

import time

LATE = 3600  # seconds

_time, _time_ns = time.time, time.time_ns
time.time = lambda: _time() - LATE  # type: ignore[assignment]
time.time_ns = lambda: _time_ns() - LATE * 10**9  # type: ignore[assignment]
