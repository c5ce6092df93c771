"""A contender with its room of sockets: how events are sent to it, and what a burst measures."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from . import data
from .meter import Meter, Server
from .room import Room, Tally
from .senders import LayerSender, Sender
from .socket_servers import Party

RATE = 20  # events/s
WINDOW = 10  # events under way at once
ONE, TEN, PACED = "one event at a time", "ten senders at once", "20 events/s"
CPU, PER_SECOND, P99 = "total CPU µs", "deliveries/s", "p99 ms"


def case(size: int, name: str) -> str:
    return f"{size} sockets, {name}"


async def saturate(room: Room, sender: Sender, window: int, seconds: float) -> Tally:
    """Each of `window` senders sends as soon as every socket has its event before."""
    ends = time.monotonic() + seconds

    async def pump(number: int) -> None:
        while time.monotonic() < ends and not room.failed:
            await (await sender.send(number)).arrived

    room.begin()
    await asyncio.gather(*(pump(number) for number in range(window)))
    return await room.end()


async def pace(room: Room, sender: Sender, seconds: float, senders: int = 1) -> Tally:
    """So many events a second, by senders in turn."""
    room.begin()
    started = time.monotonic()
    for number in range(int(RATE * seconds)):
        await asyncio.sleep(started + number / RATE - time.monotonic())
        await sender.send(number % senders)
    return await room.end()


@dataclass(frozen=True)
class Figures:
    """What a burst has measured."""

    tally: Tally
    meter: Meter

    def by_unit(self) -> dict[str, float]:
        percentiles = quantiles(self.tally.latencies, n=100)
        return {
            **self.meter.cost(self.tally.deliveries, "µs"),
            PER_SECOND: self.tally.deliveries / self.meter.seconds,
            "client CPU": self.meter.client_share,
            "p50 ms": percentiles[49],
            P99: percentiles[98],
        }


async def measured(server: Server, load: Callable[[], Awaitable[Tally]]) -> Figures:
    meter = server.meter()
    meter.start()
    tally = await load()
    meter.stop()
    return Figures(tally, meter)


class Entrant:
    """A contender with its room."""

    def __init__(self, party: Party, server: Server, chats: Any) -> None:
        self.party, self.server = party, server
        self.room = party.room(party.decode, party.text_size)
        self.sender = (
            Sender(party, self.room) if party.frame else LayerSender(party, self.room, chats)
        )
        self.keeps_up = False

    async def fill(self, size: int) -> None:
        """Open sockets until there are so many; a first burst warms up."""
        members = range(data.SENDER + len(self.room.sockets), data.SENDER + size)
        await self.room.enter(self.server.ports, self.party.doors(members))
        await saturate(self.room, self.sender, 1, 0.2)
        self.sender.store()

    async def burst(self, name: str, seconds: float) -> Figures | None:
        """One case; none of it for who can't keep up, which would only show its queue."""
        room, sender = self.room, self.sender
        if name == PACED:
            if not self.keeps_up:
                return None
            found = await measured(self.server, lambda: pace(room, sender, 2 * seconds))
        else:
            window = WINDOW if name == TEN else 1
            found = await measured(self.server, lambda: saturate(room, sender, window, seconds))
            needed = RATE * len(room.sockets)
            self.keeps_up = self.keeps_up or found.by_unit()[PER_SECOND] > needed
        sender.store()
        return found

    async def leave(self) -> None:
        await self.sender.close()
        await self.room.leave()
