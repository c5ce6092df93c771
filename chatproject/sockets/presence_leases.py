"""Who is in a chat now, across all processes: leases in the Redis of the channel layer.

A process holds and renews one lease per person and chat. A person joins with the first lease and
leaves with the last one given back, or when the leases of a dead process expire. Times are by the
Redis's clock.
"""

from __future__ import annotations

import uuid
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache, partial

import redis
from django.conf import settings

from chatproject.stores.redis_client import AsyncRedisClients, Command, RedisClient

from .coalescer import Coalescer

LEASE = settings.PRESENCE_LEASE  # seconds
RENEWAL = LEASE / 4  # seconds; a dead process is noticed within a lease and a renewal
TIMEOUT = 1.0  # seconds for one answer
REST = 2.0  # seconds for which a Redis that missed an answer isn't asked
AT_ONCE = 20  # round trips of a process at a time, each on its own connection
BATCH = 50  # leases that are taken, or chats whose leases are renewed, by one round trip

# KEYS: the chat's people (score: when their last lease ends), then each person's leases by process.
# ARGV: the process, the seconds of a lease, the people. Returns those who weren't there before.
JOIN = """
local now = tonumber(redis.call('TIME')[1])
local new = {}
for i = 2, #KEYS do
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
  if redis.call('ZCARD', KEYS[i]) == 0 then new[#new + 1] = ARGV[i + 1] end
  redis.call('ZADD', KEYS[i], now + ARGV[2], ARGV[1])
  redis.call('EXPIRE', KEYS[i], ARGV[2])
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[i + 1])
end
redis.call('EXPIRE', KEYS[1], ARGV[2] * 2)
return new
"""
# KEYS: the chat's people, the person's leases. ARGV: the process, the person.
# Returns 1 if that was the person's last lease.
LEAVE = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local held = redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('ZCARD', KEYS[2]) > 0 then return 0 end
redis.call('ZREM', KEYS[1], ARGV[2])
return held
"""
# KEYS: the chat's people.
# Returns those whose last lease has expired, each to one caller only.
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
    """The URL of the Redis that holds a chat's presence."""
    return settings.REDIS_URLS[zlib.crc32(chat_id.bytes) % len(settings.REDIS_URLS)]


def _keys(chat_id: uuid.UUID, *user_ids: int) -> list[str]:
    key = f"presence:{chat_id.hex}"
    return [key, *(f"{key}:{user_id}" for user_id in user_ids)]


def _online(chat_id: uuid.UUID) -> Command:
    return ("EVAL", ONLINE, 1, *_keys(chat_id))


def _ids(members: Iterable[bytes]) -> list[int]:
    return sorted(int(member) for member in members)


@cache
def _client(url: str) -> RedisClient:
    """This process's client of a Redis; thread-safe, and safe after a fork."""
    return RedisClient(url, timeout=TIMEOUT, rest=REST)


def online(chat_id: uuid.UUID) -> list[int]:
    """The sorted ids of the people in a chat now; empty while the Redis is away."""
    try:
        return _ids(_client(_url(chat_id)).ask(*_online(chat_id)))
    except redis.RedisError:
        return []


class PresenceLeases:
    """The leases of one process, for use in one event loop."""

    def __init__(self) -> None:
        self.process = uuid.uuid4().hex
        self._redis = AsyncRedisClients(timeout=TIMEOUT, rest=REST, at_once=AT_ONCE)
        self._joins = {
            url: Coalescer(partial(self._join_together, url), at_most=BATCH)
            for url in settings.REDIS_URLS
        }

    async def join(self, chat_id: uuid.UUID, user_id: int) -> tuple[bool, list[int]]:
        """Take or renew a lease; returns whether the person is new, and the ids of all present."""
        return await self._joins[_url(chat_id)].ask((chat_id, user_id))

    async def _join_together(
        self, url: str, people: list[tuple[uuid.UUID, int]]
    ) -> list[tuple[bool, list[int]]]:
        chats: defaultdict[uuid.UUID, list[int]] = defaultdict(list)
        for chat_id, user_id in people:
            chats[chat_id].append(user_id)
        commands: list[Command] = []
        for chat_id, user_ids in chats.items():
            commands += self._join(chat_id, user_ids), _online(chat_id)
        ids = list(map(_ids, await self._redis.ask(url, *commands)))
        new, there = (dict(zip(chats, one, strict=True)) for one in (ids[::2], ids[1::2]))
        return [(user_id in new[chat_id], there[chat_id]) for chat_id, user_id in people]

    async def online(self, chat_id: uuid.UUID) -> list[int]:
        """The sorted ids of the people in a chat now."""
        return _ids((await self._redis.ask(_url(chat_id), _online(chat_id)))[0])

    async def leave(self, chat_id: uuid.UUID, user_id: int) -> bool:
        """Give a lease back; True if it was the person's last one in the chat."""
        leave: Command = ("EVAL", LEAVE, 2, *_keys(chat_id, user_id), self.process, user_id)
        return bool((await self._redis.ask(_url(chat_id), leave))[0])

    async def renew(
        self, people: Mapping[uuid.UUID, list[int]]
    ) -> list[tuple[uuid.UUID, list[int], list[int]]]:
        """Renew leases; returns by chat the ids of who is new, and of whose leases expired."""
        shards = defaultdict(list)
        for chat_id in people:
            shards[_url(chat_id)].append(chat_id)
        answers = []
        for url, chat_ids in shards.items():
            for start in range(0, len(chat_ids), BATCH):
                batch = chat_ids[start : start + BATCH]
                commands: list[Command] = []
                for chat_id in batch:
                    expire: Command = ("EVAL", EXPIRE, 1, *_keys(chat_id))
                    commands += [self._join(chat_id, people[chat_id]), expire]
                ids = list(map(_ids, await self._redis.ask(url, *commands)))
                answers += list(zip(batch, ids[::2], ids[1::2], strict=True))
        return answers

    async def close(self) -> None:
        """Close the connections; leases that weren't given back expire."""
        await self._redis.close()

    def _join(self, chat_id: uuid.UUID, user_ids: list[int]) -> Command:
        keys = _keys(chat_id, *user_ids)
        return "EVAL", JOIN, len(keys), *keys, self.process, LEASE, *user_ids
