"""The limit on how many handshakes a process works on at once; the others wait their turn.

A process that ends drops all its sockets at once, and they reconnect together. Without a limit,
each would wait for the stores behind all the others, miss its deadline, be refused and try again:
none would get in. What those inside ask the stores is asked together (`coalescer.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from chatproject.headers import of_handshakes

from .per_loop import PerLoop

AT_ONCE = 64
PATIENCE = 30.0  # seconds; a handshake that waits longer is refused


class Handshakes:
    """Lets `AT_ONCE` handshakes in at a time, in order of arrival, for each event loop."""

    def __init__(self) -> None:
        self._slots = PerLoop(lambda: asyncio.Semaphore(AT_ONCE))

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and hold it inside the block; raises TimeoutError after `PATIENCE`."""
        slots = self._slots()
        # A free slot is taken without a timer.
        async with asyncio.timeout(PATIENCE) if slots.locked() else nullcontext():
            await slots.acquire()
        try:
            yield
        finally:
            slots.release()


DENIAL = "websocket.http.response"  # the extension for answering a handshake with an HTTP status


async def deny(
    scope: dict[str, Any], send: Any, status: int = 403, reason: str = "", **headers: str
) -> None:
    """Answer a handshake with this status, if the server can; if not, it answers 403 by itself."""
    if DENIAL not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close"})
        return
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    headers_of_all = [*of_handshakes(), *given]
    await send({"type": f"{DENIAL}.start", "status": status, "headers": headers_of_all})
    await send({"type": f"{DENIAL}.body", "body": reason.encode()})


async def refuse(scope: dict[str, Any], receive: Any, send: Any) -> Any:
    """An ASGI application that answers every handshake with 403.

    `WebsocketDenier` of Channels would ask the channel layer for a channel, and it may be away.
    """
    await receive()
    await deny(scope, send)
