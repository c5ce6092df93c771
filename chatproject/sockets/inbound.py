"""What a socket reads: a piece a turn of the event loop, so that no one peer has it to itself.

Both servers take as much as has come, up to 256 KiB, which may be 40,000 frames of one byte, and
then everybody else waits for seconds; and both answer pings to a peer that reads nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PIECE = 4096  # bytes
FREE_FRAMES = 32  # frames of a piece that cost nothing
FRAME_TIME = 0.0002  # seconds for which each frame of a piece with more than these stops reading


class Inbound:
    """Feeds what comes in, by pieces, while nothing holds it back; else the peer has to wait.

    `feed` takes bytes and answers how many frames they completed. `pause` and `resume` are those of
    the transport; calling them twice does no harm.
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
        """Take what has come."""
        self._unread += data
        self._go_on()

    def hold(self, reason: str) -> None:
        """Take nothing until this reason is gone."""
        self._holds.add(reason)
        self._gate()

    def release(self, reason: str) -> None:
        """This reason is gone."""
        self._holds.discard(reason)
        self._go_on()

    def end(self) -> None:
        """The connection is over."""
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
