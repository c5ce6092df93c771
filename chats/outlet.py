"""A socket's way out: writes at once, and never lets a slow reader delay the others."""

from __future__ import annotations

import asyncio
import logging
import struct
import types
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from . import events

if TYPE_CHECKING:
    from .hub import Hub

logger = logging.getLogger(__name__)

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


class Connection(Protocol):
    """What `chatproject.websocket` offers: whole frames for the transport, past ASGI."""

    def write_frames(self, frames: bytes) -> bool: ...

    def send_frames(self, frames: bytes) -> Coroutine[Any, Any, None]: ...


class Burst:
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


class Outlet:
    """The sending side of one accepted WebSocket of one user."""

    __slots__ = (
        "_connection",
        "_drainer",
        "_queue",
        "_queued",
        "_send",
        "by_token",
        "closed",
        "expires_at",
        "hubs",
        "sign_in",
        "user_id",
    )

    def __init__(self, send: Send, user_id: int, connection: Connection | None = None) -> None:
        self.user_id = user_id
        self.closed = False
        self.sign_in: uuid.UUID | None = None
        self.by_token = False  # otherwise by a session
        self.expires_at: float | None = None  # Unix time when either ends; None: not known yet
        self.hubs: set[Hub] = set()  # where this socket is a guest
        self._send = send
        self._connection = connection
        self._queue: deque[Burst] | None = None  # what is blocked, then what waits behind it
        self._queued = 0  # bytes
        self._drainer: asyncio.Task[None] | None = None

    def tell(self, event: events.Event) -> None:
        """Write an event that only this socket is told."""
        self.write(Burst([events.encode(event)]))

    def write(self, burst: Burst) -> None:
        """Write events, or queue them behind a write that is blocked."""
        if self.closed:
            return
        if self._drainer is not None:
            self._enqueue(burst)
            return
        if self._connection is not None and self._connection.write_frames(burst.frames):
            return
        rest = self._start(self._put(burst))
        if rest is not None:
            self._drainer = asyncio.create_task(self._drain(rest))
            self._enqueue(burst)

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

    def _put(self, burst: Burst) -> Coroutine[Any, Any, None]:
        if self._connection is not None:
            return self._connection.send_frames(burst.frames)
        if len(burst.payloads) == 1:
            return self._send(burst.messages[0])
        return self._put_messages(burst.messages)

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

    def _enqueue(self, burst: Burst) -> None:
        if self._queue is None:
            self._queue = deque()
        self._queue.append(burst)
        self._queued += burst.size
        if self._queued > QUEUE_LIMIT:
            self.close(events.CLOSE_TOO_SLOW, "Reads too slowly.")

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
            self.close(events.CLOSE_TOO_SLOW, "Reads too slowly.")
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
