"""Waiting for a condition, with a limit, instead of sleeping."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

INTERVAL = 0.02  # seconds


def wait_for(condition: Callable[[], T], seconds: float = 10, what: str = "") -> T:
    """The first true answer of `condition`; an AssertionError if none comes in time."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"Waited {seconds} s in vain {what}".strip()
        time.sleep(INTERVAL)
    return answer


async def wait_for_async(condition: Callable[[], T], seconds: float = 10, what: str = "") -> T:
    """`wait_for` that lets the event loop run."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"Waited {seconds} s in vain {what}".strip()
        await asyncio.sleep(INTERVAL)
    return answer
