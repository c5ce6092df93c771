"""Many sockets that are dropped at once, and a long day."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from . import figures
from .api import Person
from .traffic import traffic

CAUGHT_UP = 15.0  # seconds after the drop in which every socket is back with everything
MEMBERS = 10  # of a chat, each with a socket


async def test_sockets_that_are_dropped_at_once_are_back_with_everything(
    start_cluster: Callable[..., Any], people: Callable[[int], list[Person]], is_long: bool
) -> None:
    cluster = await start_cluster(2, server="uvicorn-frames", pages="granian")
    everyone = await asyncio.to_thread(people, 204)
    chats = []
    for number in range(200 if is_long else 20):
        members = [everyone[(number + 7 * at) % 200] for at in range(MEMBERS)]
        chats.append((await cluster.create_group(*members), members))
    for chat_id, members in chats:
        for person in members:
            cluster.open(person, chat_id)
        await cluster.all_ready(30)
    dropped = list(cluster.clients)
    busy = await cluster.create_group(*everyone[200:])
    others = [
        cluster.open(person, busy, socket=cluster.processes[0].url) for person in everyone[200:]
    ]
    await cluster.all_ready(30)
    async with traffic(others, rate=10):
        await asyncio.sleep(1)
        start = time.monotonic()
        assert cluster.proxy.cut() == len(dropped)
        for client in dropped[::MEMBERS]:
            client.send("while everyone was away")
        await asyncio.gather(*(client.sent(CAUGHT_UP) for client in dropped[::MEMBERS]))
        await cluster.all_ready(CAUGHT_UP)
        await cluster.everyone_has_all(CAUGHT_UP)
        took = time.monotonic() - start
    figures.report("load", f"{len(dropped)} sockets dropped at once, all back after {took:.1f} s")
    for client in others:
        assert client.api.refusals == []
        assert client.view.connections == 1
    assert took < CAUGHT_UP
    await cluster.settle(20)
    cluster.check()
