"""The channel layer: that of channels-redis, which sync code can send by as well."""

from __future__ import annotations

from functools import cache
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer
from channels_redis.utils import _consistent_hash

from chatproject.stores.redis_client import RedisClient

TIMEOUT = 1.0  # seconds for one send
REST = 2.0  # seconds for which a Redis that didn't take one isn't asked: hubs ask MongoDB anyway


class ChannelLayer(RedisPubSubChannelLayer):
    """With a `group_send` for threads that have no event loop.

    `async_to_sync` opens a loop, and a connection, for every event; a loop in a thread of its own
    costs three times what this does.
    """

    def __init__(self, hosts: list[dict[str, Any]], **options: Any) -> None:
        super().__init__(hosts=hosts, **options)
        self._urls = [host["address"] for host in hosts]

    def group_send_now(self, group: str, message: dict[str, Any]) -> None:
        """Send to a group; `redis.RedisError` if that can't be done within a second."""
        channel = self.channel_of(group)
        _client(self.url_of(channel)).ask("PUBLISH", channel, self.serialize(message))

    def channel_of(self, group: str) -> str:
        """The channel of Redis that a group's messages go through."""
        return f"{self._kwargs.get('prefix', 'asgi')}__group__{group}"

    def url_of(self, channel: str) -> str:
        """The server that carries this channel."""
        return self._urls[_consistent_hash(channel, len(self._urls))]


@cache
def _client(url: str) -> RedisClient:
    return RedisClient(url, timeout=TIMEOUT, rest=REST)
