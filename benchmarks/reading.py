"""A room in which everybody marks messages as read: how late a bystander is told, and joins."""

import asyncio
import time
from functools import partial
from statistics import quantiles

import orjson
import uvloop

from . import data, stage
from .idle import first_frame
from .results import Measure, Results, Target
from .socket_load import Door, Listener, Socket, open_all, open_socket
from .socket_servers import OWN_PROTOCOL, cpu_seconds, served

TOPIC = "reading"
SIZES = (100, 300)  # readers
MARKS_PER_SECOND = 1  # of each reader
HANDSHAKE_EVERY = 0.1  # seconds
TOLD_P50, TOLD_P99, JOINED_P95 = "message_read p50 ms", "message_read p99 ms", "handshake p95 ms"


def case(size: int) -> str:
    return f"{size} readers, a mark a second each"


def _target(text: str, unit: str, most: float) -> Target:
    place = (case(300), OWN_PROTOCOL.name)
    return Target(f"300 readers: {text}, ms", TOPIC, place, None, unit, at_most=most)


TARGETS = [
    _target("p50 until a bystander is told of a mark", TOLD_P50, 100),
    _target("p99 until a bystander is told of a mark", TOLD_P99, 500),
    _target("p95 of a new socket's first frame", JOINED_P95, 50),
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


async def join_again_and_again(port: int, door: Door, until: asyncio.Task[None]) -> list[float]:
    """Milliseconds until the first frame of a new socket, several times a second."""
    taken = []
    while not until.done():
        taken.append(await first_frame(port, door) * 1e3)
        await asyncio.sleep(HANDSHAKE_EVERY)
    return taken


async def measure(server: stage.Server, size: int, seconds: int) -> dict[str, float]:
    """The figures of one room, by unit."""
    chat = data.ROOM_CHATS[1_000]
    people = range(data.SENDER + 1, data.SENDER + 1 + size)
    bystander = Bystander()
    *doors, guest = OWN_PROTOCOL.doors(chat, [*people, data.SENDER + size + 1])
    (watching,) = OWN_PROTOCOL.doors(chat, [data.SENDER])
    sockets = dict(zip(people, await open_all(Listener(), server.port, doors), strict=True))
    extra = await open_socket(bystander, server.port, *watching)
    await asyncio.sleep(1)
    sent: dict[tuple[int, int], float] = {}
    cpu = cpu_seconds(server)
    reading = asyncio.create_task(read_on(sockets, seconds, sent))
    joined = await join_again_and_again(server.port, guest, reading)
    await reading
    cost = cpu_seconds(server) - cpu
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
        "CPU ms a second": cost / seconds * 1e3,
    }


def forget_markers(stores: dict[str, str]) -> None:
    with data.client(stores) as mongo:
        mongo["bench"]["chats_readmarker"].delete_many({"chat_id": data.ROOM_CHATS[1_000].hex})


def run(results: Results, stores: dict[str, str], *, quick: bool) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for repeat in range(1 if quick else 3):
            for size in SIZES:
                forget_markers(stores)
                with served(OWN_PROTOCOL, stores) as server:
                    figures = runner.run(measure(server, size, 4 if quick else 10))
                add = partial(_add, results, repeat, case(size))
                for unit, value in figures.items():
                    add(unit, value)
    data.reset_rooms(stores)


def _add(results: Results, repeat: int, case: str, unit: str, value: float) -> None:
    results.add(Measure(TOPIC, case, OWN_PROTOCOL.name, unit, value, repeat))
