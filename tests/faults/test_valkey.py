"""Valkey away, stopped, or without its subscribers: messages are stored and reach everyone."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
import redis

from . import figures
from .api import Person
from .cluster import Cluster
from .traffic import traffic

BACK = 3.0  # seconds after its return in which everyone has everything
OPENED = 8.0  # seconds in which 120 sockets are open while Valkey doesn't answer
LONGEST_PAGE = 2.5  # seconds for a page then: each store of limits and presence is waited for once
LONGEST_SEND = 4.0  # seconds that an acknowledgement may take while Valkey doesn't answer


@pytest.fixture
async def cluster(start_cluster: Callable[..., Any], crowd: list[Person]) -> Cluster:
    """Two processes, four people in a chat and two more in another one."""
    cluster: Cluster = await start_cluster()
    for members in (crowd[:4], crowd[4:]):
        chat_id = await cluster.create_group(*members)
        for person in members:
            cluster.open(person, chat_id)
    await cluster.all_ready(10)
    return cluster


def sends_went_on(cluster: Cluster, since: float) -> None:
    """Each client had its sends acknowledged, none slowly, and was refused nothing."""
    for client in cluster.clients:
        waits = [seconds for moment, seconds in client.outbox.waits if moment > since]
        assert waits, f"{client.person.username} had nothing acknowledged"
        assert max(waits) < LONGEST_SEND
        assert client.api.refusals == []


async def test_valkey_that_is_killed_and_comes_back_empty(cluster: Cluster, is_long: bool) -> None:
    dice, recovered = random.Random(3), []
    async with traffic(cluster.clients, rate=30):
        for _ in range(20 if is_long else 1):
            await asyncio.sleep(dice.uniform(0.3, 1))
            start = time.monotonic()
            cluster.kill_valkey()
            await asyncio.sleep(dice.uniform(0.5, 1.5))
            await cluster.start_valkey()
            recovered.append(await cluster.everyone_has_all(BACK))
            sends_went_on(cluster, start)
    figures.seconds("Valkey killed, everyone has everything after", recovered)
    await cluster.settle(20)
    cluster.check()


async def test_valkey_that_is_away_for_long(cluster: Cluster, is_long: bool) -> None:
    start = time.monotonic()
    async with traffic(cluster.clients, rate=20):
        cluster.kill_valkey()
        await asyncio.sleep(60 if is_long else 3)
        sends_went_on(cluster, start)
        lag = await cluster.everyone_has_all(BACK)  # from MongoDB
        await cluster.start_valkey()
        recovered = await cluster.everyone_has_all(BACK)
    figures.seconds("Valkey away, everyone has everything after", [lag, recovered])
    await cluster.settle(20)
    cluster.check()


async def test_valkey_that_is_stopped_and_goes_on(cluster: Cluster, is_long: bool) -> None:
    start = time.monotonic()
    async with traffic(cluster.clients, rate=6):
        await asyncio.sleep(0.5)
        cluster.stop_valkey()
        await asyncio.sleep(10 if is_long else 3)
        sends_went_on(cluster, start + 1)
        cluster.resume_valkey()
        recovered = await cluster.everyone_has_all(BACK)
    waits = [seconds for client in cluster.clients for _, seconds in client.outbox.waits]
    figures.seconds("Valkey stopped, an acknowledgement took", waits)
    figures.seconds("Valkey stopped, everyone has everything after", [recovered])
    await cluster.settle(30)
    cluster.check()


async def test_sockets_and_pages_that_are_opened_while_valkey_is_stopped(
    cluster: Cluster, crowd: list[Person]
) -> None:
    chats = [await cluster.create_group(*crowd[:2]) for _ in range(20)]
    cluster.stop_valkey()
    start = time.monotonic()
    opened = [cluster.open(person, chat_id) for chat_id in chats for person in crowd[:2] * 3]
    await cluster.all_ready(OPENED, opened)
    figures.seconds("Valkey stopped, 120 sockets were open after", [time.monotonic() - start])
    waits = []
    for chat_id in chats[:5]:
        start = time.monotonic()
        url = f"{cluster.api_url}/api/v1/chats/{chat_id}"
        assert (await cluster.http.get(url, headers=crowd[0].headers)).status_code == 200
        waits.append(time.monotonic() - start)
    figures.seconds("Valkey stopped, a chat with its members took", waits)
    assert max(waits) < LONGEST_PAGE
    cluster.resume_valkey()
    await cluster.settle(20)
    cluster.check()


async def test_subscribers_that_valkey_drops(cluster: Cluster, is_long: bool) -> None:
    recovered = []
    with redis.Redis.from_url(cluster.valkey.url) as valkey:
        async with traffic(cluster.clients, rate=30):
            for _ in range(20 if is_long else 2):
                await asyncio.sleep(0.5)
                dropped = valkey.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
                assert dropped >= 2  # one of each process
                await asyncio.sleep(0.3)
                recovered.append(await cluster.everyone_has_all(BACK))
    figures.seconds("subscribers dropped, everyone has everything after", recovered)
    await cluster.settle(20)
    cluster.check()
