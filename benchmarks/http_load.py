"""Keeps a number of connections busy with requests for a moment, and checks what comes back."""

import asyncio
import re
import sys
import time
from collections.abc import Callable
from typing import Any

import uvloop

from .load import Load
from .meter import Server

Request = Callable[[int], bytes]  # the bytes of a request, by its number
Check = Callable[[int, bytes], None]  # raises when the body that answers it is wrong

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
LONGEST = 120.0  # seconds
RAMP = 0.15  # seconds, until the connections are no longer in step
FEWEST = 3  # answers


class Connection(asyncio.Protocol):
    """One keep-alive connection: the next request follows the answer (HTTP/1.1, RFC 9112)."""

    def __init__(self, run: "Run") -> None:
        self.run = run
        self.received = bytearray()
        self.end = 0  # of the answer in `received`; 0 while its head is incomplete
        self.body = 0  # where its body begins
        self.number = 0
        self.sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.run.connections.append(self)
        self.send()

    def send(self) -> None:
        number = self.run.take()
        if number is None:
            self.transport.close()
            return
        due = self.run.due(number)
        wait = due - time.perf_counter()
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self._write, number, due)
        else:
            self._write(number, due or time.perf_counter())

    def _write(self, number: int, sent_at: float) -> None:
        self.number, self.sent_at = number, sent_at
        self.transport.write(self.run.request(number))

    def data_received(self, data: bytes) -> None:
        self.received += data
        if not self.end:
            self._read_head()
        if self.end and len(self.received) >= self.end:
            self._answered()

    def _read_head(self) -> None:
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        length = LENGTH.search(self.received, 0, end)
        status = int(self.received[9:12])
        if status != self.run.status or length is None:
            self.run.fail(f"{bytes(self.received[:500])!r}")
            return
        self.body = end + 4
        self.end = self.body + int(length[1])

    def _answered(self) -> None:
        moment = time.perf_counter()
        body = bytes(self.received[self.body : self.end])
        del self.received[: self.end]
        self.end = 0
        self.run.answered(self.number, body, self.sent_at, moment)
        self.send()

    def connection_lost(self, error: Exception | None) -> None:
        self.run.lost(self, error)


class Run:
    """The connections of one burst, and when it begins and ends."""

    def __init__(
        self, request: Request, check: Check, status: int, checked: int, rate: float = 0.0
    ) -> None:
        self.request = request
        self.check = check
        self.status = status
        self.checked = checked
        self.rate = rate  # requests a second; 0: as many as are answered
        self.began_at = time.perf_counter()
        self.connections: list[Connection] = []
        self.next = 0
        self.most = sys.maxsize  # requests
        self.starts_at = self.ends_at = float("inf")
        self.latencies: list[float] = []  # seconds
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def take(self) -> int | None:
        """The number of the next request; None after the end."""
        if self.is_over() or self.done.done():
            return None
        self.next += 1
        return self.next - 1

    def due(self, number: int) -> float:
        """When a request is to be sent at a given rate, or 0: its latency begins then."""
        return self.began_at + number / self.rate if self.rate else 0.0

    def is_over(self) -> bool:
        """True once it is asked for no more; some answers are waited for, however long."""
        late = time.perf_counter() >= self.ends_at and len(self.latencies) >= FEWEST
        return late or self.next >= self.most

    def answered(self, number: int, body: bytes, sent_at: float, moment: float) -> None:
        if number % self.checked == 0:
            try:
                self.check(number, body)
            except Exception as error:
                self.fail(f"{error!r}: {body[:300]!r}")
        in_time = moment <= self.ends_at or len(self.latencies) < FEWEST
        if moment >= self.starts_at and in_time:
            self.latencies.append(moment - sent_at)

    def fail(self, problem: str) -> None:
        if not self.done.done():
            self.done.set_exception(AssertionError(f"A wrong answer: {problem}"))

    def lost(self, connection: Connection, error: Exception | None) -> None:
        self.connections.remove(connection)
        if not self.is_over():
            self.fail(f"the server closed a connection ({error})")
        elif not self.connections and not self.done.done():
            self.done.set_result(None)

    async def until(self, condition: Callable[[], bool], seconds: float) -> None:
        """Wait for it, at most so long; raises when an answer was wrong."""
        deadline = time.perf_counter() + seconds
        while not condition() and time.perf_counter() < deadline:
            await asyncio.wait([self.done], timeout=0.005)
            if self.done.done():
                self.done.result()
                return


def load(
    server: Server,
    request: Request,
    check: Check,
    *,
    connections: int,
    seconds: float,
    status: int = 200,
    checked: int = 20,
    rate: float = 0.0,
) -> Load:
    """Ask for some seconds; one answer in `checked` is checked.

    With a `rate`, so many a second in all, as long as there are free connections.

    Answers count in which time they come, whenever they were asked for.
    """

    async def measure() -> Load:
        meter, run = server.meter(), Run(request, check, status, checked, rate)
        await _connect(run, server, connections)
        await run.until(lambda: False, RAMP)
        meter.start()
        run.starts_at = time.perf_counter()
        run.ends_at = run.starts_at + seconds
        await run.until(run.is_over, LONGEST)
        meter.stop()
        await asyncio.wait_for(run.done, LONGEST)
        return Load(run.latencies, meter)

    return _run(measure())


def load_few(
    server: Server,
    request: Request,
    check: Check,
    *,
    connections: int,
    most: int,
    status: int = 200,
) -> Load:
    """Ask `most` times, where that takes long or is to be counted; each answer is checked."""

    async def measure() -> Load:
        meter, run = server.meter(), Run(request, check, status, checked=1)
        run.most = most
        run.starts_at = time.perf_counter()
        await _connect(run, server, connections)
        await asyncio.wait_for(run.done, LONGEST)
        meter.stop()
        return Load(run.latencies, meter)

    return _run(measure())


def _run(measure: Any) -> Load:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found: Load = runner.run(measure)
        return found


async def _connect(run: Run, server: Server, connections: int) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(run), "127.0.0.1", server.port)


def same(request: bytes) -> Request:
    """The same request every time."""
    return lambda number: request


def get(path: str, token: str) -> bytes:
    """The bytes of a GET request."""
    return f"GET {path} {_head(token)}\r\n".encode()


def post(path: str, token: str, body: bytes) -> bytes:
    """The bytes of a POST request of JSON."""
    head = f"{_head(token)}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return f"POST {path} {head}".encode() + body


def _head(token: str) -> str:
    return f"HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
