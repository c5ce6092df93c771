"""What sync code asks a Redis: over connections that are kept, and never waiting for long."""

from __future__ import annotations

import os
import time
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


class Resting(redis.ConnectionError):
    """It didn't answer in time a moment ago, so it wasn't asked."""


class RedisClient:
    """Connections of this process to one Redis; for any thread.

    The client of redis-py takes twice the CPU for a call, and every message makes two.
    """

    def __init__(self, url: str, *, timeout: float, rest: float) -> None:
        """`timeout` in seconds for an answer; after one was missed, none is asked for `rest`."""
        pool = redis.ConnectionPool.from_url(  # knows what a URL means; it keeps no connection
            url,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
        )
        self._connection_class, self._options = pool.connection_class, pool.connection_kwargs
        self._rest = rest
        self._resting_until = 0.0  # by the monotonic clock
        self._idle: list[Any] = []
        self._pid = os.getpid()

    def ask(self, *command: str | bytes | int) -> Any:
        """The answer to a command; `RedisError` after `timeout` at most, or at once."""
        if time.monotonic() < self._resting_until:
            raise Resting("No answer came in time a moment ago.")
        try:
            try:
                return self._ask(*command)
            except redis.ConnectionError:  # after a restart of the server each fails once
                self._idle.clear()
                return self._ask(*command)
        except redis.TimeoutError:
            self._resting_until = time.monotonic() + self._rest
            raise

    def _ask(self, *command: str | bytes | int) -> Any:
        if os.getpid() != self._pid:  # after a fork they are the parent's
            self._idle, self._pid = [], os.getpid()
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connection_class(**self._options)
        try:
            connection.send_command(*command)
            answer = connection.read_response()
        except BaseException:  # an answer may still come, to whoever asks next
            connection.disconnect()
            raise
        self._idle.append(connection)
        return answer
