"""Fan-out: what it costs to deliver an event to every socket of a room, and how long it takes."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import quantiles
from typing import Any

import uvloop

from . import data, stage
from .load import rotated
from .results import Results, Target
from .room import Room, Tally
from .senders import LayerSender, Sender, rooms_kept
from .socket_servers import (
    BASELINE,
    CHANNELS_DAPHNE,
    CHANNELS_UVICORN,
    DAPHNE,
    LIMIT,
    OWN_PROTOCOL,
    SOCKETIO_PARTY,
    UVICORN,
    Party,
    all_served,
    missing,
    taking_part,
    to_peer,
)

TOPIC = "fanout"
RATE = 20  # events/s
WINDOW = 10  # events under way at once
ONE, TEN, PACED = "one event at a time", "ten senders at once", "20 events/s"
CPU, SERVER_CPU, PER_SECOND, P99 = "total CPU µs", "server CPU µs", "deliveries/s", "p99 ms"
SIZES = "against the size of the room"
PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)

MAIN = (BASELINE, UVICORN, OWN_PROTOCOL)
ALL = (*MAIN, DAPHNE, CHANNELS_DAPHNE, CHANNELS_UVICORN, SOCKETIO_PARTY, LIMIT)
IN_SHORT = (*MAIN, DAPHNE, CHANNELS_DAPHNE)  # in a quick run


def case(size: int, name: str) -> str:
    return f"{size} sockets, {name}"


def _targets(size: int) -> list[Target]:
    def per_second(text: str, name: str, of: Party, at_least: float) -> Target:
        where = case(size, name)
        text = f"fan-out to {size}, {text}: deliveries/s"
        options: Any = {"at_least": at_least, "is_headline": True}
        return to_peer(TOPIC, text, where, PER_SECOND, of=of, **options)

    def cpu(text: str, name: str, of: Party, at_most: float, to: Party = BASELINE) -> Target:
        text = f"fan-out to {size}, {text}: CPU a delivery"
        ratio = partial(to_peer, TOPIC, of=of, to=to, at_most=at_most)
        former = ratio("CPU of the server alone", case(size, name), SERVER_CPU)
        return ratio(text, case(size, name), CPU, former=former)

    def p99(text: str, of: Party) -> Target:
        text = f"fan-out to {size}, {text}, {PACED}: p99"
        return to_peer(TOPIC, text, case(size, PACED), P99, of=of, at_most=1.2)

    own, stock = "our protocol", "stock uvicorn"
    return [
        per_second(f"{own}, one sender", ONE, OWN_PROTOCOL, 1.35),
        per_second(f"{stock}, one sender", ONE, UVICORN, 1.0),
        per_second(f"{own}, {TEN}", TEN, OWN_PROTOCOL, 3.3),
        cpu(f"{own}, one sender", ONE, OWN_PROTOCOL, 0.75),
        cpu(f"{stock}, one sender", ONE, UVICORN, 1.0),
        cpu(f"{own}, {TEN}", TEN, OWN_PROTOCOL, 0.3),
        cpu(f"{own}, {PACED}", PACED, OWN_PROTOCOL, 1.0),
        cpu(f"{stock}, {PACED}", PACED, UVICORN, 1.0),
        p99(own, OWN_PROTOCOL),
        p99(stock, UVICORN),
        cpu("Daphne to textbook Channels on it", ONE, DAPHNE, 1 / 3, to=CHANNELS_DAPHNE),
    ]


TARGETS = [*_targets(200), *_targets(500)]


@dataclass(frozen=True)
class Plan:
    """A size of the room, and the rounds of each contender there; `is_curve`: one case only."""

    size: int
    rounds: int  # of MAIN
    others: int = 0  # rounds of the rest
    is_curve: bool = False


FULL = (
    Plan(10, 3, is_curve=True),
    Plan(100, 3, is_curve=True),
    Plan(200, 8, others=2),
    Plan(500, 5, others=1),
    Plan(1_000, 3, is_curve=True),
)
QUICK = (Plan(200, 2, others=1),)


# Loads -------------------------------------------------------------------------------------------


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


# Measuring ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figures:
    """What a burst has measured."""

    tally: Tally
    meter: stage.Meter

    def by_unit(self) -> dict[str, float]:
        percentiles = quantiles(self.tally.latencies, n=100)
        return {
            **self.meter.cost(self.tally.deliveries, "µs"),
            PER_SECOND: self.tally.deliveries / self.meter.seconds,
            "client CPU": self.meter.client_share,
            "p50 ms": percentiles[49],
            P99: percentiles[98],
        }


async def measured(server: stage.Server, load: Callable[[], Awaitable[Tally]]) -> Figures:
    meter = server.meter()
    meter.start()
    tally = await load()
    meter.stop()
    return Figures(tally, meter)


class Entrant:
    """A contender with its room."""

    def __init__(self, party: Party, server: stage.Server, chats: Any) -> None:
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


def record(
    results: Results, plan: Plan, name: str, entrant: Entrant, found: Figures, number: int
) -> None:
    figures, who = found.by_unit(), entrant.party.name
    if name == ONE and entrant.party in MAIN:
        event = found.meter.cost(found.tally.sent)["total CPU ms"]
        curve = {CPU: figures[CPU], "total CPU ms an event": event}
        results.note((TOPIC, SIZES, who), number, curve, plan.size)
    if plan.is_curve:
        return
    where = case(plan.size, name)
    results.note((TOPIC, where, who), number, figures)
    percentiles = quantiles(found.tally.latencies, n=100)
    for percent in PERCENTILES if name == PACED else ():
        latency = {"latency ms": percentiles[percent - 1]}
        results.note((TOPIC, f"{where}, by percentile", who), number, latency, percent)


async def measure(
    results: Results, entrants: Sequence[Entrant], plan: Plan, seconds: float
) -> None:
    """All cases of one size, each contender a burst a round in rotating order."""
    here = [one for one in entrants if plan.others or one.party in MAIN]
    for entrant in here:
        await entrant.fill(plan.size)
    for name in (ONE,) if plan.is_curve else (ONE, TEN, PACED):
        for number in range(plan.rounds):
            taking = [one for one in here if one.party in MAIN or number < plan.others]
            for entrant in rotated(taking, number):
                if found := await entrant.burst(name, seconds):
                    record(results, plan, name, entrant, found, number)


async def measure_all(
    results: Results, entrants: Sequence[Entrant], plans: Sequence[Plan], seconds: float
) -> None:
    try:
        for plan in plans:
            await measure(results, entrants, plan, seconds)
    finally:
        for entrant in entrants:
            await entrant.leave()


def run(results: Results, stores: dict[str, str], *, quick: bool) -> None:
    """All contenders at once, each with its room."""
    parties = IN_SHORT if quick else ALL
    left_out = {party.name: reason for party in parties if (reason := missing(party))}
    results.about["left out of fanout"] = left_out
    here = taking_part(parties)
    plans, seconds = (QUICK, 0.5) if quick else (FULL, 0.8)
    stage.allow_files(1_000 * len(here))
    with (
        rooms_kept(stores) as chats,
        all_served(here, stores) as servers,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        entrants = [Entrant(party, servers[party.name], chats) for party in here]
        runner.run(measure_all(results, entrants, plans, seconds))
