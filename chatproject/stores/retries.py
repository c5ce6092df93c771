"""Tries of a write that somebody else was faster than."""

from __future__ import annotations

import random
import time

from .outages import TooSlow, is_away, seconds_left

FIRST_WAIT, LONGEST_WAIT = 0.001, 0.03  # seconds, on average half of it


class Retries:
    """Waits between tries: not after the first, then for a random time that doubles each time.

    See "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 (full jitter).
    """

    def __init__(self) -> None:
        self.count = 0

    def wait(self, error: Exception | None = None) -> None:
        """Wait for the next try, after an error if there was one.

        After the deadline it raises `TooSlow`, or the error if that says that a store is away.
        """
        self.count += 1
        if seconds_left() <= 0:
            if error is not None and is_away(error):
                raise error
            raise TooSlow("Others were faster each time.")
        if self.count > 1:
            most = min(FIRST_WAIT * 2**self.count, LONGEST_WAIT)
            time.sleep(random.uniform(0, most))  # noqa: S311 - no secret
