"""A client for thousands of sockets that is not the limit.

Sockets are plain asyncio protocols with a parser of unmasked frames (RFC 6455, 5.2).
"""

import asyncio
import base64
import hashlib
import os
from collections.abc import Sequence
from itertools import cycle
from time import perf_counter
from typing import Any

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
CONNECTING = 50  # handshakes at once
PATIENCE = 30.0  # seconds that anything may take
Door = tuple[str, str | None]  # path, token


class Socket(asyncio.Protocol):
    """One client, whose frames a listener takes."""

    def __init__(self, listener: "Listener", request: bytes, accept: str) -> None:
        self.listener = listener
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.pong: asyncio.Future[None] | None = None
        self.due: dict[int, int] = {}  # for a room: the number that is due, by sender
        self._request = request
        self._accept = f"sec-websocket-accept: {accept}".lower().encode()
        self._rest = b""

    # Of asyncio

    def connection_made(self, transport: Any) -> None:
        self.transport: asyncio.Transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data, self._rest = self._rest + data, b""
        if not self.opened.done():
            head, separator, data = data.partition(b"\r\n\r\n")
            if not separator:
                self._rest = head
                return
            self._open(head)
        if data:
            self._rest = self.listener.take(self, data)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("Closed during the handshake."))
        if not self.closed.done():
            self.closed.set_result(None)
        self.listener.lost(self)

    def _open(self, head: bytes) -> None:
        if head.startswith(b"HTTP/1.1 101 ") and self._accept in head.lower():
            self.opened.set_result(None)
        else:
            self.opened.set_exception(ConnectionError(f"Refused: {head[:300]!r}"))
            self.transport.close()

    # Out. Frames of a client are masked; the mask 0 leaves the payload as it is.

    def send(self, payload: bytes, opcode: int = TEXT) -> None:
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        self.transport.write(bytes([0x80 | opcode]) + length + bytes(4) + payload)

    async def ping(self) -> float:
        """Seconds until the server's answer."""
        self.pong = asyncio.get_running_loop().create_future()
        started = perf_counter()
        self.send(b"", PING)
        await asyncio.wait_for(self.pong, PATIENCE)
        return perf_counter() - started


class Listener:
    """Takes the frames of sockets apart; answers pings."""

    def take(self, socket: Socket, data: bytes) -> bytes:
        """Handle the whole frames of `data`; answers the rest."""
        payloads, rest = self.split(socket, data)
        self.heard(socket, payloads)
        return rest

    def split(self, socket: Socket, data: bytes) -> tuple[list[bytes], bytes]:
        """The texts of whole frames, and the rest; other frames are handled here."""
        payloads = []
        at, end = 0, len(data)
        while end - at >= 2:
            size, start = data[at + 1], at + 2
            if size == 126:
                start, size = at + 4, int.from_bytes(data[at + 2 : at + 4], "big")
            elif size == 127:
                start, size = at + 10, int.from_bytes(data[at + 2 : at + 10], "big")
            stop = start + size
            if stop > end:
                break
            if data[at] == 0x80 | TEXT:
                payloads.append(data[start:stop])
            else:
                self.control(socket, data[at], data[start:stop])
            at = stop
        return payloads, data[at:]

    def control(self, socket: Socket, head: int, payload: bytes) -> None:
        if head == 0x80 | PING:
            socket.send(payload, PONG)
        elif head == 0x80 | PONG and socket.pong and not socket.pong.done():
            socket.pong.set_result(None)
        elif head == 0x80 | CLOSE:
            socket.transport.close()
        elif head != 0x80 | PONG:
            raise RuntimeError(f"A frame that begins with {head:#x} was not expected.")

    def heard(self, socket: Socket, payloads: list[bytes]) -> None:
        """Text frames came; nothing is done about them."""

    def lost(self, socket: Socket) -> None:
        """A connection has ended."""


def handshake(port: int, path: str, token: str | None) -> tuple[bytes, str]:
    """The request, and the `Sec-WebSocket-Accept` that must answer it."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        *([f"Authorization: Bearer {token}"] if token else []),
    ]
    digest = hashlib.sha1((key + GUID).encode()).digest()
    return "\r\n".join([*lines, "", ""]).encode(), base64.b64encode(digest).decode()


async def open_socket(listener: Listener, port: int, path: str, token: str | None) -> Socket:
    loop = asyncio.get_running_loop()
    request, accept = handshake(port, path, token)
    _, socket = await loop.create_connection(
        lambda: Socket(listener, request, accept), "127.0.0.1", port
    )
    await asyncio.wait_for(asyncio.shield(socket.opened), PATIENCE)
    return socket


async def open_all(listener: Listener, ports: Sequence[int], doors: list[Door]) -> list[Socket]:
    """A socket for each path and token, in this order, by each port in turn; some at once."""
    gate = asyncio.Semaphore(CONNECTING)

    async def enter(port: int, door: Door) -> Socket:
        async with gate:
            return await open_socket(listener, port, *door)

    entries = zip(cycle(ports), doors)
    return list(await asyncio.gather(*(enter(port, door) for port, door in entries)))
