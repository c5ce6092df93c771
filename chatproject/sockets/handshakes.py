"""The door of sockets: how many handshakes a process works on at once; the others wait their turn.

A process that ends drops its sockets at once. Were they all let in together, each would wait for
the thread behind all others, beyond its deadline, be put off, and come again: nobody would get in.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

AT_ONCE = 16
PATIENCE = 30.0  # seconds; who waits longer is put off


class Handshakes:
    """Lets some through at once, in the order in which they came; each event loop has its own."""

    def __init__(self) -> None:
        self._slots: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
            WeakKeyDictionary()
        )

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and have it inside of this; TimeoutError after `PATIENCE`."""
        slots = self._slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
        async with asyncio.timeout(PATIENCE):
            await slots.acquire()
        try:
            yield
        finally:
            slots.release()


async def refuse(scope: dict[str, Any], receive: Any, send: Any) -> Any:
    """An ASGI application that answers every handshake with 403.

    `WebsocketDenier` of Channels does, and asks the channel layer for a channel, which may be away.
    """
    await receive()
    await send({"type": "websocket.close"})
