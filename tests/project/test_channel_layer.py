"""The channel layer, as sync code sends by it."""

import socket
import time

import pytest
import redis
from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer

from chatproject.sockets.channel_layer import ChannelLayer
from chatproject.stores.redis_client import RedisClient, Resting


async def test_what_sync_code_sends_arrives_as_what_async_code_sends():
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add("chat.of.two", channel)
    await layer.group_send("chat.of.two", {"type": "hub.events", "n": 1})
    layer.group_send_now("chat.of.two", {"type": "hub.events", "n": 2})
    received = [await layer.receive(channel), await layer.receive(channel)]
    await layer.flush()
    assert sorted(message["n"] for message in received) == [1, 2]


async def test_both_choose_the_same_of_several_servers():
    hosts = [{"address": f"redis://127.0.0.1:{port}"} for port in (1, 2, 3)]
    ours, theirs = ChannelLayer(hosts=hosts), RedisPubSubChannelLayer(hosts=hosts)
    chosen = set()
    for number in range(50):
        channel = ours.channel_of(f"chat.{number}")
        assert channel == theirs._get_group_channel_name(f"chat.{number}")
        assert ours.url_of(channel) == theirs._get_shard(channel).host["address"]
        chosen.add(ours.url_of(channel))
    assert len(chosen) == 3


def test_a_server_that_does_not_answer_is_not_waited_for_again_and_again():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        line = RedisClient(f"redis://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2, rest=0.5)
        with pytest.raises(redis.TimeoutError):
            line.ask("PING")
        began = time.monotonic()
        for _ in range(100):
            with pytest.raises(Resting):
                line.ask("PING")
        assert time.monotonic() - began < 0.2
        time.sleep(0.5)
        with pytest.raises(redis.TimeoutError):
            line.ask("PING")
