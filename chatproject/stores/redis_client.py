"""A Redis client for sync code that never waits long."""

from __future__ import annotations

import time
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


class Resting(redis.ConnectionError):
    """The Redis missed an answer a moment ago, so it wasn't asked."""


class RedisClient:
    """A thread-safe client of one Redis that rests after a missed answer."""

    def __init__(self, url: str, *, timeout: float, rest: float) -> None:
        """Wait `timeout` seconds for an answer; after a missed one, rest for `rest` seconds."""
        self._redis = redis.Redis.from_url(
            url,
            # Each connection fails once after the server restarts.
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
        )
        self._rest = rest
        self._resting_until = 0.0  # by the monotonic clock

    def ask(self, *command: str | bytes | float) -> Any:
        """The answer to a command; `RedisError` after the timeout, or at once while it rests."""
        if time.monotonic() < self._resting_until:
            raise Resting("No answer came in time a moment ago.")
        try:
            return self._redis.execute_command(*command)
        except redis.TimeoutError:
            self._resting_until = time.monotonic() + self._rest
            raise
