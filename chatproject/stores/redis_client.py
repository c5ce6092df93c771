"""What sync code asks a Redis, never waiting for long."""

from __future__ import annotations

import time
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


class Resting(redis.ConnectionError):
    """It didn't answer in time a moment ago, so it wasn't asked."""


class RedisClient:
    """The client of one Redis, which rests after a missed answer; for any thread."""

    def __init__(self, url: str, *, timeout: float, rest: float) -> None:
        """`timeout` in seconds for an answer; after one was missed, none is asked for `rest`."""
        self._redis = redis.Redis.from_url(
            url,
            # After a restart of the server each connection fails once.
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
        )
        self._rest = rest
        self._resting_until = 0.0  # by the monotonic clock

    def ask(self, *command: str | bytes | int) -> Any:
        """The answer to a command; `RedisError` after `timeout` at most, or at once."""
        if time.monotonic() < self._resting_until:
            raise Resting("No answer came in time a moment ago.")
        try:
            return self._redis.execute_command(*command)
        except redis.TimeoutError:
            self._resting_until = time.monotonic() + self._rest
            raise
