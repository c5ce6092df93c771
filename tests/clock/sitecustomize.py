"""Sets the clock of a Python process: this folder on `PYTHONPATH`, `CLOCK_OFFSET` in seconds.

Monotonic clocks go on as they are, as they do when the clock of a machine is set.
"""

# mypy: ignore-errors

import datetime
import os
import time

OFFSET = float(os.environ["CLOCK_OFFSET"])
_time, _time_ns, _datetime = time.time, time.time_ns, datetime.datetime


class _AnyDateTime(type(_datetime)):
    """What C code makes is an instance too."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _datetime)


class _DateTime(_datetime, metaclass=_AnyDateTime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> _datetime:
        return _datetime.now(tz) + datetime.timedelta(seconds=OFFSET)

    @classmethod
    def utcnow(cls) -> _datetime:
        return _datetime.utcnow() + datetime.timedelta(seconds=OFFSET)


time.time = lambda: _time() + OFFSET
time.time_ns = lambda: _time_ns() + int(OFFSET * 1_000_000_000)
datetime.datetime = _DateTime
