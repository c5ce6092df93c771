"""A room in which everybody marks messages as read: how late a bystander is told, and joins.

And a room of 200 in which, besides, twenty type and people come and go.
"""

import asyncio
import time
from statistics import quantiles

import orjson
import uvloop

from . import data
from .idle import first_frame
from .load import rotated
from .meter import Server
from .results import Results, Target
from .socket_load import Door, Listener, Socket, open_all, open_socket
from .socket_servers import OWN_PROTOCOL, served

TOPIC = "reading"
SIZES = (100, 300)  # readers
LIVELY = 200  # readers where there is more
TYPISTS = 20  # of them
TYPING_PER_SECOND = 2  # frames of each typist
MARKS_PER_SECOND = 1  # of each reader
HANDSHAKE_EVERY = 0.1  # seconds
TOLD_P50, TOLD_P99, JOINED_P95 = "message_read p50 ms", "message_read p99 ms", "handshake p95 ms"


def case(size: int) -> str:
    return f"{size} readers, a mark a second each"


def lively_case() -> str:
    return f"{case(LIVELY)}, {TYPISTS} who type, people who come and go"


def _targets(text: str, where: str) -> list[Target]:
    wanted = {
        "p50 until a bystander is told of a mark": (TOLD_P50, 100),
        "p99 until a bystander is told of a mark": (TOLD_P99, 500),
        "p95 of a new socket's first frame": (JOINED_P95, 50),
    }
    place = (where, OWN_PROTOCOL.name)
    return [
        Target(f"{text}: {what}, ms", TOPIC, place, None, unit, at_most=most)
        for what, (unit, most) in wanted.items()
    ]


TARGETS = [
    *_targets("300 readers", case(300)),
    *_targets("200 readers, with typing and presence", lively_case()),
]


class Bystander(Listener):
    """Notes when it is told of each mark."""

    def __init__(self) -> None:
        self.told: dict[tuple[int, int], float] = {}  # by user and `seq`

    def heard(self, socket: Socket, payloads: list[bytes]) -> None:
        for payload in payloads:
            event = orjson.loads(payload)
            if event["type"] == "message_read":
                self.told[event["data"]["user_id"], event["data"]["seq"]] = time.monotonic()


async def read_on(
    sockets: dict[int, Socket], seconds: int, sent: dict[tuple[int, int], float]
) -> None:
    """Each reader marks the next message each second; they are spread over the second."""
    plan, started = data.plan(data.ROOM_CHATS[1_000]), time.monotonic()
    for number in range(seconds * len(sockets)):
        seq, place = divmod(number, len(sockets))
        due = started + number / len(sockets) / MARKS_PER_SECOND
        await asyncio.sleep(due - time.monotonic())
        user_id = data.SENDER + 1 + place
        mark = {"type": "message_read", "data": {"message_id": plan.message_id(seq + 1)}}
        sent[user_id, seq + 1] = time.monotonic()
        sockets[user_id].send(orjson.dumps(mark))


async def type_on(sockets: list[Socket], seconds: int) -> None:
    """Each begins and stops typing in turn; they are spread over the second."""
    started, rate = time.monotonic(), TYPING_PER_SECOND * len(sockets)
    for number in range(seconds * rate):
        await asyncio.sleep(started + number / rate - time.monotonic())
        is_typing = number // len(sockets) % 2 == 0
        frame = {"type": "typing_indicator", "data": {"is_typing": is_typing}}
        sockets[number % len(sockets)].send(orjson.dumps(frame))


async def join_again_and_again(port: int, door: Door, until: asyncio.Task[None]) -> list[float]:
    """Milliseconds until the first frame of a new socket, several times a second."""
    taken = []
    while not until.done():
        taken.append(await first_frame(port, door) * 1e3)
        await asyncio.sleep(HANDSHAKE_EVERY)
    return taken


async def measure(
    server: Server, size: int, seconds: int, *, lively: bool = False
) -> dict[str, float]:
    """The figures of one room, by unit."""
    people = range(data.SENDER + 1, data.SENDER + 1 + size)
    bystander = Bystander()
    *doors, guest = OWN_PROTOCOL.doors([*people, data.SENDER + size + 1])
    (watching,) = OWN_PROTOCOL.doors([data.SENDER])
    sockets = dict(zip(people, await open_all(Listener(), server.ports, doors), strict=True))
    extra = await open_socket(bystander, server.port, *watching)
    await asyncio.sleep(1)
    sent: dict[tuple[int, int], float] = {}
    meter = server.meter()
    reading = asyncio.create_task(read_on(sockets, seconds, sent))
    typists = list(sockets.values())[: TYPISTS if lively else 0]
    typing = asyncio.create_task(type_on(typists, seconds))
    joined = await join_again_and_again(server.port, guest, reading)
    await asyncio.gather(reading, typing)
    meter.stop()
    for _ in range(300):
        if len(bystander.told) >= len(sent):
            break
        await asyncio.sleep(0.1)
    late = sorted((bystander.told[mark] - moment) * 1e3 for mark, moment in sent.items())
    for socket in (*sockets.values(), extra):
        socket.transport.abort()
    return {
        TOLD_P50: quantiles(late, n=100)[49],
        TOLD_P99: quantiles(late, n=100)[98],
        JOINED_P95: quantiles(joined, n=20)[18],
        **meter.a_second(),
    }


def forget_markers(stores: dict[str, str]) -> None:
    with data.client(stores) as mongo:
        mongo["bench"]["chats_readmarker"].delete_many({"chat_id": data.ROOM_CHATS[1_000].hex})


def run(results: Results, stores: dict[str, str], *, quick: bool) -> None:
    cases = [(case(size), size, False) for size in SIZES] + [(lively_case(), LIVELY, True)]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for number in range(1 if quick else 3):
            for name, size, lively in rotated(cases, number):
                forget_markers(stores)
                with served(OWN_PROTOCOL, stores) as server:
                    figures = runner.run(measure(server, size, 4 if quick else 8, lively=lively))
                results.note((TOPIC, name, OWN_PROTOCOL.name), number, figures)
    data.reset_rooms(stores)
