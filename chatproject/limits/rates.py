"""Rates: `10/5m` allows ten at once, and after that one every half minute.

This is the generic cell rate algorithm: all that is stored is `due`, the time at which everything
spent will have come back. Times are in microseconds, by any one clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

MOST = 1_000_000
LONGEST = 30 * 24 * 3600  # seconds
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}


@dataclass(frozen=True)
class Rate:
    """Up to `amount` at once, which come back evenly over `seconds`."""

    amount: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Parse `60/10s`, `10/5m` or `3/1h`; raises ValueError for anything else."""
        match = re.fullmatch(r"(\d{1,7})/(\d{1,7})([smhd])", text.strip(), re.ASCII)
        if match:
            rate = cls(int(match[1]), int(match[2]) * UNITS[match[3]])
            if 1 <= rate.amount <= MOST and 1 <= rate.seconds <= LONGEST:
                return rate
        raise ValueError(f"1 to {MOST} in 1 second to 30 days, such as 60/10s, 10/5m or 3/1h")

    @cached_property
    def interval(self) -> int:
        """Microseconds after which one comes back."""
        return self.seconds * 1_000_000 // self.amount

    @cached_property
    def window(self) -> int:
        """Microseconds after which all have come back."""
        return self.interval * self.amount

    def take(self, due: int, now: int) -> tuple[int, int]:
        """Spend one at `now`: the new `due` (0 at first), and the wait if none is left, else 0."""
        if not now <= due <= now + self.window:  # all have come back, or the clock was set back
            due = now
        wait = due + self.interval - self.window - now
        return (due, wait) if wait > 0 else (due + self.interval, 0)
