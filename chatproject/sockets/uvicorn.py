"""A WebSocket protocol for uvicorn to which the application may give frames that are built already.

`uvicorn chatproject.asgi:application --ws chatproject.sockets.uvicorn:FrameProtocol`

Through ASGI the same event costs each socket of a room a message, two coroutines, an encoding and a
pass through a state machine. Here the frame is built once, and the transport of each socket is
given the same bytes. Everything else (handshake, pings, close, frames in) is uvicorn's, but what
comes in is taken by pieces (`inbound.py`).
"""

from __future__ import annotations

from typing import Any, cast

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from .connection import EXTENSION
from .inbound import Inbound

MESSAGE_LIMIT = 1024 * 1024  # bytes, as Daphne's; what is longer ends the socket by 1009


class ServerConnection(ServerProtocol):
    """The state of one connection."""

    frames = 0  # received until now

    def recv_frame(self, frame: Frame) -> None:
        self.frames += 1
        if frame.opcode is Opcode.CLOSE:
            # It may come between the fragments of a message (RFC 6455, 5.4), which then ends.
            self.current_size = None
        super().recv_frame(frame)


class FrameProtocol(WebSocketsSansIOProtocol):
    """One connection.

    uvicorn hands what it sends to the transport at once, and never in fragments: so frames that are
    written between two calls of `send` are in order with them.
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
        if not self.close_sent and not self.conn.extensions:  # deflate would have to be told
            cast(dict[str, Any], self.scope["extensions"])[EXTENSION] = self

    # What comes in

    def data_received(self, data: bytes) -> None:
        self.inbound.receive(data)

    def _feed(self, piece: bytes) -> int:
        before = self.conn.frames
        super().data_received(piece)
        return self.conn.frames - before

    def handle_cont(self, event: Frame) -> None:
        """Join the fragments as they come: a list would grow by empty ones too."""
        if len(self.frames) == 1:
            # Two, so that uvicorn makes bytes of it.
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
        self.inbound.hold("writing")  # a peer that reads no answers would be given ever more

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

    def write_frames(self, frames: bytes) -> bool:
        """Write whole frames now; False if flow control or the connection's state forbids it."""
        if not (self.writable.is_set() and self._is_open()):
            return False
        self.transport.write(frames)
        return True

    async def send_frames(self, frames: bytes) -> None:
        """Write whole frames as soon as flow control lets them."""
        while not self.writable.is_set():
            await self.writable.wait()
        if not self.write_frames(frames):
            raise ClientDisconnected

    async def send(self, message: Any) -> None:
        """Send an ASGI message; a close doesn't wait for a peer that doesn't read."""
        if message["type"] != "websocket.close" or not self._is_open():
            await super().send(message)
            return
        self.writable.set()
        await super().send(message)
        for reason in ("writing", "application"):  # what comes in is only waited for, or dropped
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

    def _is_open(self) -> bool:
        """Whether data frames may follow: after the handshake, and before any close."""
        return self.conn.state is State.OPEN and not self.disconnected

    def _abort_later(self) -> Any:
        # `transport.close`, as uvicorn does, waits for what a peer that doesn't read has not read.
        return self.loop.call_later(self.close_timeout, self.transport.abort)
