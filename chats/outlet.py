"""A socket's way out: writes at once, and never lets a slow reader delay the others."""

from __future__ import annotations

import asyncio
import logging
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

from .events import CLOSE_TOO_SLOW

logger = logging.getLogger(__name__)

QUEUE_LIMIT = 1024 * 1024  # characters that wait for a socket blocked by flow control
BLOCKED_LIMIT = 20  # seconds that one write may be blocked

Send = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]


class Outlet:
    """The sending side of one accepted WebSocket of one user."""

    def __init__(self, send: Send, user_id: int) -> None:
        self.user_id = user_id
        self.closed = False
        self.expires_at: float | None = None  # Unix time when the access token ends
        self._send = send
        self._queue: deque[str] = deque()
        self._queued = 0
        self._drainer: asyncio.Task[None] | None = None

    def write(self, text: str) -> None:
        """Send a text frame, or queue it behind a write that is blocked."""
        if self.closed:
            return
        if self._drainer is not None:
            self._enqueue(text)
            return
        rest = self._start(self._send({"type": "websocket.send", "text": text}))
        if rest is not None:
            self._drainer = asyncio.create_task(self._drain(rest))

    def close(self, code: int, reason: str) -> None:
        """Close the socket; what is queued is dropped."""
        if self.closed:
            return
        self.closed = True
        self._queue.clear()
        if self._drainer is not None:
            self._drainer.cancel()
        closing = asyncio.create_task(self._close(code, reason))
        self._drainer = closing  # a task without a reference may be collected

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

    def _enqueue(self, text: str) -> None:
        self._queue.append(text)
        self._queued += len(text)
        if self._queued > QUEUE_LIMIT:
            self.close(CLOSE_TOO_SLOW, "Reads too slowly.")

    async def _drain(self, rest: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(BLOCKED_LIMIT):
                await rest
            while self._queue:
                text = self._queue.popleft()
                self._queued -= len(text)
                async with asyncio.timeout(BLOCKED_LIMIT):
                    await self._send({"type": "websocket.send", "text": text})
        except TimeoutError:
            self._drainer = None
            self.close(CLOSE_TOO_SLOW, "Reads too slowly.")
        except Exception:
            self.closed = True
        else:
            self._drainer = None

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
