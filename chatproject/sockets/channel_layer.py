"""The channel layer of channels-redis, with a send for sync code, and many groups at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
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
    own costs three times as much as this. `groups_add` and `groups_discard` do for many groups what
    the layer's own methods do for one, with one command for each server.
    """

    def __init__(self, hosts: list[dict[str, Any]], **options: Any) -> None:
        super().__init__(hosts=hosts, **options)
        self._urls = [host["address"] for host in hosts]

    def group_send_now(self, group: str, message: dict[str, Any]) -> None:
        """Send to a group; raises `redis.RedisError` if that fails or takes over a second."""
        channel = self.channel_of(group)
        _client(self.url_of(channel)).ask("PUBLISH", channel, self.serialize(message))

    async def groups_add(self, groups: Collection[str], channel: str) -> None:
        """Add a channel of this process to groups."""
        layer = self._get_layer()
        for shard, names in self._by_shard(layer, groups).items():
            for name in names:
                layer.groups.setdefault(name, set()).add(channel)
            async with shard._lock:
                if new := [name for name in names if name not in shard._subscribed_to]:
                    shard._ensure_redis()
                    shard._ensure_receiver()
                    await shard._pubsub.subscribe(*new)
                    shard._subscribed_to.update(new)

    async def groups_discard(self, groups: Collection[str], channel: str) -> None:
        """Remove a channel of this process from groups; groups that it isn't in are ignored."""
        layer = self._get_layer()
        for shard, names in self._by_shard(layer, groups).items():
            left = [name for name in names if channel in layer.groups.get(name, ())]
            for name in left:
                layer.groups[name].discard(channel)
            empty = [name for name in left if not layer.groups[name]]
            for name in empty:
                del layer.groups[name]
            async with shard._lock:
                if old := [name for name in empty if name in shard._subscribed_to]:
                    shard._ensure_redis()
                    shard._ensure_receiver()
                    await shard._pubsub.unsubscribe(*old)
                    shard._subscribed_to.difference_update(old)

    def _by_shard(self, layer: Any, groups: Collection[str]) -> dict[Any, list[str]]:
        names: defaultdict[Any, list[str]] = defaultdict(list)
        for group in groups:
            name = self.channel_of(group)
            names[layer._get_shard(name)].append(name)
        return names

    def channel_of(self, group: str) -> str:
        """The Redis channel that carries a group's messages."""
        return f"{self._kwargs.get('prefix', 'asgi')}__group__{group}"

    def url_of(self, channel: str) -> str:
        """The URL of the Redis that carries a channel."""
        return self._urls[_consistent_hash(channel, len(self._urls))]


@cache
def _client(url: str) -> RedisClient:
    return RedisClient(url, timeout=TIMEOUT, rest=REST)
