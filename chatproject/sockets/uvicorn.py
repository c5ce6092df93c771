"""A WebSocket protocol for uvicorn that also takes frames built by the application.

`uvicorn chatproject.asgi:application --ws chatproject.sockets.uvicorn:FrameProtocol`

Through ASGI, an event costs each socket a message, two coroutines, an encoding and a pass through a
state machine. Here the frame is built once, and each socket's transport gets the same bytes.
Everything else (handshake, pings, close, incoming frames) is uvicorn's, except that input is
processed in pieces (`inbound.py`).
"""

from __future__ import annotations

from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from .connection import EXTENSION, FrameWriter
from .inbound import Inbound

MESSAGE_LIMIT = 1024 * 1024  # bytes, as Daphne's; a longer message closes the socket with 1009


class ServerConnection(ServerProtocol):
    """The protocol state of one connection, with a count of its frames."""

    frames = 0  # received so far

    def recv_frame(self, frame: Frame) -> None:
        self.frames += 1
        if frame.opcode is Opcode.CLOSE:
            # A close may come between the fragments of a message (RFC 6455, 5.4) and ends it.
            self.current_size = None
        super().recv_frame(frame)


class FrameProtocol(FrameWriter, WebSocketsSansIOProtocol):
    """One connection.

    uvicorn hands each message to the transport at once and unfragmented, so frames written between
    two calls of `send` keep their order.
    """

    conn: ServerConnection
    message_limit = MESSAGE_LIMIT

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = ServerConnection(
            extensions=self.conn.available_extensions,
            max_size=min(self.config.ws_max_size, self.message_limit),
            logger=self.logger,
        )
        self.inbound = Inbound(self._feed, self._pause_reading, self._resume_reading)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent and not self.conn.extensions:  # deflate would have to see the frames
            cast(dict[str, Any], self.scope["extensions"])[EXTENSION] = self

    # What comes in

    def data_received(self, data: bytes) -> None:
        self.inbound.receive(data)

    def _feed(self, piece: bytes) -> int:
        before = self.conn.frames
        super().data_received(piece)
        return self.conn.frames - before

    def handle_cont(self, event: Frame) -> None:
        """Join fragments on arrival: a list of them would grow even by empty ones."""
        if len(self.frames) == 1:
            # Two items, so that uvicorn joins them into bytes.
            self.frames = [b"", cast(bytes, bytearray(self.frames[0]))]
        self.frames[1] += event.data
        if event.fin:
            self.send_receive_event_to_app()

    def send_receive_event_to_app(self) -> None:
        super().send_receive_event_to_app()
        if self.read_paused:
            self.inbound.hold("application")

    async def receive(self) -> Any:
        message = await super().receive()
        if not self.read_paused:
            self.inbound.release("application")
        return message

    def pause_writing(self) -> None:
        super().pause_writing()
        self.inbound.hold("writing")  # else answers would pile up for a peer that doesn't read

    def resume_writing(self) -> None:
        super().resume_writing()
        self.inbound.release("writing")

    def connection_lost(self, exc: Exception | None) -> None:
        self.inbound.end()
        super().connection_lost(exc)

    def _pause_reading(self) -> None:
        if not self.transport.is_closing() and self.transport.is_reading():
            self.transport.pause_reading()

    def _resume_reading(self) -> None:
        if not self.transport.is_closing() and not self.transport.is_reading():
            self.transport.resume_reading()

    # What goes out

    async def send(self, message: Any) -> None:
        """Send an ASGI message; a close doesn't wait for a peer that doesn't read."""
        if message["type"] != "websocket.close" or not self.takes_frames():
            await super().send(message)
            return
        self.writable.set()
        await super().send(message)
        for reason in ("writing", "application"):  # to receive the peer's close
            self.inbound.release(reason)
        if self.close_timer is not None:
            self.close_timer.cancel()
            self.close_timer = self._abort_later()

    def shutdown(self) -> None:
        super().shutdown()
        self._abort_later()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._abort_later()

    def takes_frames(self) -> bool:
        return self.conn.state is State.OPEN and not self.disconnected

    def _abort_later(self) -> Any:
        # `transport.close`, which uvicorn uses, would wait until the peer has read everything.
        return self.loop.call_later(self.close_timeout, self.transport.abort)
