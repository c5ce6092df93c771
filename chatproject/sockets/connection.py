"""The sending side of a socket: writes at once, and lets no slow reader delay the others."""

from __future__ import annotations

import asyncio
import logging
import struct
import types
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from functools import cached_property
from typing import Any, Protocol

logger = logging.getLogger(__name__)

EXTENSION = "chat.frames"  # in the `extensions` of a scope: the `FrameWriter` of its socket
CLOSE_TOO_SLOW = 1013  # "Try Again Later" of the registry of RFC 6455
QUEUE_LIMIT = 1024 * 1024  # bytes that wait for a socket blocked by flow control
BLOCKED_LIMIT = 20  # seconds that one write may be blocked

Send = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]


def text_frame(payload: bytes) -> bytes:
    """A whole text message as one unmasked frame (RFC 6455, 5.2); the payload is UTF-8."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + payload
    if size < 65536:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload


class Encodable(Protocol):
    """Something to tell a socket."""

    def encode(self) -> bytes:
        """The text of its frame, in UTF-8."""


class FrameWriter(Protocol):
    """What `uvicorn.py` and `daphne.py` offer: whole frames for the transport, past ASGI."""

    def write_frames(self, frames: bytes) -> bool: ...

    def send_frames(self, frames: bytes) -> Coroutine[Any, Any, None]: ...


class Batch:
    """Events that go out together: put into a server's form once, for all their sockets."""

    def __init__(self, payloads: Sequence[bytes]) -> None:
        self.payloads = payloads

    @cached_property
    def size(self) -> int:
        return sum(map(len, self.payloads))

    @cached_property
    def frames(self) -> bytes:
        return b"".join(map(text_frame, self.payloads))

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """The same for ASGI. Servers read a message only, so sockets may share it."""
        return [{"type": "websocket.send", "text": text.decode()} for text in self.payloads]


class Connection:
    """The sending side of one accepted WebSocket of one user."""

    __slots__ = (
        "_drainer",
        "_queue",
        "_queued",
        "_send",
        "_writer",
        "by_token",
        "closed",
        "expires_at",
        "sign_in",
        "user_id",
    )

    def __init__(self, send: Send, user_id: int, writer: FrameWriter | None = None) -> None:
        self.user_id = user_id
        self.closed = False
        self.sign_in: uuid.UUID | None = None
        self.by_token = False  # otherwise by a session
        self.expires_at: float | None = None  # Unix time when either ends; None: not known yet
        self._send = send
        self._writer = writer
        self._queue: deque[Batch] | None = None  # what is blocked, then what waits behind it
        self._queued = 0  # bytes
        self._drainer: asyncio.Task[None] | None = None

    def tell(self, event: Encodable) -> None:
        """Write an event that only this socket is told."""
        self.write(Batch([event.encode()]))

    def write(self, batch: Batch) -> None:
        """Write events, or queue them behind a write that is blocked."""
        if self.closed:
            return
        if self._drainer is not None:
            self._enqueue(batch)
            return
        if self._writer is not None and self._writer.write_frames(batch.frames):
            return
        rest = self._start(self._put(batch))
        if rest is not None:
            self._drainer = asyncio.create_task(self._drain(rest))
            self._enqueue(batch)

    def close(self, code: int, reason: str) -> None:
        """Close the socket; what is queued is dropped."""
        if self.closed:
            return
        self.closed = True
        self._queue = None
        if self._drainer is not None:
            self._drainer.cancel()
        closing = asyncio.create_task(self._close(code, reason))
        self._drainer = closing  # a task without a reference may be collected

    def _put(self, batch: Batch) -> Coroutine[Any, Any, None]:
        if self._writer is not None:
            return self._writer.send_frames(batch.frames)
        if len(batch.payloads) == 1:
            return self._send(batch.messages[0])
        return self._put_messages(batch.messages)

    async def _put_messages(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            await self._send(message)

    def _start(self, write: Coroutine[Any, Any, None]) -> Awaitable[None] | None:
        """Run a write as far as it goes; None when it is through, which is the usual case.

        Most writes never wait, and a task for each would cost more than the write itself.
        """
        try:
            waited_for = write.send(None)
        except StopIteration:
            return None
        except Exception:
            self.closed = True
            return None
        return _resume(write, waited_for)

    def _enqueue(self, batch: Batch) -> None:
        if self._queue is None:
            self._queue = deque()
        self._queue.append(batch)
        self._queued += batch.size
        if self._queued > QUEUE_LIMIT:
            self.close(CLOSE_TOO_SLOW, "Reads too slowly.")

    async def _drain(self, rest: Awaitable[None] | None) -> None:
        """Finish the write that is blocked (the first in the queue), then do the others."""
        try:
            while self._queue:
                async with asyncio.timeout(BLOCKED_LIMIT):
                    await (rest or self._put(self._queue[0]))
                self._queued -= self._queue.popleft().size
                rest = None
        except TimeoutError:
            self._drainer = None
            self.close(CLOSE_TOO_SLOW, "Reads too slowly.")
        except Exception:
            self.closed = True
        else:
            self._queue = self._drainer = None

    async def _close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(BLOCKED_LIMIT):
                await self._send({"type": "websocket.close", "code": code, "reason": reason})
        except Exception as error:
            logger.debug("Socket was gone before it could be closed: %r", error)


@types.coroutine
def _resume(write: Coroutine[Any, Any, None], waited_for: Any) -> Generator[Any, Any, None]:
    """Await the rest of a coroutine whose first await was taken from it by hand."""
    while True:
        try:
            try:
                value = yield waited_for
            except BaseException as error:
                waited_for = write.throw(error)
            else:
                waited_for = write.send(value)
        except StopIteration:
            return
