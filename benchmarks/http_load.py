"""Keeps a number of connections busy with requests, and checks what comes back."""

import asyncio
import re
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

import uvloop

from .results import Results
from .stage import CLIENT_CORE, Server, core_times, mongodb_cpu, own_cpu

Request = Callable[[int], bytes]  # the bytes of a request, by its number
Check = Callable[[int, bytes], None]  # raises when the body that answers it is wrong

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
LONGEST = 120.0  # seconds
WARM_UP = 0.25  # seconds
WARM = 50  # answers before the first that counts: code is imported, caches fill
FEWEST = 3  # answers
QUANTILES = 200


@dataclass
class Load:
    """What a run has measured."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)  # seconds, of each answer
    cpu: float = 0.0  # seconds of CPU that the server used
    mongodb_cpu: float = 0.0  # the same of MongoDB
    client_cpu: float = 0.0  # share of its core, 0 to 1, that the client used
    client_core: float = 0.0  # the same of the whole core, with MongoDB

    def quantile(self, share: float) -> float:
        """A latency in seconds, at most `share` of which are below it."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]

    def record(
        self, results: Results, topic: str, case: str, contender: str, repeat: int, *, curve: bool
    ) -> None:
        """Add the figures of this run; with `curve` also the distribution of the latencies."""
        results.note(
            (topic, case, contender),
            repeat,
            {
                "requests/s": len(self.latencies) / self.seconds,
                "p50 ms": self.quantile(0.5) * 1000,
                "p99 ms": self.quantile(0.99) * 1000,
                "CPU ms": self.cpu / len(self.latencies) * 1000,
                "MongoDB CPU ms": self.mongodb_cpu / len(self.latencies) * 1000,
                "client CPU": self.client_cpu,
                "client core": self.client_core,
            },
        )
        if curve and len(self.latencies) > 1:
            steps = quantiles(self.latencies, n=QUANTILES)
            for step, value in enumerate(steps, 1):
                results.note(
                    (topic, case, contender),
                    repeat,
                    {"latency ms": value * 1000},
                    100 * step / QUANTILES,
                )


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
    """The connections of one run, and when it begins and ends."""

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
        self.answers = 0
        self.load = Load()
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
        late = time.perf_counter() >= self.ends_at and len(self.load.latencies) >= FEWEST
        return late or self.next >= self.most

    def answered(self, number: int, body: bytes, sent_at: float, moment: float) -> None:
        self.answers += 1
        if number % self.checked == 0:
            try:
                self.check(number, body)
            except Exception as error:
                self.fail(f"{error!r}: {body[:300]!r}")
        in_time = moment <= self.ends_at or len(self.load.latencies) < FEWEST
        if moment >= self.starts_at and in_time:
            self.load.latencies.append(moment - sent_at)

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
    """Ask for some seconds, after a warm-up; one answer in `checked` is checked.

    With a `rate`, so many a second in all, as long as there are free connections.

    Answers count in which time they come, whenever they were asked for.
    """

    async def measure() -> Load:
        run = Run(request, check, status, checked, rate)
        await _connect(run, server, connections)
        await asyncio.sleep(WARM_UP)
        await run.until(lambda: run.answers >= WARM, LONGEST)
        run.starts_at = time.perf_counter()
        run.ends_at = run.starts_at + seconds
        before = _meters(server)
        await run.until(run.is_over, LONGEST)
        return await _finish(run, before, _meters(server))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(measure())


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
        run = Run(request, check, status, checked=1)
        run.most = most
        run.starts_at = time.perf_counter()
        before = _meters(server)
        await _connect(run, server, connections)
        await asyncio.wait_for(asyncio.shield(run.done), LONGEST)
        return await _finish(run, before, _meters(server))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(measure())


async def _connect(run: Run, server: Server, connections: int) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(run), "127.0.0.1", server.port)


def _meters(server: Server) -> tuple[float, ...]:
    return (
        server.cpu(),
        mongodb_cpu(),
        own_cpu(),
        *core_times(CLIENT_CORE),
        time.perf_counter(),
    )


async def _finish(run: Run, before: Iterable[float], after: Iterable[float]) -> Load:
    await asyncio.wait_for(run.done, LONGEST)
    server, mongodb, own, busy, there, seconds = (
        now - then for now, then in zip(after, before, strict=True)
    )
    run.load.cpu, run.load.mongodb_cpu, run.load.seconds = server, mongodb, seconds
    run.load.client_cpu, run.load.client_core = own / seconds, busy / max(there, 0.01)
    return run.load


def get(path: str, token: str) -> bytes:
    """The bytes of a GET request."""
    return f"GET {path} {_head(token)}\r\n".encode()


def post(path: str, token: str, body: bytes) -> bytes:
    """The bytes of a POST request of JSON."""
    head = f"{_head(token)}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return f"POST {path} {head}".encode() + body


def _head(token: str) -> str:
    return f"HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
