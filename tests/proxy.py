"""A TCP proxy before several processes: what a load balancer does, and what a bad network does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, cast


class End(asyncio.Protocol):
    """One side of a link: what it reads goes to the other side."""

    transport: asyncio.Transport
    other: End

    def __init__(self, link: Link, *, is_client: bool) -> None:
        self.link = link
        self.is_client = is_client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self.is_client:
            self.transport.pause_reading()  # until there is another side
            self.link.begin(self)

    def data_received(self, data: bytes) -> None:
        if self.link.budget is None:
            self.other.transport.write(data)
        else:
            self.link.spend(self.other.transport, data)

    def eof_received(self) -> bool:
        if self.other.transport.can_write_eof():
            self.other.transport.write_eof()
        return True  # the other direction goes on

    def connection_lost(self, error: Exception | None) -> None:
        self.link.cut()

    def pause_writing(self) -> None:
        self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if not self.link.proxy.is_silent:
            self.other.transport.resume_reading()


class Link:
    """One connection of a client, carried to one process."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.port = 0  # of the process
        self.budget: int | None = proxy.budget  # bytes, either way, until it is cut
        self.ends: list[End] = []

    def client_end(self) -> End:
        return End(self, is_client=True)

    def begin(self, end: End) -> None:
        self.ends = [end]
        self.proxy.links.add(self)
        self.proxy.spawn(self._connect(end))

    async def _connect(self, near: End) -> None:
        """Go to the next process that takes a connection; close if none does."""
        if self.proxy.is_open:
            for port in self.proxy.next_ports():
                with suppress(OSError):
                    far = await self._reach(port)
                    near.other, far.other = far, near
                    self.ends.append(far)
                    self.port = port
                    if not self.proxy.is_silent:
                        near.transport.resume_reading()
                        far.transport.resume_reading()
                    return
        near.transport.close()

    async def _reach(self, port: int) -> End:
        loop = asyncio.get_running_loop()
        _, far = await loop.create_connection(lambda: End(self, is_client=False), "127.0.0.1", port)
        far.transport.pause_reading()
        return far

    def client_address(self) -> tuple[str, int]:
        """Where the client's end is (host, port)."""
        host, port, *_ = self.ends[0].transport.get_extra_info("peername")
        return host, port

    def spend(self, target: asyncio.Transport, data: bytes) -> None:
        """Let through what is left of the budget; then the connection breaks."""
        assert self.budget is not None
        if self.budget > 0:
            target.write(data[: self.budget])
            self.budget -= len(data)
            if self.budget <= 0:
                self.proxy.cuts += 1
                target.close()  # not aborted: just these bytes are to arrive

    def cut(self) -> None:
        """Reset the connection: what is on the way is lost."""
        self.proxy.links.discard(self)
        for end in self.ends:
            end.transport.abort()


class Proxy:
    """A port that leads to the processes in turn, past those that are dead.

        async with Proxy(lambda: [8001, 8002]) as proxy:
            proxy.url, proxy.websocket_url
            proxy.cut()               # every connection, as a mobile network does
            proxy.cut_after(700)      # each one (also those to come), 700 bytes from now
            proxy.cuts                # how many connections were cut so
            proxy.silence()           # nothing is carried, nothing is closed
            proxy.resume()
            proxy.is_open = False     # refuse new connections

    It runs in the event loop of the test.
    """

    def __init__(self, ports: Callable[[], Iterable[int]]) -> None:
        self._ports = ports
        self._turn = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self.is_open = True
        self.is_silent = False
        self.budget: int | None = None  # of a new link
        self.cuts = 0
        self.links: set[Link] = set()

    async def __aenter__(self) -> Proxy:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Link(self).client_end(), "127.0.0.1", 0, backlog=4096
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        self.cut()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def websocket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def cut(self) -> int:
        """Reset every connection; answers how many there were."""
        links = tuple(self.links)
        for link in links:
            link.cut()
        return len(links)

    def was_cut_since(self, cuts: int) -> bool:
        return self.cuts > cuts

    def cut_after(self, size: int | None) -> None:
        """Cut each connection after so many more bytes, either way; None: not any more."""
        self.budget = size
        for link in self.links:
            link.budget = size

    def silence(self) -> None:
        """Carry nothing, and close nothing."""
        self.is_silent = True
        for link in self.links:
            for end in link.ends:
                end.transport.pause_reading()

    def resume(self) -> None:
        self.is_silent = False
        for link in self.links:
            if len(link.ends) == 2:
                for end in link.ends:
                    end.transport.resume_reading()

    def next_ports(self) -> list[int]:
        """The processes' ports, beginning with whose turn it is."""
        ports = list(self._ports())
        self._turn += 1
        return [ports[(self._turn + at) % len(ports)] for at in range(len(ports))]

    def spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
