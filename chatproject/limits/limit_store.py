"""The counts of rate limits: in a Redis that all processes share, or in this process without it.

The clock is the Redis's own, so differing clocks of the processes don't matter.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import cache
from typing import Any

import redis

from chatproject.stores.redis_client import RedisClient

from .rates import Rate

logger = logging.getLogger(__name__)

TIMEOUT = 0.8  # seconds for one answer; a limit isn't worth a longer wait
REST = 1.0  # seconds for which a Redis that didn't answer isn't asked again
KEPT = 10_000  # keys that a process counts while the Redis is away

# The same as `Rate.take`. KEYS (of every script here): the counter. ARGV: the rate's interval and
# window, in microseconds.
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local due = tonumber(redis.call('GET', KEYS[1]) or 0)
if due < now or due > now + window then due = now end
local wait = due + interval - window - now
if wait > 0 then return wait end
due = due + interval
redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000))
return 0
"""
# ARGV: the rate's interval, in microseconds.
GIVE_BACK = """
local due = redis.call('GET', KEYS[1])
if not due then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', due - ARGV[1]), 'KEEPTTL')
return 1
"""
# ARGV: seconds.
REMEMBER = "redis.call('SET', KEYS[1], 1, 'EX', ARGV[1]) return 1"
IS_REMEMBERED = "return redis.call('EXISTS', KEYS[1])"


class LimitStore:
    """The counts in one Redis; thread-safe."""

    def __init__(self, url: str) -> None:
        self._client = RedisClient(url, timeout=TIMEOUT, rest=REST)
        self._memory = Memory()
        self._is_away = False

    def take(self, key: str, rate: Rate) -> int:
        """Count one action: 0, or the microseconds to wait if none is left."""
        wait = self._eval(TAKE, key, rate.interval, rate.window)
        return self._memory.take(key, rate) if wait is None else wait

    def give_back(self, key: str, rate: Rate) -> None:
        """Take back one action that was counted."""
        if self._eval(GIVE_BACK, key, rate.interval) is None:
            self._memory.give_back(key, rate)

    def remember(self, key: str, seconds: int) -> None:
        """Keep a key for this many seconds; lost if the Redis is away or restarts empty."""
        self._eval(REMEMBER, key, seconds)

    def is_remembered(self, key: str) -> bool:
        """Whether a key is kept; False while the Redis is away."""
        return bool(self._eval(IS_REMEMBERED, key))

    def _eval(self, script: str, key: str, *values: int) -> Any:
        """The number that a script returns; None while the Redis is away."""
        try:
            answer = self._client.ask("EVAL", script, 1, key, *values)
        except redis.RedisError as error:
            if not self._is_away:
                logger.warning("Limits are counted by each process for itself: %s", error)
            self._is_away = True
            return None
        self._is_away = False
        return answer


class Memory:
    """The counts in this process: of up to `KEPT` keys, the least recently used go first."""

    def __init__(self) -> None:
        self._due: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, key: str, rate: Rate) -> int:
        """Count one action: 0, or the microseconds to wait if none is left."""
        with self._lock:
            due, wait = rate.take(self._due.pop(key, 0), time.monotonic_ns() // 1000)
            self._due[key] = due
            if len(self._due) > KEPT:
                del self._due[next(iter(self._due))]
        return wait

    def give_back(self, key: str, rate: Rate) -> None:
        """Take back one action that was counted here."""
        with self._lock:
            if key in self._due:
                self._due[key] -= rate.interval


@cache
def limit_store(url: str) -> LimitStore:
    """This process's `LimitStore` of a Redis."""
    return LimitStore(url)
