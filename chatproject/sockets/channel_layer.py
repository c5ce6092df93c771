"""The channel layer of channels-redis, with a send for sync code."""

from __future__ import annotations

from functools import cache
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer
from channels_redis.utils import _consistent_hash

from chatproject.stores.redis_client import RedisClient

TIMEOUT = 1.0  # seconds for one send
REST = 2.0  # seconds without sends after a failed one: hubs poll MongoDB anyway


class ChannelLayer(RedisPubSubChannelLayer):
    """The pub/sub channel layer, with a `group_send` for threads that have no event loop.

    `async_to_sync` opens an event loop and a connection for every event; a loop in a thread of its
    own costs three times as much as this.
    """

    def __init__(self, hosts: list[dict[str, Any]], **options: Any) -> None:
        super().__init__(hosts=hosts, **options)
        self._urls = [host["address"] for host in hosts]

    def group_send_now(self, group: str, message: dict[str, Any]) -> None:
        """Send to a group; raises `redis.RedisError` if that fails or takes over a second."""
        channel = self.channel_of(group)
        _client(self.url_of(channel)).ask("PUBLISH", channel, self.serialize(message))

    def channel_of(self, group: str) -> str:
        """The Redis channel that carries a group's messages."""
        return f"{self._kwargs.get('prefix', 'asgi')}__group__{group}"

    def url_of(self, channel: str) -> str:
        """The URL of the Redis that carries a channel."""
        return self._urls[_consistent_hash(channel, len(self._urls))]


@cache
def _client(url: str) -> RedisClient:
    return RedisClient(url, timeout=TIMEOUT, rest=REST)
