"""The sending side of a socket: it writes at once, and a slow reader doesn't delay the others."""

from __future__ import annotations

import asyncio
import logging
import struct
import types
import uuid
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from functools import cached_property
from typing import Any, Protocol

logger = logging.getLogger(__name__)

EXTENSION = "chat.frames"  # in the `extensions` of a scope: the `FrameWriter` of its socket
CLOSE_TOO_SLOW = 1013  # "Try Again Later" of the registry of RFC 6455
QUEUE_LIMIT = 1024 * 1024  # bytes queued for a socket that is blocked by flow control
BLOCKED_LIMIT = 20  # seconds that one write may be blocked

Send = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]


def text_frame(payload: bytes) -> bytes:
    """A text message as one unmasked frame (RFC 6455, 5.2); the payload is UTF-8."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + payload
    if size < 65536:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload


class Encodable(Protocol):
    """An event that can be sent to a socket."""

    def encode(self) -> bytes:
        """The payload of the text frame, in UTF-8."""


class FrameWriter(ABC):
    """Writes whole frames to the transport, past ASGI: a mixin for `uvicorn.py` and `daphne.py`."""

    transport: Any
    writable: asyncio.Event  # not set while flow control forbids writing

    @abstractmethod
    def takes_frames(self) -> bool:
        """Whether data frames may be sent: after the handshake, and before any close."""

    def write_frames(self, frames: bytes) -> bool:
        """Write now; False, with nothing written, if flow control or the state forbids it."""
        if not (self.writable.is_set() and self.takes_frames()):
            return False
        self.transport.write(frames)
        return True

    async def send_frames(self, frames: bytes) -> None:
        """Write when flow control allows; raises `ConnectionError` if the socket closed."""
        while not self.writable.is_set():
            await self.writable.wait()
        if not self.write_frames(frames):
            raise ConnectionError("The socket is closed.")


class Batch:
    """Events that go out together, encoded once for all the sockets that get them."""

    def __init__(self, payloads: Sequence[bytes]) -> None:
        self.payloads = payloads

    @cached_property
    def size(self) -> int:
        """The bytes of all payloads."""
        return sum(map(len, self.payloads))

    @cached_property
    def frames(self) -> bytes:
        """The payloads as text frames, for a `FrameWriter`."""
        return b"".join(map(text_frame, self.payloads))

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """The payloads as ASGI messages; servers don't change them, so sockets may share them."""
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
        self.by_token = False  # signed in by a token; else by a session
        self.expires_at: float | None = None  # Unix time when that ends; None: not known yet
        self._send = send
        self._writer = writer
        self._queue: deque[Batch] | None = None  # the blocked write, then those behind it
        self._queued = 0  # bytes
        self._drainer: asyncio.Task[None] | None = None

    def tell(self, event: Encodable) -> None:
        """Write an event to this socket only."""
        self.write(Batch([event.encode()]))

    def write(self, batch: Batch) -> None:
        """Write events, or queue them behind a blocked write; closes over `QUEUE_LIMIT` bytes."""
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
        """Close the socket with this code and reason; queued events are dropped."""
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
        """Run a write as far as it goes: None if it has finished, else the rest to await.

        Most writes never block, and a task for each would cost more than the write itself.
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
        """Finish the blocked write (the first in the queue), then do the others."""
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
