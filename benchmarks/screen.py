"""POST of a message until it is at the sockets of 200 people, in the documented deployment.

Sixteen connections post; the clock runs from the request to the frame at each socket. The peer is
one process: its sockets are in the memory of the process that takes the request.
"""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import orjson
import uvloop

from . import data, stage
from .entrant import Figures, measured, pace, saturate
from .http_load import LENGTH, post
from .http_servers import OURS, PEER, to_peer
from .load import rotated
from .meter import Server
from .results import Results
from .room import Event, Room
from .senders import Sender
from .socket_load import PATIENCE, Socket
from .socket_servers import BASELINE, OWN_PROTOCOL, Party
from .stage import serving

TOPIC = "screen"
PEOPLE = 200
CONNECTIONS = 16
PACED, SATURATED = "to 200 screens, 20 messages/s", "to 200 screens, saturated"
PER_SECOND = "messages/s"
CONTENT = 100  # characters

screen_to_peer = partial(to_peer, TOPIC, is_headline=True)
TARGETS = [
    screen_to_peer("POST to 200 screens, 20/s: p50", PACED, "p50 ms", at_most=1.1),
    screen_to_peer("POST to 200 screens, 20/s: p99", PACED, "p99 ms", at_most=1.1),
    screen_to_peer(
        "POST to 200 screens, saturated: messages/s", SATURATED, PER_SECOND, at_least=1.3
    ),
]


class Screens(Room):
    """Sockets that are told of messages, and may be told of other things, such as markers."""

    def split(self, socket: Socket, data: bytes) -> tuple[list[bytes], bytes]:
        payloads, rest = super().split(socket, data)
        return [one for one in payloads if b'"text_message"' in one[:40]], rest


class Poster(asyncio.Protocol):
    """One keep-alive connection; a request waits for the answer before."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.received = b""
        self.answered: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    async def ready(self) -> None:
        """Wait for the answer to the latest request; raises if that was refused."""
        if self.answered:
            await asyncio.wait_for(self.answered, PATIENCE)

    def post(self, path: str, body: bytes) -> None:
        self.answered = asyncio.get_running_loop().create_future()
        self.transport.write(post(path, self.token, body))

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, separator, body = self.received.partition(b"\r\n\r\n")
        length = LENGTH.search(head + separator)
        if not separator or length is None or len(body) < int(length[1]):
            return
        self.received = b""
        assert self.answered
        if head[9:12] == b"201":
            self.answered.set_result(None)
        else:
            self.answered.set_exception(AssertionError(f"A wrong answer: {head!r} {body!r}"))


class PostSender(Sender):
    """Posts what the room is to get; each sender is a member with a connection."""

    def __init__(self, party: Party, room: Room) -> None:
        super().__init__(party, room)
        self.posters: list[Poster] = []

    async def connect(self, port: int) -> None:
        self.port = port
        self.posters = [await self._connected(number) for number in range(CONNECTIONS)]

    async def _connected(self, sender: int) -> Poster:
        make = partial(Poster, data.token(data.SENDER + sender))
        loop = asyncio.get_running_loop()
        _, poster = await loop.create_connection(make, "127.0.0.1", self.port)
        return poster

    async def send(self, sender: int) -> Event:
        poster = self.posters[sender]
        await poster.ready()
        if poster.transport.is_closing():  # by the server, while others had their turn
            poster = self.posters[sender] = await self._connected(sender)
        text, event = self.room.event(sender)
        body = {"content": text}
        if self.party is not BASELINE:
            body["client_id"] = str(uuid.uuid4())
        poster.post(f"/api/v1/chats/{data.SCREEN_CHAT}/messages", orjson.dumps(body))
        return event

    async def close(self) -> None:
        for poster in self.posters:
            await poster.ready()
            poster.transport.close()


@dataclass
class Entrant:
    """A contender: what serves its pages and sockets, and how both are used."""

    party: Party
    server: Server
    pages: int  # port

    def __post_init__(self) -> None:
        self.room = Screens(self.party.decode, CONTENT)
        self.sender = PostSender(self.party, self.room)

    async def open(self) -> None:
        path = self.party.path.format(chat=data.SCREEN_CHAT)
        members = range(data.SENDER, data.SENDER + PEOPLE)
        await self.room.enter(self.server.ports[:1], [(path, data.token(one)) for one in members])
        await self.sender.connect(self.pages)

    async def burst(self, case: str, seconds: float) -> Figures:
        room, sender = self.room, self.sender
        if case == PACED:
            load = partial(pace, room, sender, 2 * seconds, CONNECTIONS)
        else:
            load = partial(saturate, room, sender, CONNECTIONS, seconds)
        return await measured(self.server, load)


@contextmanager
def entrants(stores: dict[str, str]) -> Iterator[dict[str, Entrant]]:
    """Ours: two processes of pages and one of sockets, as docs/deployment.md has them."""
    environment, found = stage.environment(stores), {}
    with ExitStack() as stack:
        if stage.chosen([OURS]):
            pages, sockets = (
                stack.enter_context(serving(one, environment))
                for one in (OURS, OWN_PROTOCOL.contender)
            )
            found[OURS.name] = Entrant(OWN_PROTOCOL, sockets + pages, pages.port)
        if stage.chosen([PEER]):
            server = stack.enter_context(serving(BASELINE.contender, environment))
            found[PEER.name] = Entrant(BASELINE, server, server.port)
        yield found


async def measure(results: Results, found: dict[str, Entrant], rounds: int, seconds: float) -> None:
    """A burst of each contender a round, in rotating order; the first round warms up."""
    for entrant in found.values():
        await entrant.open()
    for case in (PACED, SATURATED):
        for number in range(-1, rounds):
            for name in rotated(list(found), number):
                figures = await found[name].burst(case, seconds)
                if number >= 0:
                    results.note((TOPIC, case, name), number, _by_unit(figures))
    for entrant in found.values():
        await entrant.sender.close()
        await entrant.room.leave()


def _by_unit(figures: Figures) -> dict[str, float]:
    units = figures.by_unit()
    return {
        PER_SECOND: figures.tally.sent / figures.meter.seconds,
        **{unit: units[unit] for unit in ("p50 ms", "p99 ms")},
        **figures.meter.cost(figures.tally.sent),
        "client CPU": units["client CPU"],
    }


def run(results: Results, stores: dict[str, str], *, quick: bool) -> None:
    """Two rates, both deployed as documented."""
    rounds, seconds = (2, 0.6) if quick else (10, 1.5)
    data.reset_rooms(stores)
    with (
        stage.placed(stage.DOCUMENTED),
        entrants(stores) as found,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(measure(results, found, rounds, seconds))
    data.reset_rooms(stores)
