"""How many sockets one person has and may have, in all processes: the setting `SOCKETS_PER_PERSON`.

Each process keeps its own count in the Redis of the channel layer, for as long as a presence lease.
While that is away, each bounds its own sockets alone: nobody is locked out.
"""

from __future__ import annotations

import itertools
import logging
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache

import redis
from django.conf import settings

from chatproject.stores.redis_client import AsyncRedisClients, Command, RedisClient

from .coalescer import Coalescer

logger = logging.getLogger(__name__)

LEASE = settings.PRESENCE_LEASE  # seconds after which the sockets of a dead process don't count
TIMEOUT, REST = 0.5, 5.0  # seconds for an answer, and of rest after a missed one
AT_ONCE = 10  # round trips of a process at a time
BATCH = 200  # people whose counts are renewed by one round trip

# KEYS: a person's counts by process, each with the second at which it ends, and its version.
# ARGV: this process, its count, the seconds of a lease, the most of all processes (0: any), the
# version. Returns 0, and stores nothing, if there would be more; a newer count includes this one.
COUNT = """
local now = tonumber(redis.call('TIME')[1])
local counts, others = redis.call('HGETALL', KEYS[1]), 0
for i = 1, #counts, 2 do
  local count, ends, version = string.match(counts[i + 1], '(%d+) (%d+) (%d+)')
  if tonumber(ends) <= now then
    redis.call('HDEL', KEYS[1], counts[i])
  elseif counts[i] ~= ARGV[1] then
    others = others + tonumber(count)
  elseif tonumber(version) > tonumber(ARGV[5]) then
    return 1
  end
end
local own, most = tonumber(ARGV[2]), tonumber(ARGV[4])
if most > 0 and others + own > most then return 0 end
if own == 0 then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], own .. ' ' .. (now + ARGV[3]) .. ' ' .. ARGV[5])
  redis.call('EXPIRE', KEYS[1], ARGV[3])
end
return 1
"""
# KEYS: the counts of some people. Returns for each whether there is a socket: 1 or 0.
ONLINE = """
local now = tonumber(redis.call('TIME')[1])
local there = {}
for i = 1, #KEYS do
  there[i] = 0
  for _, count in ipairs(redis.call('HVALS', KEYS[i])) do
    if tonumber(string.match(count, '%d+ (%d+)')) > now then there[i] = 1 end
  end
end
return there
"""


def _url(user_id: int) -> str:
    """The URL of the Redis that holds a person's counts."""
    urls: list[str] = settings.REDIS_URLS
    return urls[user_id % len(urls)]


def _key(user_id: int) -> str:
    return f"sockets:{user_id}"


def _by_url(user_ids: Iterable[int]) -> dict[str, list[int]]:
    by_url: defaultdict[str, list[int]] = defaultdict(list)
    for user_id in user_ids:
        by_url[_url(user_id)].append(user_id)
    return by_url


def _online(user_ids: list[int]) -> Command:
    return ("EVAL", ONLINE, len(user_ids), *map(_key, user_ids))


def _there(user_ids: list[int], answer: list[int]) -> set[int]:
    return {user_id for user_id, is_there in zip(user_ids, answer, strict=True) if is_there}


@cache
def _client(url: str) -> RedisClient:
    """This process's client of a Redis; thread-safe, and safe after a fork."""
    return RedisClient(url, timeout=TIMEOUT, rest=REST)


def online(user_ids: Iterable[int]) -> set[int]:
    """Who of a few people has a socket now; nobody while their Redis is away."""
    there: set[int] = set()
    for url, ids in _by_url(user_ids).items():
        try:
            there |= _there(ids, _client(url).ask(*_online(ids)))
        except redis.RedisError:
            continue
    return there


class Places:
    """The sockets of each person in one event loop, from the handshake to the end."""

    def __init__(self) -> None:
        self._process = uuid.uuid4().hex
        self._taken: Counter[int] = Counter()
        self._version = itertools.count(1)  # of what is stored: round trips overtake each other
        self._changed: set[int] = set()  # whose count here has sunk since it was stored
        self._redis = AsyncRedisClients(timeout=TIMEOUT, rest=REST, at_once=AT_ONCE)
        self._lookups = Coalescer(self._online_together)

    async def take(self, user_id: int) -> bool:
        """Take a place for one more socket; False if none is left."""
        most = settings.SOCKETS_PER_PERSON
        if self._taken[user_id] >= most:
            return False
        self._taken[user_id] += 1
        fits = False
        try:
            fits = await self._is_among(user_id, most)
        finally:  # also if the handshake is cancelled
            if not fits:
                self.give_back(user_id)
        return fits

    async def _is_among(self, user_id: int, most: int) -> bool:
        try:
            [fits] = await self._redis.ask(_url(user_id), self._count(user_id, most))
        except redis.RedisError:
            return True
        return bool(fits)

    def give_back(self, user_id: int) -> None:
        """Give back the place of a socket that has ended; others know it by the next `tell`."""
        self._taken[user_id] -= 1
        self._changed.add(user_id)
        if not self._taken[user_id]:
            del self._taken[user_id]

    async def tell(self) -> None:
        """Tell the other processes of places that were given back."""
        changed, self._changed = self._changed, set()
        await self._store(changed)

    async def renew(self) -> None:
        """Renew the counts of this process."""
        await self._store(set(self._taken))

    async def online(self, user_ids: Iterable[int]) -> set[int]:
        """Who of these people has a socket in any process; `RedisError` if that isn't known."""
        return await self._lookups.ask(frozenset(user_ids))

    async def _online_together(self, asked: list[frozenset[int]]) -> list[set[int]]:
        there: set[int] = set()
        for url, ids in _by_url(frozenset().union(*asked)).items():
            batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
            answers = await self._redis.ask(url, *map(_online, batches))
            there.update(*map(_there, batches, answers))
        return [there.intersection(user_ids) for user_ids in asked]

    async def _store(self, user_ids: set[int]) -> None:
        for url, ids in _by_url(user_ids).items():
            for start in range(0, len(ids), BATCH):
                counts = [self._count(user_id, 0) for user_id in ids[start : start + BATCH]]
                try:
                    await self._redis.ask(url, *counts)
                except redis.RedisError as error:
                    logger.warning("Each process counts its sockets alone: %s", error)
                    break

    def _count(self, user_id: int, most: int) -> Command:
        own = (self._process, self._taken[user_id], LEASE, most, next(self._version))
        return "EVAL", COUNT, 1, _key(user_id), *own
