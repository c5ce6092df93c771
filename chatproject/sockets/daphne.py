"""Daphne with flow control, all close codes, bounded bodies, and a graceful shutdown.

`python -m chatproject.sockets.daphne --bind 127.0.0.1 --port 8001 chatproject.asgi:application`
takes the options of `daphne`. Daphne (4.2) itself buffers without limit what the peer doesn't read,
and bodies; refuses to close with 1012 or 1013; and cancels running requests when it is stopped.
uvicorn does better in all of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from daphne import cli, server, ws_protocol
from twisted.internet.defer import Deferred

from chatproject.headers import of_handshakes

from .connection import EXTENSION, FrameWriter
from .daphne_requests import REQUEST, WebRequest
from .inbound import Inbound

Message = dict[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

DRAIN = 10.0  # seconds that running requests have to finish at shutdown
GOODBYE = 2.0  # seconds that a peer has to answer a close at shutdown
CLOSE_RESTART = 1012  # "Service Restart", which uvicorn sends too

logger = logging.getLogger(__name__)


class FrameProtocol(FrameWriter, ws_protocol.WebSocketProtocol):
    """One connection.

    The transport pauses it while 64 KiB are buffered that the peer hasn't read.
    """

    inbound: Inbound | None = None  # None until the handshake request has come
    frames = 0  # begun so far

    def onConnect(self, request: Any) -> Any:  # noqa: N802
        self.writable = asyncio.Event()
        self.writable.set()
        transport = self.transport
        self.inbound = Inbound(self._feed, transport.pauseProducing, transport.resumeProducing)
        return super().onConnect(request)

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        if self.inbound is not None:
            self.inbound.end()
            self.writable.set()
        super().connectionLost(reason)

    # The handshake

    def serverAccept(self, subprotocol: str | None = None) -> None:  # noqa: N802
        """Accept, with the headers of every answer; Daphne drops those of the application."""
        headers = {name.decode(): value.decode() for name, value in of_handshakes()}
        super().serverAccept((subprotocol, headers))

    def sendHttpErrorResponse(self, code: int, reason: str, responseHeaders: Any = ()) -> None:  # noqa: N802, N803
        """Refuse the handshake, with the headers of every answer."""
        ours = [(name.decode(), value.decode()) for name, value in of_handshakes()]
        super().sendHttpErrorResponse(code, reason, [*(responseHeaders or ()), *ours])

    # What comes in

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self.inbound is None:
            super().dataReceived(data)
        else:
            self.inbound.receive(data)

    def onFrameBegin(self) -> None:  # noqa: N802
        self.frames += 1
        super().onFrameBegin()

    def _feed(self, piece: bytes) -> int:
        before = self.frames
        super().dataReceived(piece)
        if not self.application_queue.empty():
            self._hold("application")
        return self.frames - before

    def message_taken(self) -> None:
        """Note that the application took a message; go on reading if none is left."""
        if self.application_queue.empty():
            self._release("application")

    def _hold(self, reason: str) -> None:
        if self.inbound is not None:
            self.inbound.hold(reason)

    def _release(self, *reasons: str) -> None:
        for reason in reasons:
            if self.inbound is not None:
                self.inbound.release(reason)

    # What goes out

    def handle_reply(self, message: Message) -> None:
        """Send an ASGI message; a close may have any code, and a reason."""
        if message["type"] == "websocket.close" and self.takes_frames():
            self.sendCloseFrame(message.get("code") or 1000, (message.get("reason") or "").encode())
            self._release("writing", "application")  # to receive the peer's close
            return
        super().handle_reply(message)
        if message["type"] == "websocket.accept":
            self.transport.unregisterProducer()  # of the HTTP request that became this socket
            self.transport.registerProducer(self, True)

    def takes_frames(self) -> bool:
        return bool(self.state == self.STATE_OPEN)

    # Called by the transport, to which this is an `IPushProducer`

    def pauseProducing(self) -> None:  # noqa: N802
        self.writable.clear()
        self._hold("writing")  # else answers would pile up for a peer that doesn't read

    def resumeProducing(self) -> None:  # noqa: N802
        self.writable.set()
        self._release("writing")
        if self.transport.disconnecting:
            self.transport.unregisterProducer()  # or it would wait for this producer

    def stopProducing(self) -> None:  # noqa: N802
        self.writable.set()


class Server(server.Server):
    """Daphne with `FrameProtocol`; at shutdown it finishes requests and closes every socket."""

    def __init__(self, application: Application, **options: Any) -> None:
        super().__init__(self._run, ready_callable=self._use_protocol, **options)
        self._application = application
        self._ports: list[Any] = []
        self._is_draining = self._is_over = False

    def _use_protocol(self) -> None:
        self.ws_factory.protocol = FrameProtocol
        build = self.http_factory.buildProtocol

        def with_our_requests(address: Any) -> Any:
            channel = build(address)
            channel.requestFactory = WebRequest
            return channel

        self.http_factory.buildProtocol = with_our_requests

    def listen_success(self, port: Any) -> None:
        self._ports.append(port)
        super().listen_success(port)

    def create_application(self, protocol: Any, scope: Scope) -> Any:
        if isinstance(protocol, FrameProtocol):
            scope["extensions"] = {EXTENSION: protocol}
        elif isinstance(protocol, WebRequest):
            protocol.into(scope)
        return super().create_application(protocol, scope)

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            if self._is_draining:
                await send({"type": "websocket.close"})
            else:
                await self._run_socket(scope, receive, send)
        elif self._is_over:
            await _refuse(send)
        else:
            request: WebRequest = scope.pop(REQUEST)
            await self._application(scope, receive, lambda message: request.send(message, send))

    async def _run_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        protocol: FrameProtocol = scope["extensions"][EXTENSION]

        async def receive_and_go_on() -> Message:
            message = await receive()
            protocol.message_taken()
            return message

        try:
            await self._application(scope, receive_and_go_on, send)
        except asyncio.CancelledError:
            await _say_goodbye(receive_and_go_on, send)
            raise

    def kill_all_applications(self) -> Deferred[None]:
        """Stop listening, close the sockets, and wait up to `DRAIN` seconds for the requests."""
        self._is_draining = True
        for port in self._ports:
            port.stopListening()
        for protocol, application in self._running():
            if isinstance(protocol, FrameProtocol):
                application.cancel()
        return Deferred.fromFuture(asyncio.ensure_future(self._wait_for_the_last()))

    async def _wait_for_the_last(self) -> None:
        """Wait for later requests too: the thread of one would hang once the loop has ended."""
        try:
            async with asyncio.timeout(DRAIN):
                while running := [application for _, application in self._running()]:
                    await asyncio.wait(running)
        except TimeoutError:
            logger.warning("%s requests still ran after %s s", len(self._running()), DRAIN)
        self._is_over = True

    def _running(self) -> list[tuple[Any, asyncio.Future[None]]]:
        """The connections whose application still runs, and its future."""
        applications = (
            (protocol, details.get("application_instance"))
            for protocol, details in self.connections.items()
        )
        return [(protocol, one) for protocol, one in applications if one and not one.done()]


class CommandLineInterface(cli.CommandLineInterface):
    """The command `daphne`, with `Server`."""

    server_class = Server


async def _refuse(send: Send) -> None:
    headers = [(b"retry-after", b"1"), (b"content-length", b"0"), *of_handshakes()]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _say_goodbye(receive: Receive, send: Send) -> None:
    with suppress(Exception):
        async with asyncio.timeout(GOODBYE):
            reason = "The server restarts."
            await send({"type": "websocket.close", "code": CLOSE_RESTART, "reason": reason})
            while (await receive())["type"] != "websocket.disconnect":
                pass


if __name__ == "__main__":
    CommandLineInterface.entrypoint()
