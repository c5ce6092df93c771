"""A socket that is only watched: what it was sent, and when and how it was closed."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

import orjson
import websockets


class Watch:
    """One socket of one sign-in at one process."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self.url = url
        self.headers = headers
        self.chat_frames: list[tuple[int, int]] = []  # (seq, rev) of what was told of a chat
        self.types: set[str] = set()
        self.opened = asyncio.Event()
        self.ended = asyncio.Event()
        self.was_refused = False  # at the handshake
        self.code: int | None = None  # with which it was closed
        self.ended_at = 0.0
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def highest(self) -> tuple[int, int]:
        """The highest `seq` and `rev` that it was sent."""
        seqs, revs = zip((0, 0), *self.chat_frames, strict=True)
        return max(seqs), max(revs)

    async def _run(self) -> None:
        origin = self.headers.get("Origin")
        others = {name: value for name, value in self.headers.items() if name != "Origin"}
        try:
            async with websockets.connect(
                self.url.replace("http", "ws", 1),
                additional_headers=others,
                origin=origin,  # type: ignore[arg-type]
                compression=None,
                close_timeout=1,
                proxy=None,
            ) as socket:
                with suppress(websockets.ConnectionClosed):
                    while True:
                        self._note(orjson.loads(await socket.recv()))
                self.code = socket.close_code
        except websockets.InvalidStatus as refusal:
            self.was_refused = refusal.response.status_code == 403
        self.ended_at = time.monotonic()
        self.ended.set()

    def _note(self, frame: dict[str, Any]) -> None:
        kind, data = frame["type"], frame["data"]
        self.types.add(kind)
        if kind in ("welcome", "watching"):
            self.opened.set()
        elif "rev" in data:
            self.chat_frames.append((data.get("seq", 0), data["rev"]))
