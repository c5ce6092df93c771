"""A client that breaks the rules, by bytes on the wire."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator

from websockets.client import ClientProtocol
from websockets.protocol import State
from websockets.uri import parse_uri

CHUNK = 64 * 1024  # bytes of one `send`
TEXT, BINARY, CONTINUATION, PING, FINAL = 0x1, 0x2, 0x0, 0x9, 0x80
MASK = b"\0\0\0\0"  # a mask that leaves the payload as it is


def frame(opcode: int, payload: bytes = b"", *, claimed: int | None = None) -> bytes:
    """A frame, `FINAL` or not, that claims another length than it has if one is given."""
    size = len(payload) if claimed is None else claimed
    if size < 126:
        return struct.pack("!BB", opcode, 0x80 | size) + MASK + payload
    if size < 65536:
        return struct.pack("!BBH", opcode, 0x80 | 126, size) + MASK + payload
    return struct.pack("!BBQ", opcode, 0x80 | 127, size) + MASK + payload


def repeated(piece: bytes) -> Iterator[bytes]:
    """The same again and again, in chunks of at least 64 KiB."""
    chunk = piece * (CHUNK // len(piece) + 1)
    while True:
        yield chunk


class Attacker:
    """A socket that was let in, whose owner then sends what it likes."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        address = parse_uri(url)
        self.socket = socket.create_connection((address.host, address.port), timeout=10)
        protocol = ClientProtocol(address, max_size=None)
        request = protocol.connect()
        request.headers.update(headers)
        protocol.send_request(request)
        self.socket.sendall(b"".join(protocol.data_to_send()))
        while protocol.state is State.CONNECTING:
            protocol.receive_data(self.socket.recv(65536))
        assert protocol.state is State.OPEN

    def flood(self, chunks: Iterator[bytes], most: int, until: float, reads: bool) -> int:
        """Send so many bytes, or until a time (`time.monotonic`) or the server's end of it.

        Answers how many were sent. A server that takes no more for now is waited for.
        """
        self.socket.setblocking(False)
        sent, rest = 0, b""
        while sent < most and time.monotonic() < until:
            try:
                if reads:
                    self.drain()
                rest = rest or next(chunks)
                count = self.socket.send(rest)
                sent, rest = sent + count, rest[count:]
            except BlockingIOError:
                time.sleep(0.001)
            except OSError:
                break
        return sent

    def drain(self) -> None:
        """Read and forget what is there."""
        try:
            while self.socket.recv(1 << 20):
                pass
        except BlockingIOError:
            return

    def close(self) -> None:
        self.socket.close()


def resident(pid: int) -> int:
    """Bytes of memory that a process has."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
