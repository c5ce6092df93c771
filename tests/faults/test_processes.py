"""Server processes that die, restart, or have a wrong clock."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

from .api import Person
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
    dice = random.Random(7)
    async with traffic(cluster.clients, rate=40):
        for kill in range(50 if is_long else 3):
            await asyncio.sleep(dice.uniform(0.1, 0.6))
            cluster.kill(kill % 2)
            await asyncio.sleep(0.1)
            await cluster.all_ready(BACK)
            await cluster.start_process(kill % 2)
    await cluster.settle(20)
    cluster.check()
