"""Bodies of uploads under ASGI, which are read as they come; Django would store one first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from django.http import UnreadablePostError

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]

SPOOLED = "chat.body"  # of a scope: a file with the body, from a server that has taken all of it


class Body:
    """The body of a request, read by the thread of its view; and its `receive`, for what follows.

    To be made in the event loop. Django waits for a disconnect by `receive`, and must not take a
    part of the body from it.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()  # the body has ended, or its sender went away
        self._last: Message | None = None  # what told that they went away
        self._part = b""

    async def __call__(self) -> Message:
        """The message after the body."""
        await self._over.wait()
        return self._last or await self._receive()

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; b"" at the end. Raises `UnreadablePostError` if the sender left."""
        while not self._part and not self._over.is_set():
            self._part = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
        size = len(self._part) if size is None or size < 0 else size
        part, self._part = self._part[:size], self._part[size:]
        return part

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] != "http.request":
            self._last = message
            self._over.set()
            raise UnreadablePostError("Its sender went away.")
        if not message.get("more_body"):
            self._over.set()
        part: bytes = message.get("body", b"")
        return part

    def close(self) -> None:
        """Forget what wasn't read."""
        self._part = b""


class SpooledBody(Body):
    """A body that the server has stored in a file."""

    def __init__(self, receive: Receive, file: Any) -> None:
        super().__init__(receive)
        self._file = file

    async def __call__(self) -> Message:
        while (message := await self._receive())["type"] == "http.request":
            pass  # the server's end of an empty body
        return message

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; b"" at the end."""
        part: bytes = self._file.read(size)
        return part

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def body_of(scope: Message, receive: Receive) -> Body:
    """The body of an upload."""
    file = scope.pop(SPOOLED, None)
    return SpooledBody(receive, file) if file else Body(receive)
