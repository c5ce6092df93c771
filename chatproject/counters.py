"""Counters of limits in a Redis, shared by all processes, and in this one while that is away.

The clock is the Redis's own, so processes whose clocks differ count alike.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import cache
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .rates import Rate

logger = logging.getLogger(__name__)

TIMEOUT = 0.5  # seconds for one answer; a limit isn't worth a longer wait
AWAY = 1.0  # seconds for which a Redis that didn't answer isn't asked again
KEPT = 10_000  # keys that a process counts while the Redis is away

# KEYS: the counter, in each. As `Rate.take`. ARGV: the interval and the window of the rate.
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
# ARGV: the interval of the rate.
GIVE_BACK = """
local due = redis.call('GET', KEYS[1])
if not due then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', due - ARGV[1]), 'KEEPTTL')
return 1
"""
# ARGV: seconds.
REMEMBER = "redis.call('SET', KEYS[1], 1, 'EX', ARGV[1]) return 1"
IS_REMEMBERED = "return redis.call('EXISTS', KEYS[1])"


class Line:
    """Connections to one Redis; for any thread.

    The client of redis-py takes twice the CPU for a call, and every message makes one.
    """

    def __init__(self, url: str) -> None:
        self._pool = redis.ConnectionPool.from_url(  # makes the connections, keeps none
            url,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
        )
        self._idle: list[Any] = []

    def ask(self, *command: str | int) -> Any:
        """The answer to a command; `RedisError` after at most two `TIMEOUT`s."""
        try:
            return self._ask(*command)
        except redis.ConnectionError:  # after a restart of the server each fails once
            self._idle.clear()
            return self._ask(*command)

    def _ask(self, *command: str | int) -> Any:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._pool.make_connection()
        try:
            connection.send_command(*command)
            answer = connection.read_response()
        except BaseException:  # an answer may still come, to whoever asks next
            connection.disconnect()
            raise
        self._idle.append(connection)
        return answer


class Counters:
    """The counters of one Redis; for any thread."""

    def __init__(self, url: str) -> None:
        self._line = Line(url)
        self._memory = Memory()
        self._away_until = 0.0  # by the monotonic clock; 0: it answers

    def take(self, key: str, rate: Rate) -> int:
        """Spend one: 0, or microseconds until there is one again."""
        wait = self._eval(TAKE, key, rate.interval, rate.window)
        return self._memory.take(key, rate) if wait is None else wait

    def give_back(self, key: str, rate: Rate) -> None:
        """Spend one less, wherever it was spent."""
        if self._eval(GIVE_BACK, key, rate.interval) is None:
            self._memory.give_back(key, rate)

    def remember(self, key: str, seconds: int) -> None:
        """Keep a key for so long; forgotten if the Redis is away or starts empty."""
        self._eval(REMEMBER, key, seconds)

    def is_remembered(self, key: str) -> bool:
        return bool(self._eval(IS_REMEMBERED, key))

    def _eval(self, script: str, key: str, *values: int) -> Any:
        """What the script answers, a number; None while the Redis is away."""
        if self._away_until and time.monotonic() < self._away_until:
            return None
        try:
            answer = self._line.ask("EVAL", script, 1, key, *values)
        except redis.RedisError as error:
            if not self._away_until:
                logger.warning("Limits are counted by each process for itself: %s", error)
            self._away_until = time.monotonic() + AWAY
            return None
        self._away_until = 0.0
        return answer


class Memory:
    """The same in this process; the oldest keys go when there are too many."""

    def __init__(self) -> None:
        self._due: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, key: str, rate: Rate) -> int:
        with self._lock:
            due, wait = rate.take(self._due.pop(key, 0), time.monotonic_ns() // 1000)
            self._due[key] = due
            if len(self._due) > KEPT:
                del self._due[next(iter(self._due))]
        return wait

    def give_back(self, key: str, rate: Rate) -> None:
        with self._lock:
            if key in self._due:
                self._due[key] -= rate.interval


@cache
def counters(url: str) -> Counters:
    """This process's counters in a Redis."""
    return Counters(url)
