"""What a room of 500 is told of typing and presence, and how a chat list's socket starts."""

import asyncio
import time
from bisect import bisect_left
from collections.abc import Awaitable, Callable
from functools import partial
from statistics import median

import orjson
import uvloop

from . import data
from .entrant import case as size_case
from .idle import first_frame
from .meter import Server
from .results import Measure, Results, Target
from .room import Room
from .socket_load import PATIENCE, Door, Listener, Socket, open_socket
from .socket_servers import BASELINE, OWN_PROTOCOL, Party, served, taking_part

TOPIC = "activity"
SIZE = 500
FRAMES_PER_SECOND = 50
TOLD = "events within a second"  # the most about one person that the room was told
WITHIN = 0.95  # seconds: what is told once a second isn't told to the millisecond
TYPING, CHANGING = "typing, from two sockets", "typing on and off, from two sockets"
PRESENCE = "one person coming and going"
CHAT_LISTS = {**data.LIST_USERS, 500: data.READER}  # a person by the number of their chats
LIST_CASE = "start of the chat list's socket"
STARTS = 5

TARGETS = [
    Target(f"{name}: {TOLD}", TOPIC, (size_case(SIZE, name), OWN_PROTOCOL.name), None, TOLD, 1)
    for name in (TYPING, CHANGING, PRESENCE)
]


class Bystander(Listener):
    """Notes when it is told something about one person."""

    def __init__(self, user_id: int) -> None:
        self.user_id = user_id
        self.moments: list[float] = []

    def heard(self, socket: Socket, payloads: list[bytes]) -> None:
        for payload in payloads:
            if orjson.loads(payload)["data"].get("user_id") == self.user_id:
                self.moments.append(time.monotonic())

    def most_within(self, seconds: float) -> int:
        """The most events in any stretch of this length."""
        ends = [bisect_left(self.moments, moment + seconds) for moment in self.moments]
        return max((end - start for start, end in enumerate(ends)), default=0)


def typing_frame(is_typing: bool) -> bytes:
    return orjson.dumps({"type": "typing_indicator", "data": {"is_typing": is_typing}})


async def type_much(sockets: list[Socket], seconds: float, frames: list[bytes]) -> None:
    """Send the frames in turn, by the sockets in turn."""
    started = time.monotonic()
    for number in range(int(seconds * FRAMES_PER_SECOND)):
        await asyncio.sleep(started + number / FRAMES_PER_SECOND - time.monotonic())
        sockets[number % len(sockets)].send(frames[number // len(sockets) % len(frames)])


async def come_and_go(port: int, door: Door, seconds: float) -> None:
    """Open and close a socket, again and again."""
    ends, times = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        await first_frame(port, door)
        times += 1
    if times < 2 * seconds:
        raise RuntimeError(f"Only {times} sockets were opened in {seconds} s.")


async def measure_room(
    add: Callable[..., None], server: Server, party: Party, seconds: float
) -> None:
    members = range(data.SENDER, data.SENDER + SIZE + 2)
    *everyone, bystander_door, guest_door = party.doors(members)
    room = Room(party.decode, party.text_size)
    bystander = Bystander(data.SENDER)
    await room.enter(server.ports, everyone)
    second = await open_socket(Listener(), server.port, *everyone[0])
    extra = [second, await open_socket(bystander, server.port, *bystander_door)]
    await room.quiet()

    async def count(name: str, user_id: int, work: Awaitable[None]) -> None:
        """What the room is told of a person while the work runs, and what that costs."""
        bystander.user_id = user_id
        bystander.moments.clear()
        meter = server.meter()
        await work
        await asyncio.sleep(1.2)  # what is told once a second at most has been told then
        meter.stop()
        if not bystander.moments:
            raise RuntimeError(f"Nothing was told: {name}.")
        add(size_case(SIZE, name), TOLD, bystander.most_within(WITHIN))
        add(size_case(SIZE, name), "events told", len(bystander.moments))
        for unit, cost in meter.cost(seconds).items():
            add(size_case(SIZE, name), f"{unit} a second", cost)

    on, off = typing_frame(True), typing_frame(False)
    typists = [room.sockets[0], second]
    await count(TYPING, data.SENDER, type_much(typists, seconds, [on]))
    await count(CHANGING, data.SENDER, type_much(typists, seconds, [on, off]))
    await count(PRESENCE, members[-1], come_and_go(server.port, guest_door, seconds))
    for socket in extra:
        socket.transport.abort()
    await room.leave()


async def measure_lists(add: Callable[..., None], server: Server) -> None:
    for size in sorted(CHAT_LISTS):
        start = await list_start(server.port, size)
        add(LIST_CASE, "ms to its first frame", start, size)


async def list_start(port: int, size: int) -> float:
    """Milliseconds until a chat list's first frame, which names every chat."""
    door = ("/api/v1/users/me", data.token(CHAT_LISTS[size]))
    times = []
    for _ in range(STARTS):
        watching = Watching()
        started = time.monotonic()
        socket = await open_socket(watching, port, *door)
        chats = await asyncio.wait_for(watching.chats, PATIENCE)
        times.append((time.monotonic() - started) * 1e3)
        if chats != size:
            raise RuntimeError(f"The chat list has {chats} chats instead of {size}.")
        socket.transport.abort()
        await asyncio.sleep(0.3)  # the process forgets the chats, as nobody else is there
    return median(times)


class Watching(Listener):
    """Waits for the number of chats that the first frame names."""

    def __init__(self) -> None:
        self.chats: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def heard(self, socket: Socket, payloads: list[bytes]) -> None:
        if payloads and not self.chats.done():
            self.chats.set_result(len(orjson.loads(payloads[0])["data"]["last_seqs"]))


def run(results: Results, stores: dict[str, str], *, quick: bool) -> None:
    seconds, repeats = (2.0, 1) if quick else (3.0, 2)
    once = () if quick else (BASELINE,)  # no target is a ratio to it
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for repeat in range(repeats):
            for party in taking_part((OWN_PROTOCOL, *(once if repeat == 0 else ()))):
                add = partial(_add, results, party, repeat)
                with served(party, stores) as server:
                    if party is OWN_PROTOCOL:
                        runner.run(measure_lists(add, server))
                    runner.run(measure_room(add, server, party, seconds))


def _add(
    results: Results,
    party: Party,
    repeat: int,
    case: str,
    unit: str,
    value: float,
    x: float | None = None,
) -> None:
    results.add(Measure(TOPIC, case, party.name, unit, value, repeat, x))
