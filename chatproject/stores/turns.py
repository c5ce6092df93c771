"""Turns: processes that write to the same thing do so one after another.

A lock in Redis that expires. It only saves work: writers must be right without it, and go on when
the Redis is away or their turn takes too long to come.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from zlib import crc32

import redis
from django.conf import settings

from .redis_client import RedisClient

TIMEOUT = 0.3  # seconds for an answer of the Redis; longer than it lets us wait
REST = 2.0  # seconds for which a Redis that didn't answer isn't asked again
HELD = 100  # milliseconds after which a turn ends by itself: its process may have died
PATIENCE = 0.25  # seconds to wait for a turn; then go on without one

# KEYS of both: the turn, how many wait for it, and the list by which it is handed to the one who
# has waited longest. ARGV: HELD; for the first also whether the caller has waited already.
# Returns 1 if it is the caller's turn.
BEGIN = """
if redis.call('SET', KEYS[1], 1, 'NX', 'PX', ARGV[1]) then
  if ARGV[2] == '1' then redis.call('DECR', KEYS[2]) end
  return 1
end
if ARGV[2] == '0' then redis.call('INCR', KEYS[2]) end
redis.call('PEXPIRE', KEYS[2], 10 * ARGV[1])
return 0
"""
END = """
if tonumber(redis.call('GET', KEYS[2]) or 0) <= 0 then return redis.call('DEL', KEYS[1]) end
redis.call('DECR', KEYS[2])
redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])
redis.call('LPUSH', KEYS[3], 1)
redis.call('PEXPIRE', KEYS[3], ARGV[1])
"""


@contextmanager
def turn(key: str) -> Iterator[None]:
    """Wait for one's turn at `key`, at most `PATIENCE` seconds, and end it after the block."""
    client = _client_of(key)
    keys = [f"turn:{{{key}}}{part}" for part in ("", ":waiting", ":handed")]
    is_ours = _wait(client, keys)
    try:
        yield
    finally:
        if is_ours:
            _ask(client, "EVAL", END, len(keys), *keys, HELD)


def _wait(client: RedisClient, keys: list[str]) -> bool:
    """Whether the turn is ours; False if the Redis is away or it took too long."""
    until, has_waited = time.monotonic() + PATIENCE, 0
    while True:
        is_ours = _ask(client, "EVAL", BEGIN, len(keys), *keys, HELD, has_waited)
        if is_ours or is_ours is None or time.monotonic() > until:
            return bool(is_ours)
        # Not longer than a turn: the one who has it may have died.
        if _ask(client, "BLPOP", keys[2], HELD / 1000):
            return True
        has_waited = 1


def _ask(client: RedisClient, *command: str | float) -> bool | None:
    """Whether the answer is positive; None without one."""
    try:
        return bool(client.ask(*command))
    except redis.RedisError:
        return None


def _client_of(key: str) -> RedisClient:
    urls = settings.REDIS_URLS
    return _client(urls[crc32(key.encode()) % len(urls)])


@cache
def _client(url: str) -> RedisClient:
    return RedisClient(url, timeout=TIMEOUT, rest=REST)
