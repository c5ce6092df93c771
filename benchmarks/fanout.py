"""Fan-out: what it costs to deliver an event to every socket of a room, and how long it takes."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

import uvloop

from . import data, stage
from .results import Measure, Results, Target
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
    cpu_seconds,
    missing,
    served,
)

TOPIC = "fanout"
RATE = 20  # events/s
WINDOW = 10  # events under way at once
ONE, TEN, PACED = "one event at a time", "ten senders at once", "20 events/s"
CPU = "CPU µs a delivery"
PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)

ALL = (
    BASELINE,
    UVICORN,
    OWN_PROTOCOL,
    DAPHNE,
    CHANNELS_DAPHNE,
    CHANNELS_UVICORN,
    SOCKETIO_PARTY,
    LIMIT,
)
IN_SHORT = (BASELINE, UVICORN, OWN_PROTOCOL, DAPHNE, CHANNELS_DAPHNE)  # in a quick run
SIZES = "against the size of the room"
CURVE = (BASELINE, UVICORN, OWN_PROTOCOL)


def case(size: int, name: str) -> str:
    return f"{size} sockets, {name}"


def _target(text: str, of: Party, name: str, size: int, most: float, **options: Any) -> Target:
    to = options.pop("to", BASELINE)
    place = case(size, name)
    return Target(
        f"{text}, {size} sockets",
        TOPIC,
        of=(place, of.name),
        to=(place, to.name),
        unit=options.pop("unit", CPU),
        at_most=most,
    )


def _targets(size: int) -> list[Target]:
    as_it_comes, own = "uvicorn as it comes", "our own protocol"
    return [
        _target(f"CPU a delivery, {as_it_comes}", UVICORN, ONE, size, 1.0),
        _target(f"CPU a delivery, {own}, every event its own write", OWN_PROTOCOL, ONE, size, 0.75),
        _target(f"CPU a delivery, {own}, ten senders at once", OWN_PROTOCOL, TEN, size, 0.3),
        _target(f"CPU a delivery at 20 events/s, {as_it_comes}", UVICORN, PACED, size, 1.0),
        _target(f"CPU a delivery at 20 events/s, {own}", OWN_PROTOCOL, PACED, size, 1.0),
        _target(f"p99 at 20 events/s, {as_it_comes}", UVICORN, PACED, size, 1.2, unit="p99 ms"),
        _target(f"p99 at 20 events/s, {own}", OWN_PROTOCOL, PACED, size, 1.2, unit="p99 ms"),
        _target(
            "CPU a delivery on Daphne, to textbook Channels on it",
            *(DAPHNE, ONE, size, 1 / 3),
            to=CHANNELS_DAPHNE,
        ),
    ]


TARGETS = [*_targets(200), *_targets(500)]


@dataclass(frozen=True)
class Plan:
    """What is measured, with how many sockets, for how long."""

    sizes: tuple[int, ...]
    seconds: float  # of each saturated case
    paced_seconds: float
    repeats: int
    curve: tuple[int, ...] = ()  # sockets


FULL = Plan((200, 500), 1.0, 2.0, 3, curve=(10, 100, 200, 500, 1_000))
QUICK = Plan((200,), 0.5, 1.0, 1)


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


async def pace(room: Room, sender: Sender, seconds: float) -> Tally:
    """One sender, at its own pace."""
    room.begin()
    started = time.monotonic()
    for number in range(int(RATE * seconds)):
        await asyncio.sleep(started + number / RATE - time.monotonic())
        await sender.send(0)
    return await room.end()


# Measuring ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Meter:
    """Adds the figures of one contender in one repeat."""

    results: Results
    party: Party
    server: stage.Server
    repeat: int

    def add(self, case: str, unit: str, value: float, x: float | None = None) -> None:
        measure = Measure(TOPIC, case, self.party.name, unit, value, self.repeat, x)
        self.results.add(measure)

    async def measure(self, load: Callable[[], Awaitable[Tally]]) -> "Figures":
        started, cpu, own = time.monotonic(), cpu_seconds(self.server), stage.own_cpu()
        tally = await load()
        return Figures(
            tally,
            seconds=time.monotonic() - started,
            cpu=cpu_seconds(self.server) - cpu,
            own_cpu=stage.own_cpu() - own,
        )

    def record(self, case: str, figures: "Figures") -> None:
        self.add(case, CPU, figures.cpu_per_delivery)
        self.add(case, "deliveries/s", figures.per_second)
        self.add(case, "client CPU", figures.own_cpu / figures.seconds)
        percentiles = quantiles(figures.tally.latencies, n=100)
        self.add(case, "p50 ms", percentiles[49])
        self.add(case, "p99 ms", percentiles[98])
        if case.endswith(PACED):
            for percent in PERCENTILES:
                self.add(f"{case}, by percentile", "latency ms", percentiles[percent - 1], percent)


@dataclass(frozen=True)
class Figures:
    tally: Tally
    seconds: float
    cpu: float  # seconds, of the server
    own_cpu: float

    @property
    def cpu_per_delivery(self) -> float:
        """Microseconds."""
        return self.cpu / self.tally.deliveries * 1e6

    @property
    def per_second(self) -> float:
        return self.tally.deliveries / self.seconds


async def measure_room(meter: Meter, room: Room, sender: Sender, plan: Plan, size: int) -> None:
    await saturate(room, sender, 1, 0.2)
    one = await meter.measure(lambda: saturate(room, sender, 1, plan.seconds))
    sender.store()
    if size in plan.curve:
        meter.add(SIZES, CPU, one.cpu_per_delivery, size)
        meter.add(SIZES, "CPU ms an event", one.cpu / one.tally.sent * 1e3, size)
    if size not in plan.sizes:
        return
    meter.record(case(size, ONE), one)
    ten = await meter.measure(lambda: saturate(room, sender, WINDOW, plan.seconds))
    meter.record(case(size, TEN), ten)
    # Who can't keep up would only show how long its queue is.
    if max(one.per_second, ten.per_second) > RATE * size:
        paced = await meter.measure(lambda: pace(room, sender, plan.paced_seconds))
        meter.record(case(size, PACED), paced)
    sender.store()


async def measure_party(meter: Meter, chats: Any, plan: Plan) -> None:
    """One contender: fill the room, measuring at each size on the way."""
    party, chat = meter.party, data.ROOM_CHATS[1_000]
    curve = plan.curve if meter.repeat == 0 and party in CURVE else ()
    room = party.room(party.decode, party.text_size)
    sender = _sender(party, room, chats, chat)
    try:
        for size in sorted({*plan.sizes, *curve}):
            members = range(data.SENDER + len(room.sockets), data.SENDER + size)
            await room.enter(meter.server.port, party.doors(chat, members))
            await measure_room(meter, room, sender, plan, size)
    finally:
        await sender.close()
        await room.leave()


def _sender(party: Party, room: Room, chats: Any, chat: uuid.UUID) -> Sender:
    return Sender(party, room) if party.frame else LayerSender(party, room, chats, chat)


def run(results: Results, stores: dict[str, str], *, quick: bool, plan: Plan | None = None) -> None:
    plan = plan or (QUICK if quick else FULL)
    parties = [party for party in (IN_SHORT if quick else ALL) if stage.chosen([party.contender])]
    left_out = {party.name: reason for party in parties if (reason := missing(party))}
    results.about["left out of fanout"] = left_out
    with rooms_kept(stores) as chats, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for repeat in range(plan.repeats):
            for party in parties:
                if party.name not in left_out:
                    with served(party, stores) as server:
                        meter = Meter(results, party, server, repeat)
                        runner.run(measure_party(meter, chats, plan))
