"""Redis clients that never wait long: after a missed answer they rest."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

Command = Sequence[str | bytes | float]
# Each connection fails once after the server restarts. No second wait for an answer that is missed.
ONCE_MORE: dict[str, Any] = {"retries": 1, "supported_errors": (redis.ConnectionError,)}


class Resting(redis.ConnectionError):
    """The Redis missed an answer a moment ago, so it wasn't asked."""


class Rest:
    """Whether a Redis isn't to be asked now."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = 0.0  # by the monotonic clock

    def begin(self) -> None:
        """Rest from now on."""
        self._until = time.monotonic() + self._seconds

    def check(self) -> None:
        """Raise `Resting` while it lasts."""
        if time.monotonic() < self._until:
            raise Resting("No answer came in time a moment ago.")


class RedisClient:
    """A thread-safe client of one Redis that rests after a missed answer."""

    def __init__(self, url: str, *, timeout: float, rest: float) -> None:
        """Wait `timeout` seconds for an answer; after a missed one, rest for `rest` seconds."""
        self._redis = redis.Redis.from_url(
            url,
            retry=Retry(NoBackoff(), **ONCE_MORE),
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
        )
        self._rest = Rest(rest)

    def ask(self, *command: str | bytes | float) -> Any:
        """The answer to a command; `RedisError` after the timeout, or at once while it rests."""
        self._rest.check()
        try:
            return self._redis.execute_command(*command)
        except redis.TimeoutError:
            self._rest.begin()
            raise


class AsyncRedisClients:
    """Clients of any number of Redis for one event loop, each of which rests after a missed answer.

    `at_once`: round trips at a time, each on a connection of its own.
    """

    def __init__(self, *, timeout: float, rest: float, at_once: int) -> None:
        self._timeout = timeout
        self._slots = asyncio.Semaphore(at_once)
        self._rests: defaultdict[str, Rest] = defaultdict(lambda: Rest(rest))
        self._clients: dict[str, redis.asyncio.Redis] = {}

    async def ask(self, url: str, *commands: Command) -> list[Any]:
        """The answers to commands, by one round trip; `RedisError` as `RedisClient.ask`."""
        async with self._slots:
            self._rests[url].check()
            pipe: Any = self._client(url).pipeline(transaction=False)
            for command in commands:
                pipe.execute_command(*command)
            try:
                return list(await pipe.execute())
            except redis.TimeoutError:
                self._rests[url].begin()
                raise

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.aclose()

    def _client(self, url: str) -> redis.asyncio.Redis:
        if url not in self._clients:
            self._clients[url] = redis.asyncio.Redis.from_url(
                url,
                retry=AsyncRetry(NoBackoff(), **ONCE_MORE),
                socket_timeout=self._timeout,
                socket_connect_timeout=self._timeout,
            )
        return self._clients[url]
