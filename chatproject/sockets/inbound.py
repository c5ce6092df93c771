"""Reading from a socket: one piece per turn of the event loop, so that no peer monopolises it.

Both servers process all that has arrived, up to 256 KiB. That may be 40,000 frames of one byte, for
which everybody else would wait seconds. Both also answer pings of a peer that reads nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PIECE = 4096  # bytes
FREE_FRAMES = 32  # frames in a piece that cause no pause
FRAME_TIME = 0.0002  # seconds of pause for each frame of a piece that has more than `FREE_FRAMES`


class Inbound:
    """Feeds arriving bytes in pieces to the server; while anything holds it, reading is paused.

    `feed` takes bytes and returns how many frames they held. `pause` and `resume` are those of the
    transport, and may be called repeatedly.
    """

    def __init__(
        self, feed: Callable[[bytes], int], pause: Callable[[], None], resume: Callable[[], None]
    ) -> None:
        self._feed = feed
        self._pause = pause
        self._resume = resume
        self._unread = bytearray()
        self._holds: set[str] = set()
        self._turn: asyncio.TimerHandle | None = None
        self._feeding = False

    def receive(self, data: bytes) -> None:
        """Take bytes that have arrived."""
        self._unread += data
        self._go_on()

    def hold(self, reason: str) -> None:
        """Pause reading for a reason, until it is released."""
        self._holds.add(reason)
        self._gate()

    def release(self, reason: str) -> None:
        """Drop a reason; go on reading if none is left."""
        self._holds.discard(reason)
        self._go_on()

    def end(self) -> None:
        """Drop what is unread: the connection has ended."""
        self._unread.clear()
        if self._turn is not None:
            self._turn.cancel()

    def _go_on(self) -> None:
        if self._unread and not (self._holds or self._turn or self._feeding):
            piece = bytes(self._unread[:PIECE])
            del self._unread[:PIECE]
            self._feeding = True
            try:
                frames = self._feed(piece)
            finally:
                self._feeding = False
            wait = frames * FRAME_TIME if frames > FREE_FRAMES else 0
            if wait or self._unread:
                self._turn = asyncio.get_running_loop().call_later(wait, self._next_turn)
        self._gate()

    def _next_turn(self) -> None:
        self._turn = None
        self._go_on()

    def _gate(self) -> None:
        if self._unread or self._holds or self._turn:
            self._pause()
        else:
            self._resume()
