"""Tries of a write that somebody else was faster than."""

from __future__ import annotations

import random
import time

from pymongo.errors import WTimeoutError

from .outages import seconds_left

FIRST_WAIT, LONGEST_WAIT = 0.001, 0.03  # seconds, on average half of it


class Retries:
    """Waits between tries: not after the first, then for a random time that doubles each time.

    See "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 (full jitter).
    """

    def __init__(self) -> None:
        self.count = 0

    def wait(self) -> None:
        """Wait for the next try; raises `WTimeoutError` after the deadline."""
        self.count += 1
        if seconds_left() <= 0:
            raise WTimeoutError("Others were faster each time.")
        if self.count > 1:
            most = min(FIRST_WAIT * 2**self.count, LONGEST_WAIT)
            time.sleep(random.uniform(0, most))  # noqa: S311 - no secret
