"""Keeps a number of connections busy with requests, and checks what comes back."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

import uvloop

from .results import Results
from .stage import CLIENT_CORE, Server, core_times, own_cpu

Request = Callable[[int], bytes]  # the bytes of a request, by its number
Check = Callable[[int, bytes], None]  # raises when the body that answers it is wrong

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
LONGEST = 60.0  # seconds
QUANTILES = 200


@dataclass
class Load:
    """What a run has measured."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)  # seconds, of each answer
    cpu: float = 0.0  # seconds of CPU that the server used
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
                "client CPU": self.client_cpu,
                "client core": self.client_core,
            },
        )
        if curve and len(self.latencies) > 1:
            steps = quantiles(self.latencies, n=QUANTILES)
            for step, value in enumerate(steps, 1):
                results.note(
                    (topic, case, contender), repeat, {"latency ms": value * 1000}, step / QUANTILES
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
        self.number = number
        request = self.run.request(number)
        self.sent_at = time.perf_counter()
        self.transport.write(request)

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
    """The connections of one run, and when it ends."""

    def __init__(
        self, request: Request, check: Check, status: int, checked: int, most: int | None
    ) -> None:
        self.request = request
        self.check = check
        self.status = status
        self.checked = checked
        self.most = most
        self.connections: list[Connection] = []
        self.next = 0
        self.starts_at = self.ends_at = 0.0
        self.load = Load()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def take(self) -> int | None:
        """The number of the next request; None after the end."""
        ended = self.next == self.most or time.perf_counter() >= self.ends_at
        if ended or self.done.done():
            return None
        self.next += 1
        return self.next - 1

    def answered(self, number: int, body: bytes, sent_at: float, moment: float) -> None:
        if self.most or self.starts_at <= moment <= self.ends_at:
            self.load.latencies.append(moment - sent_at)
        if number % self.checked == 0:
            try:
                self.check(number, body)
            except Exception as error:
                self.fail(f"{error!r}: {body[:300]!r}")

    def fail(self, problem: str) -> None:
        if not self.done.done():
            self.done.set_exception(AssertionError(f"A wrong answer: {problem}"))

    def lost(self, connection: Connection, error: Exception | None) -> None:
        self.connections.remove(connection)
        if self.next != self.most and time.perf_counter() < self.ends_at:
            self.fail(f"the server closed a connection ({error})")
        elif not self.connections and not self.done.done():
            self.done.set_result(None)


def load(
    server: Server,
    request: Request,
    check: Check,
    *,
    connections: int,
    seconds: float,
    warm_up: float = 0.5,
    status: int = 200,
    checked: int = 20,
    most: int | None = None,
) -> Load:
    """Ask for some seconds, or until `most` requests are answered.

    One answer in `checked` is checked, and the status of each.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(
            _load(
                server, Run, (request, check, status, checked, most), connections, seconds, warm_up
            )
        )


async def _load(
    server: Server,
    kind: type[Run],
    what: tuple[Request, Check, int, int, int | None],
    connections: int,
    seconds: float,
    warm_up: float,
) -> Load:
    run = kind(*what)
    run.starts_at = time.perf_counter() + warm_up
    run.ends_at = run.starts_at + seconds
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(run), "127.0.0.1", server.port)
    await asyncio.sleep(run.starts_at - time.perf_counter())
    before = (server.cpu(), own_cpu(), *core_times(CLIENT_CORE), time.perf_counter())
    await asyncio.wait([run.done], timeout=run.ends_at - time.perf_counter())
    after = (server.cpu(), own_cpu(), *core_times(CLIENT_CORE), time.perf_counter())
    await asyncio.wait_for(run.done, LONGEST)
    used = [now - then for now, then in zip(after, before, strict=True)]
    run.load.cpu, run.load.seconds = used[0], used[4]
    run.load.client_cpu = used[1] / used[4]
    run.load.client_core = used[2] / used[3]
    if not run.load.latencies:
        raise AssertionError("Nothing was answered within the time.")
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
