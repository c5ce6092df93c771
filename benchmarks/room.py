"""A room of sockets that are all to get every event once, and in the order of its sender.

A payload is decoded when a socket has it first; the same bytes on another are the same event.
"""

import asyncio
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic_ns

from .socket_load import PATIENCE, Door, Listener, Socket, open_all, open_socket

CALM = 0.3  # seconds without any frame
LONG_CALM = 1.5  # seconds; a busy server may tell late who came
Decode = Callable[[bytes], str | None]  # the text of an event; None for any other frame


@dataclass(slots=True)
class Event:
    """One that was sent: the `number`th of its sender."""

    sender: int
    number: int
    sent: int  # ns
    left: int  # sockets that don't have it yet
    arrived: "asyncio.Future[None]"  # at every socket


@dataclass
class Tally:
    """What a measurement has seen."""

    sent: int = 0  # events
    deliveries: int = 0
    latencies: "array[float]" = field(default_factory=lambda: array("d"))  # ms, of each delivery


class Room(Listener):
    def __init__(self, decode: Decode, text_size: int) -> None:
        self.decode = decode
        self.text_size = text_size  # characters
        self.sockets: list[Socket] = []
        self.frames = 0  # of any kind, since the first connection
        self.tally = Tally()
        self._measuring = False  # any frame that is no event is an error then
        self._error: Exception | None = None
        self._told = 0  # frames of the first socket, mostly of who came
        self._numbers: Counter[int] = Counter()  # of the next event, by sender
        self._sent: dict[str, Event] = {}  # by text
        self._known: dict[bytes, Event] = {}  # by payload
        self._chunk = b""  # what a socket has had just now, if it is whole frames of text
        self._payloads: list[bytes] = []  # of that

    # Measuring

    @property
    def failed(self) -> bool:
        return self._error is not None

    def begin(self) -> None:
        self._measuring, self.tally = True, Tally()
        self._numbers.clear()
        self._sent.clear()
        self._known.clear()
        for socket in self.sockets:
            socket.due.clear()

    def event(self, sender: int) -> tuple[str, Event]:
        """The text of a sender's next event, and the event, which counts as sent now."""
        if self._error:
            raise self._error
        number, arrived = self._numbers[sender], asyncio.get_running_loop().create_future()
        self._numbers[sender] += 1
        event = Event(sender, number, monotonic_ns(), len(self.sockets), arrived)
        text = f"{sender}:{number}:{event.sent} ".ljust(self.text_size, ".")
        self._sent[text] = event
        self.tally.sent += 1
        return text, event

    async def end(self) -> Tally:
        """Wait for what is still under way; raises if a socket got anything else than all of it."""
        waiting = [event.arrived for event in self._sent.values() if not event.arrived.done()]
        if waiting and (await asyncio.wait(waiting, timeout=PATIENCE))[1]:
            self._fail("Events were lost.")
        self._measuring = False
        if self._error:
            raise self._error
        expected = self.tally.sent * len(self.sockets)
        if self.tally.deliveries != expected:
            raise RuntimeError(f"{self.tally.deliveries} deliveries instead of {expected}.")
        return self.tally

    # Frames

    def take(self, socket: Socket, data: bytes) -> bytes:
        """As every listener, but what the socket before has had isn't taken apart again."""
        if data == self._chunk:
            self.heard(socket, self._payloads)
            return b""
        self._chunk = data
        payloads, rest = self.split(socket, data)
        if rest:
            self._chunk = b""
        self._payloads = payloads
        self.heard(socket, payloads)
        return rest

    def control(self, socket: Socket, head: int, payload: bytes) -> None:
        super().control(socket, head, payload)
        self._chunk = b""

    def heard(self, socket: Socket, payloads: list[bytes]) -> None:
        self.frames += len(payloads)
        if not self._measuring:
            if self.sockets and socket is self.sockets[0]:
                self._told += len(payloads)
            return
        moment, due, known, latencies = (
            monotonic_ns(),
            socket.due,
            self._known,
            self.tally.latencies,
        )
        for payload in payloads:
            event = known.get(payload) or self._first(payload)
            if event is None:
                return
            if due.get(event.sender, 0) != event.number:
                self._fail(f"Number {event.number} came instead of {due.get(event.sender, 0)}.")
                return
            due[event.sender] = event.number + 1
            latencies.append((moment - event.sent) / 1e6)
            event.left -= 1
            if not event.left and not event.arrived.done():
                event.arrived.set_result(None)
        self.tally.deliveries += len(payloads)

    def _first(self, payload: bytes) -> Event | None:
        """The event of a payload that no socket has had before."""
        text = self.decode(payload)
        event = self._sent.get(text) if text else None
        if event is None:
            self._fail(f"Nobody has sent this: {payload[:300]!r}")
        else:
            self._known[payload] = event
        return event

    def lost(self, socket: Socket) -> None:
        if self._measuring:
            self._fail("A socket was closed.")

    def _fail(self, problem: str) -> None:
        self._error = self._error or RuntimeError(problem)
        for event in self._sent.values():
            if not event.arrived.done():
                event.arrived.set_result(None)

    # Sockets

    async def enter(self, ports: Sequence[int], doors: list[Door]) -> None:
        """Add sockets, and wait until everyone was told of them."""
        alone = 0 if self.sockets else 1
        for door in doors[:alone]:
            self.sockets.append(await open_socket(self, ports[0], *door))
        self.sockets += await open_all(self, ports, doors[alone:])
        await self.quiet()

    async def quiet(self) -> None:
        """Wait for a calm; a longer one as long as the first socket wasn't told of everybody."""
        calm = 0.0
        for _ in range(int(PATIENCE / CALM)):
            before = self.frames
            await asyncio.sleep(CALM)
            calm = calm + CALM if self.frames == before else 0.0
            if calm and (self._told >= len(self.sockets) or calm >= LONG_CALM):
                return
        raise RuntimeError("The room doesn't become quiet.")

    async def leave(self) -> None:
        self._measuring = False
        for socket in self.sockets:
            socket.transport.abort()
        await asyncio.sleep(0)
