"""The channel layer, as sync code sends by it."""

import socket
import time
from urllib.parse import urlsplit

import pytest
import redis
from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer

from chatproject.sockets.channel_layer import ChannelLayer
from chatproject.stores.redis_client import RedisClient, Resting
from tests.waiting import wait_for_async


async def test_what_sync_code_sends_arrives_as_what_async_code_sends():
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add("chat.of.two", channel)
    await layer.group_send("chat.of.two", {"type": "hub.events", "n": 1})
    layer.group_send_now("chat.of.two", {"type": "hub.events", "n": 2})
    received = [await layer.receive(channel), await layer.receive(channel)]
    await layer.flush()
    assert sorted(message["n"] for message in received) == [1, 2]


async def test_many_groups_are_joined_and_left_by_one_command_each():
    layer = get_channel_layer()
    channel = await layer.new_channel()
    groups = [f"chat.{number}" for number in range(500)]
    with redis.Redis.from_url(layer.url_of(layer.channel_of(groups[0]))) as valkey:

        def calls(name):
            return valkey.info("commandstats").get(f"cmdstat_{name}", {"calls": 0})["calls"]

        before = calls("subscribe"), calls("unsubscribe")
        await layer.groups_add(groups, channel)
        await layer.groups_add(groups[:10], channel)
        await layer.group_send("chat.499", {"type": "hub.events"})
        assert await layer.receive(channel) == {"type": "hub.events"}
        assert valkey.pubsub_numsub(layer.channel_of("chat.0"))[0][1] == 1
        await layer.groups_discard([*groups, "chat.of.nobody"], channel)
        await wait_for_async(lambda: valkey.pubsub_numsub(layer.channel_of("chat.0"))[0][1] == 0)
        assert (calls("subscribe"), calls("unsubscribe")) == (before[0] + 1, before[1] + 1)
    await layer.flush()


async def test_many_groups_are_joined_on_the_servers_that_carry_them():
    url = urlsplit(get_channel_layer()._urls[0])
    hosts = [{"address": url._replace(path=f"/{number}").geturl()} for number in range(3)]
    layer = ChannelLayer(hosts=hosts)
    channel = await layer.new_channel()
    groups = [f"chat.{number}" for number in range(20)]
    await layer.groups_add(groups, channel)
    for group in groups:
        await layer.group_send(group, {"group": group})
    received = [await layer.receive(channel) for _ in groups]
    await layer.flush()
    assert {message["group"] for message in received} == set(groups)


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
