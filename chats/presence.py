"""Who is in a chat now, over all processes: leases in the Redis of the channel layer.

A process holds a lease a person and chat, and renews it. A person joins with the first lease and
leaves with the last, or when the leases of a dead process end. Times are the server's own.
"""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Iterable
from typing import Any

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

LEASE = settings.PRESENCE_LEASE  # seconds
RENEWAL = LEASE / 4  # seconds; a dead process is noticed within a lease and a renewal
TIMEOUT = 2  # seconds for one command

# KEYS: the chat's people (score: when their last lease ends), one person's leases by process.
# Answers 1 if the person wasn't there before.
JOIN = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local first = redis.call('ZCARD', KEYS[2]) == 0
redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[3])
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3] * 2)
return first and 1 or 0
"""
# Answers 1 if that was the person's last lease.
LEAVE = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local held = redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('ZCARD', KEYS[2]) > 0 then return 0 end
redis.call('ZREM', KEYS[1], ARGV[2])
return held
"""
# Answers the people whose last lease has ended, each to one caller only.
EXPIRE = """
local now = tonumber(redis.call('TIME')[1])
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)
if #gone > 0 then redis.call('ZREM', KEYS[1], unpack(gone)) end
return gone
"""
ONLINE = """
local now = tonumber(redis.call('TIME')[1])
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')
"""


def _url(chat_id: uuid.UUID) -> str:
    """The Redis that holds this chat's presence."""
    return settings.REDIS_URLS[zlib.crc32(chat_id.bytes) % len(settings.REDIS_URLS)]


def _keys(chat_id: uuid.UUID, user_id: int) -> list[str]:
    return [f"presence:{chat_id.hex}", f"presence:{chat_id.hex}:{user_id}"]


_OPTIONS: dict[str, Any] = {
    "socket_timeout": TIMEOUT,
    "socket_connect_timeout": TIMEOUT,
    "decode_responses": True,
}


def online(chat_id: uuid.UUID) -> list[int]:
    """Ids of the people in this chat now; empty when the Redis is away."""
    try:
        with redis.Redis.from_url(_url(chat_id), **_OPTIONS) as client:
            return _ids(client.eval(ONLINE, 1, *_keys(chat_id, 0)[:1]))
    except redis.RedisError:
        return []


def _ids(members: Iterable[str]) -> list[int]:
    return sorted(int(member) for member in members)


class Presence:
    """The leases of one process; belongs to one event loop."""

    def __init__(self) -> None:
        self.process = uuid.uuid4().hex
        self._clients: dict[str, redis.asyncio.Redis] = {}

    def _client(self, chat_id: uuid.UUID) -> redis.asyncio.Redis:
        url = _url(chat_id)
        if url not in self._clients:
            # After a restart of the server a connection fails once.
            retry = Retry(NoBackoff(), 1)
            self._clients[url] = redis.asyncio.Redis.from_url(url, retry=retry, **_OPTIONS)
        return self._clients[url]

    async def _eval(self, script: str, chat_id: uuid.UUID, user_id: int, *args: Any) -> Any:
        keys = _keys(chat_id, user_id)
        return await self._client(chat_id).eval(script, len(keys), *keys, *args)

    async def join(self, chat_id: uuid.UUID, user_id: int) -> bool:
        """Take or renew the lease; True if the person wasn't in the chat before."""
        return bool(await self._eval(JOIN, chat_id, user_id, self.process, user_id, LEASE))

    async def leave(self, chat_id: uuid.UUID, user_id: int) -> bool:
        """Give the lease back; True if the person has left the chat."""
        return bool(await self._eval(LEAVE, chat_id, user_id, self.process, user_id))

    async def expire(self, chat_id: uuid.UUID) -> list[int]:
        """The people whose leases have ended without being given back."""
        return _ids(await self._eval(EXPIRE, chat_id, 0))

    async def online(self, chat_id: uuid.UUID) -> list[int]:
        return _ids(await self._eval(ONLINE, chat_id, 0))

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()
