"""Idle sockets: their memory, whether their process stays quick, and how fast all come back."""

import asyncio
import time
from collections.abc import Iterator
from itertools import islice
from statistics import quantiles

import uvloop

from . import data, stage
from .load import rotated
from .meter import Server
from .results import Results, Target
from .socket_load import PATIENCE, Door, Listener, Socket, open_all, open_socket
from .socket_servers import (
    BASELINE,
    OURS,
    OWN_PROTOCOL,
    UVICORN,
    Party,
    served,
    taking_part,
    to_peer,
)

TOPIC = "idle"
SOCKETS = 5_000
FEW = 500  # in a quick run
MEMBERS = 5  # at most, of each of their chats
PING_INTERVAL = 0.005  # seconds
KIB, LAG, SERVES = "KiB a socket", "loop lag p99 ms", "s until a new socket is served"
BACK = "s until all are back"


def case(count: int) -> str:
    return f"{count} idle sockets"


def _targets(party: Party, server: str) -> list[Target]:
    place = (case(SOCKETS), party.name)
    return [
        Target(f"memory a socket, {server}, KiB", TOPIC, place, None, KIB, at_most=40),
        Target(f"loop lag p99 beside 5,000 sockets, {server}, ms", TOPIC, place, None, LAG, 50),
        Target(f"a new socket after all have gone, {server}, s", TOPIC, place, None, SERVES, 1),
    ]


TARGETS = [
    *_targets(UVICORN, "stock uvicorn"),
    *_targets(OWN_PROTOCOL, "our protocol"),
    to_peer(
        TOPIC,
        "5,000 sockets that come back, our protocol: time until all are",
        *(case(SOCKETS), BACK),
        of=OWN_PROTOCOL,
        at_most=1.2,
        is_headline=True,
    ),
    to_peer(
        TOPIC,
        "a new socket, our protocol: CPU",
        *(case(SOCKETS), "total CPU ms a new socket"),
        of=OWN_PROTOCOL,
        at_most=1.2,
    ),
]


class Counter(Listener):
    """Counts text frames; the first of all wakes who waits for it."""

    def __init__(self) -> None:
        self.frames = 0
        self.lost_sockets = 0
        self.sockets: list[Socket] = []
        self.heard_any = asyncio.Event()

    def heard(self, socket: Socket, payloads: list[bytes]) -> None:
        if payloads:
            self.frames += len(payloads)
            self.heard_any.set()

    def lost(self, socket: Socket) -> None:
        self.lost_sockets += 1

    def leave(self) -> None:
        """Cut all sockets at once."""
        for socket in self.sockets:
            socket.transport.abort()


def doors() -> Iterator[Door]:
    """Every member of every small chat, chat by chat."""
    for plan in data.plans(data.scale()):
        if len(plan.member_ids) <= MEMBERS:
            for user_id in plan.member_ids:
                yield OURS.format(chat=plan.id), data.token(user_id)


async def settle(counter: Counter) -> None:
    """Wait until nobody is told any more who came."""
    for _ in range(int(PATIENCE)):
        before = counter.frames
        await asyncio.sleep(1)
        if counter.frames == before:
            return
    raise RuntimeError("The sockets don't become quiet.")


async def lag(socket: Socket, seconds: float) -> list[float]:
    """What anybody would wait for the loop, at times 5 ms apart, in ms.

    Measured by round trips of WebSocket pings, so the way there and back is in it. While one is
    under way no other starts: those that would have are counted with what they would have waited.
    """
    ends, waits = time.monotonic() + seconds, []
    while time.monotonic() < ends:
        trip = await socket.ping()
        while trip > 0:
            waits.append(trip * 1e3)
            trip -= PING_INTERVAL
        await asyncio.sleep(PING_INTERVAL)
    return waits


async def first_frame(port: int, door: Door) -> float:
    """Seconds from the handshake's first byte to the first frame."""
    listener, started = Counter(), time.monotonic()
    socket = await open_socket(listener, port, *door)
    await asyncio.wait_for(listener.heard_any.wait(), PATIENCE)
    taken = time.monotonic() - started
    socket.transport.abort()
    return taken


async def measure(server: Server, count: int, seconds: float) -> dict[str, float]:
    """The figures of one server, by unit."""
    places = list(islice(doors(), count + 1))
    probe_door = places.pop()
    if len(places) < count:
        raise RuntimeError(f"The data has room for {len(places)} sockets only.")
    await first_frame(server.port, probe_door)  # the first of a process starts what all share
    counter = Counter()
    probe = await open_socket(Listener(), server.port, *probe_door)
    await asyncio.sleep(1)
    before = server.memory()
    figures = await opening(server, counter, places)
    figures = {KIB: (server.memory() - before) / 1024 / count, **figures}
    waits = await lag(probe, seconds)
    percentiles = quantiles(waits, n=100)
    figures |= {"loop lag p50 ms": percentiles[49], LAG: percentiles[98]}
    figures["loop lag max ms"] = max(waits)
    if counter.lost_sockets:
        raise RuntimeError(f"{counter.lost_sockets} sockets were closed while idle.")
    counter.leave()
    await asyncio.sleep(0)
    figures[SERVES] = await first_frame(server.port, places[0])
    started = time.monotonic()
    counter.sockets = await open_all(counter, server.ports, places)
    figures[BACK] = time.monotonic() - started
    counter.leave()
    probe.transport.abort()
    return figures


async def opening(server: Server, counter: Counter, places: list[Door]) -> dict[str, float]:
    """Open all, and wait until nobody is told any more who came."""
    meter, started = server.meter(), time.monotonic()
    counter.sockets = await open_all(counter, server.ports, places)
    opened = time.monotonic() - started
    await settle(counter)
    meter.stop()
    costs = {f"{name} a new socket": used for name, used in meter.cost(len(places)).items()}
    return {"s to open all": opened, **costs}


def run(results: Results, stores: dict[str, str], *, quick: bool) -> None:
    """Each contender alone: memory and quiet are what is measured."""
    count, seconds, rounds = (FEW, 2, 1) if quick else (SOCKETS, 5, 3)
    parties = taking_part((BASELINE, OWN_PROTOCOL) if quick else (BASELINE, UVICORN, OWN_PROTOCOL))
    stage.allow_files(count)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for number in range(rounds):
            for party in rotated(parties, number):
                with served(party, stores) as server:
                    figures = runner.run(measure(server, count, seconds))
                results.note((TOPIC, case(count), party.name), number, figures)
