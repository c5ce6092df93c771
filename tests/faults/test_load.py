"""Many sockets that are dropped at once, and a long day."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from . import figures
from .api import Person
from .cluster import Cluster
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
    urls = [process.url for process in cluster.processes]
    for chat_id, members in chats:
        for number, person in enumerate(members):
            cluster.open(person, chat_id, socket=urls[number % 2])
        await cluster.all_ready(30)
    dropped = list(cluster.clients)
    busy = await cluster.create_group(*everyone[200:])
    others = [cluster.open(person, busy, socket=urls[0]) for person in everyone[200:]]
    await cluster.all_ready(30)
    async with traffic(others, rate=10):
        await asyncio.sleep(1)
        start = time.monotonic()
        for client in dropped:
            client.drop()
        for client in dropped[::MEMBERS]:
            client.send("while everyone was away")
        await asyncio.gather(*(client.sent(CAUGHT_UP) for client in dropped[::MEMBERS]))
        await cluster.all_ready(CAUGHT_UP)
        await cluster.everyone_has_all(CAUGHT_UP)
        took = time.monotonic() - start
    figures.report("load", f"{len(dropped)} sockets dropped at once, all back after {took:.1f} s")
    assert all(client.view.connections == 2 for client in dropped)
    for client in others:
        assert client.api.refusals == []
        assert client.view.connections == 1
    assert took < CAUGHT_UP
    await cluster.settle(20)
    cluster.check()


@dataclass(frozen=True)
class Sample:
    """What the servers hold at one moment."""

    memory: int  # MiB of all processes
    valkey: int  # connections
    mongodb: int  # connections


async def test_a_long_day_leaves_memory_and_connections_flat(
    start_cluster: Callable[..., Any], people: Callable[[int], list[Person]], is_long: bool
) -> None:
    """15 minutes at 50 messages/s; every two seconds somebody leaves and somebody comes."""
    cluster = await start_cluster(2, server="uvicorn-frames", pages="granian")
    everyone = await asyncio.to_thread(people, 20)
    groups = [everyone[at : at + 4] for at in range(0, 20, 4)]
    chats = [(await cluster.create_group(*members), members) for members in groups]
    steady = [cluster.open(person, chat) for chat, members in chats for person in members]
    await cluster.all_ready(20)
    await fill_pools(cluster, chats, windows=3 if is_long else 1)
    samples: list[Sample] = []
    end = time.monotonic() + (15 * 60 if is_long else 5)
    with redis.Redis.from_url(cluster.valkey.url) as valkey:
        async with traffic(steady, rate=50 if is_long else 20):
            while time.monotonic() < end:
                await churn(cluster, *chats[len(samples) % len(chats)])
                samples.append(sample(cluster, valkey))
    await cluster.settle(30)
    report_slopes(samples)
    if is_long:
        assert_flat(samples)
    assert not any(client.api.refusals for client in cluster.clients)
    cluster.check()


async def fill_pools(cluster: Cluster, chats: list[tuple[str, list[Person]]], windows: int) -> None:
    """Keep every thread busy once: a pool of connections grows to that, and never shrinks."""
    opened = [
        cluster.open(person, chat)
        for chat, members in chats
        for person in members
        for _ in range(windows)
    ]
    await cluster.all_ready(20)
    for _ in range(4):
        for window in opened:
            window.send("all at once")
        await asyncio.gather(*(window.sent(20) for window in opened))
    await cluster.settle(20)
    await asyncio.gather(*(window.close() for window in opened))


async def churn(cluster: Cluster, chat_id: str, members: list[Person]) -> None:
    """Somebody opens the chat as it is now, stays for two seconds, and leaves."""
    rev = max(client.cursor.rev for client in cluster.present() if client.chat_id == chat_id)
    visitor = cluster.open(members[rev % 4], chat_id, rev=rev)
    await visitor.ready(10)
    visitor.send("only passing by")
    await asyncio.sleep(2)
    await visitor.sent(10)
    await visitor.close()


def sample(cluster: Cluster, valkey: Any) -> Sample:
    processes = [process.pid for process in (*cluster.processes, cluster.pages) if process]
    pids = [pid for process in processes for pid in (process, *children(process))]
    return Sample(
        sum(map(resident, pids)) // 2**20,
        valkey.info("clients")["connected_clients"],
        cluster.database.command("serverStatus")["connections"]["current"],
    )


def children(pid: int) -> list[int]:
    """The child processes of a process (granian's workers)."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def resident(pid: int) -> int:
    """Bytes that a process has in memory now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def thirds(samples: list[Sample], name: str) -> tuple[float, float, float]:
    """The means of the first, the second and the last third of a run."""
    values = [getattr(each, name) for each in samples]
    size = max(len(values) // 3, 1)
    means = [
        sum(part) / len(part) for part in (values[:size], values[-2 * size : -size], values[-size:])
    ]
    return means[0], means[1], means[2]


def report_slopes(samples: list[Sample]) -> None:
    for name in ("memory", "valkey", "mongodb"):
        first, second, last = thirds(samples, name)
        figures.report(f"soak, {name}", f"{first:.1f}, {second:.1f}, {last:.1f} in its thirds")


def assert_flat(samples: list[Sample]) -> None:
    """From the second third to the last: 3 % of memory, one connection in ten."""
    for name, most in (("memory", 1.03), ("valkey", 1.1), ("mongodb", 1.1)):
        _, before, after = thirds(samples, name)
        assert after <= before * most, f"{name} grew from {before:.1f} to {after:.1f}"
