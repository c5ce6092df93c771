"""Clients with a bad network: cut anywhere, silent for a while, reading too slowly."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from tests.proxy import Proxy
from tests.server_process import ServerProcess
from tests.waiting import wait_for_async

from . import figures
from .api import Person
from .client import Client
from .cluster import Cluster
from .traffic import traffic

MIB = 1024 * 1024
# Seconds from the first blocked write of a slow reader (during the load) until it is cut:
# the write has 20, and the peer's answer to the close 10.
CLOSED = 20 + 10
CLIENTS = 5  # that are cut at the same time
ESTABLISHED = "01"  # as Linux writes it in /proc/net/tcp
READERS = 60  # at once: a process also grows by some 20 MiB by itself in its first minute
FARTHEST = 6000  # bytes: through a handshake, a catch-up, and some events


@pytest.fixture
async def cluster(start_cluster: Callable[..., Any]) -> Cluster:
    cluster: Cluster = await start_cluster()
    return cluster


async def test_clients_that_are_cut_anywhere_lose_and_double_nothing(
    cluster: Cluster, crowd: list[Person], is_long: bool
) -> None:
    chat_id = await cluster.create_group(*crowd)
    steady = cluster.open(crowd[0], chat_id)
    async with AsyncExitStack() as stack:
        proxies = [await stack.enter_async_context(Proxy(cluster.ports)) for _ in range(CLIENTS)]
        for person, proxy in zip(crowd[1:], proxies, strict=True):
            cluster.open(person, chat_id, url=proxy.url)
        await cluster.all_ready(10)
        async with traffic(cluster.clients, rate=25):
            repeats = 60 if is_long else 4
            await asyncio.gather(*(cut(proxy, repeats) for proxy in proxies))
        await cluster.settle(60)
        cuts = sum(proxy.cuts for proxy in proxies)
        assert cuts >= repeats * CLIENTS
        assert steady.view.connections == 1
        resent = sum(200 in client.outbox.statuses for client in cluster.clients)
        figures.report("clients cut", f"{cuts} times; {resent} clients had to send again")
        cluster.check()


async def cut(proxy: Proxy, repeats: int) -> None:
    dice = random.Random(proxy.port)
    for _ in range(repeats):
        cuts = proxy.cuts
        proxy.cut_after(dice.randint(1, FARTHEST))
        await wait_for_async(partial(proxy.was_cut_since, cuts), 60, "for a cut")
    proxy.cut_after(None)


async def test_a_silent_network_loses_and_doubles_nothing(
    cluster: Cluster, crowd: list[Person], is_long: bool
) -> None:
    chat_id = await cluster.create_group(*crowd)
    for person in crowd[1:]:
        cluster.open(person, chat_id)
    async with Proxy(cluster.ports) as proxy:
        client = cluster.open(crowd[0], chat_id, url=proxy.url)
        await cluster.all_ready(10)
        async with traffic(cluster.clients[:-1], rate=20):
            proxy.silence()
            for number in range(5):
                client.send(f"into the silence {number}")
            await asyncio.sleep(30 if is_long else 3)
            assert len(client.outbox) == 5
            proxy.resume()
            recovered = await cluster.everyone_has_all(10)
        figures.seconds("network silent, everyone has everything after", [recovered])
        await cluster.settle(60)
        cluster.check()


class SlowReader:
    """A member whose socket isn't read after its handshake was asked for."""

    def __init__(self, process: ServerProcess, client: Client) -> None:
        url = f"{process.websocket_url}{client.path}"
        protocol = ClientProtocol(parse_uri(url))
        request = protocol.connect()
        request.headers.update(client.person.headers)
        protocol.send_request(request)
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.connect(("127.0.0.1", process.port))
        self._socket.sendall(b"".join(protocol.data_to_send()))
        assert self._socket.recv(12) == b"HTTP/1.1 101"
        self.port = self._socket.getsockname()[1]

    def close(self) -> None:
        self._socket.close()


def established(process: ServerProcess) -> set[int]:
    """The ports of the clients whose connection to a process it hasn't ended."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {
        int(remote.rpartition(":")[2], 16)
        for _, local, remote, state, *_ in lines
        if local.endswith(f":{process.port:04X}") and state == ESTABLISHED
    }


def memory(process: ServerProcess) -> int:
    """Bytes that a process has in memory now."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


async def test_slow_readers_are_cut_with_little_held_for_them_and_delay_nobody(
    start_cluster: Callable[..., Any], crowd: list[Person], server: str, is_long: bool
) -> None:
    cluster = await start_cluster(1, server=server)
    chat_id = await cluster.create_group(*crowd)
    for person in crowd[:4]:
        cluster.open(person, chat_id)
    await cluster.all_ready(10)
    process, seconds, percent = cluster.processes[0], *((20, 99) if is_long else (4, 50))

    async def load(seconds: float) -> float:
        """Some MiB a second; answers the seconds that 99 % (short: 50 %) of deliveries took."""
        start = time.monotonic()
        async with traffic(cluster.clients, rate=30, changes=False, padding=9_900):
            await asyncio.sleep(seconds)
        await cluster.settle(20)
        latencies = cluster.ledger.latencies(start)
        return latencies[len(latencies) * percent // 100]

    await load(seconds)
    alone, before = await load(seconds), memory(process)
    readers = [SlowReader(process, cluster.clients[0]) for _ in range(READERS)]
    ports = {reader.port for reader in readers}
    start, peak, cut_after = time.monotonic(), before, 0.0
    loading = asyncio.create_task(load(seconds))
    while not cut_after or not loading.done():
        assert time.monotonic() - start < CLOSED + seconds, "A slow reader was not cut."
        if not cut_after and not ports & established(process):
            cut_after = time.monotonic() - start
        peak = max(peak, memory(process))
        await asyncio.sleep(0.05)
    beside, each = await loading, (peak - before) / len(readers)
    for reader in readers:
        reader.close()
    alone = max(alone, await load(seconds))  # whatever else the machine does
    figures.report(
        f"slow readers, {server}",
        f"{each / MIB:.2f} MiB each, cut after {cut_after:.1f} s; "
        f"{percent} % of deliveries within {alone:.3f} s without, {beside:.3f} s with them",
    )
    assert each < 2 * MIB
    assert cut_after < CLOSED + seconds
    assert beside < alone * 1.5 + (0.1 if is_long else 0.5)  # short: beside other work
    cluster.check()
