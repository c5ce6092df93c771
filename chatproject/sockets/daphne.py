"""What Daphne leaves to its application: flow control, codes of a close, and an orderly end.

Daphne (4.2) takes whatever it is told to send, however little of it the peer reads; it refuses to
close with 1012 or 1013; and when it is stopped, it cancels what runs. uvicorn sees to all of that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import reactor as twisted_reactor
from twisted.internet import tcp
from twisted.internet.defer import Deferred

from .connection import EXTENSION
from .inbound import Inbound

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

DRAIN = 10.0  # seconds that a request may take to its end
GOODBYE = 2.0  # seconds that a peer may take to answer the close of its socket
CLOSE_RESTART = 1012  # as uvicorn says it

reactor: Any = twisted_reactor
logger = logging.getLogger(__name__)


class OnDaphne:
    """An ASGI application that finds on Daphne what it finds on uvicorn; elsewhere as it was."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self._requests: set[asyncio.Future[None]] = set()
        self._sockets: set[asyncio.Task[Any]] = set()
        self._is_draining = self._is_over = False
        reactor.addSystemEventTrigger("before", "shutdown", self._drain)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not isinstance(send, partial):  # `Server.handle_reply` of a protocol
            await self.application(scope, receive, send)
        elif isinstance(send.args[0], WebSocketProtocol):
            if self._is_draining:
                await send({"type": "websocket.close"})
                return
            await self._run_socket(scope, Socket(send.args[0], receive, send))
        elif self._is_over:
            await _refuse(send)
        else:
            await self._run_request(scope, receive, send)

    async def _run_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        work = asyncio.ensure_future(self.application(scope, receive, send))
        self._requests.add(work)
        work.add_done_callback(self._requests.discard)
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait([work], timeout=DRAIN)
            work.cancel()
            raise

    async def _run_socket(self, scope: Scope, socket: Socket) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._sockets.add(task)
        extensions = {**scope.get("extensions", {}), EXTENSION: socket}
        try:
            await self.application({**scope, "extensions": extensions}, socket.receive, socket.send)
        except asyncio.CancelledError:
            await _say_goodbye(socket)
            raise
        finally:
            self._sockets.discard(task)
            socket.inbound.end()

    def _drain(self) -> Deferred[Any]:
        """Take no connection any more, and let Daphne wait for those that there are.

        Daphne's own cancelling stumbles over a connection that has no application (yet).
        """
        self._is_draining = True
        for reader in reactor.getReaders():
            if isinstance(reader, tcp.Port):
                reader.stopListening()
        for socket in self._sockets:
            socket.cancel()
        return Deferred.fromFuture(asyncio.ensure_future(self._wait_for_the_last()))

    async def _wait_for_the_last(self) -> None:
        """Also for requests that come meanwhile: one whose loop has ended would keep its thread."""
        try:
            async with asyncio.timeout(DRAIN):
                while running := {*self._sockets, *self._requests}:
                    await asyncio.wait(running)
        except TimeoutError:
            logger.warning("%s requests still ran after %s s", len(self._requests), DRAIN)
        self._is_over = True


async def _refuse(send: Send) -> None:
    headers = [(b"retry-after", b"1"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _say_goodbye(socket: Socket) -> None:
    with suppress(Exception):
        async with asyncio.timeout(GOODBYE):
            reason = "The server restarts."
            await socket.send({"type": "websocket.close", "code": CLOSE_RESTART, "reason": reason})
            while (await socket.receive())["type"] != "websocket.disconnect":
                pass


class Socket:
    """One connection, to which the application may give frames that are built already.

    Its transport says when it holds 64 KiB that the peer hasn't read, and when they are gone.
    """

    def __init__(self, protocol: Any, receive: Receive, send: Send) -> None:
        self._protocol = protocol
        self._receive = receive
        self._send = send
        self._writable = asyncio.Event()
        self._writable.set()
        self._frames = 0
        self._count_frames()
        transport = protocol.transport
        self._take = protocol.dataReceived
        self.inbound = Inbound(self._feed, transport.pauseProducing, transport.resumeProducing)
        protocol.dataReceived = self.inbound.receive

    # What comes in

    async def receive(self) -> dict[str, Any]:
        """The next ASGI message; reading goes on when there is none left."""
        message = await self._receive()
        if self._protocol.application_queue.empty():
            self.inbound.release("application")
        return message

    def _feed(self, piece: bytes) -> int:
        self._frames = 0
        self._take(piece)
        if not self._protocol.application_queue.empty():
            self.inbound.hold("application")
        return self._frames

    def _count_frames(self) -> None:
        begin = self._protocol.onFrameBegin

        def counted() -> None:
            self._frames += 1
            begin()

        self._protocol.onFrameBegin = counted

    # What goes out

    async def send(self, message: dict[str, Any]) -> None:
        """Send an ASGI message; a close by any code, and with its reason."""
        if message["type"] == "websocket.close" and self._is_open():
            reason = (message.get("reason") or "").encode()
            self._protocol.sendCloseFrame(message.get("code") or 1000, reason)
            for hold in ("writing", "application"):  # what comes in is only waited for, or dropped
                self.inbound.release(hold)
            return
        await self._send(message)
        if message["type"] == "websocket.accept":
            transport = self._protocol.transport
            transport.unregisterProducer()  # that of the request from which this socket came
            transport.registerProducer(self, True)

    def write_frames(self, frames: bytes) -> bool:
        """Write whole frames now; False if flow control or the connection's state forbids it."""
        if not (self._writable.is_set() and self._is_open()):
            return False
        self._protocol.transport.write(frames)
        return True

    async def send_frames(self, frames: bytes) -> None:
        """Write whole frames as soon as flow control lets them."""
        while not self._writable.is_set():
            await self._writable.wait()
        if not self.write_frames(frames):
            raise ConnectionError("The socket is closed.")

    def _is_open(self) -> bool:
        return self._protocol.state == WebSocketProtocol.STATE_OPEN

    # Of the transport, which takes this for an `IPushProducer`

    def pauseProducing(self) -> None:  # noqa: N802
        self._writable.clear()
        self.inbound.hold("writing")  # a peer that reads no answers would be given ever more

    def resumeProducing(self) -> None:  # noqa: N802
        self._writable.set()
        self.inbound.release("writing")
        if self._protocol.transport.disconnecting:
            self._protocol.transport.unregisterProducer()  # for which it would wait

    def stopProducing(self) -> None:  # noqa: N802
        self._writable.set()
