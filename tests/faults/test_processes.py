"""Server processes that are killed, and one with a wrong clock."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable
from typing import Any

from tests.server_process import clock_set

from . import figures
from .api import Person
from .ledger import stored_messages
from .traffic import traffic

BACK = 5.0  # seconds in which every client is connected with nothing missing


async def test_killed_processes_lose_and_double_nothing(
    start_cluster: Callable[..., Any], crowd: list[Person], is_long: bool
) -> None:
    cluster = await start_cluster()
    chat_id = await cluster.create_group(*crowd[:4])
    for person in crowd[:4]:
        cluster.open(person, chat_id)
    await cluster.all_ready(10)
    dice, back, dropped = random.Random(7), [], 0
    async with traffic(cluster.clients, rate=50):
        for kill in range(50 if is_long else 2):
            await asyncio.sleep(dice.uniform(0.1, 0.6))
            dropped += len(cluster.clients_on(kill % 2))
            cluster.kill(kill % 2)
            await asyncio.sleep(0.1)
            waits = await asyncio.gather(*(client.ready(BACK) for client in cluster.clients))
            back.append(0.1 + max(waits))
            await cluster.start_process(kill % 2)
    assert dropped >= len(back)
    figures.seconds(f"processes killed with {dropped} sockets, clients back after", back)
    await cluster.settle(30)
    cluster.check()


async def test_a_process_whose_clock_is_an_hour_behind_leaves_the_order_unharmed(
    start_cluster: Callable[..., Any], crowd: list[Person], is_long: bool
) -> None:
    cluster = await start_cluster(1)
    await cluster.add_process(**clock_set(-3600))
    chat_id = await cluster.create_group(*crowd)
    for person in crowd:
        cluster.open(person, chat_id)
    await cluster.all_ready(10)
    assert cluster.clients_on(0)
    assert cluster.clients_on(1)
    async with traffic(cluster.clients, rate=50):
        await asyncio.sleep(20 if is_long else 2)
        assert (await cluster.everyone_has_all(3)) < 3
    await cluster.settle(20)
    cluster.check()
    stored = stored_messages(cluster.database, chat_id)
    clocks = [uuid.UUID(message["id"]).int >> 80 for message in stored]  # milliseconds
    assert max(clocks) - min(clocks) > 3_500_000
    moments = [message["created_at"] for message in stored]
    assert moments == sorted(moments)
