"""What a client has written, sent one after the other until it is stored (outbox.js)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from .api import Api, backoff, is_retriable
from .ledger import Ledger


class Outbox:
    """The messages of one person to one chat that aren't acknowledged yet, by `client_id`.

    `stored` is called with each message that the API says is stored.
    """

    def __init__(
        self, ledger: Ledger, api: Api, chat_id: str, stored: Callable[[dict[str, Any]], None]
    ) -> None:
        self.waits: list[tuple[float, float]] = []  # (moment, seconds) of each acknowledgement
        self.statuses: list[int] = []  # of every answer
        self._ledger = ledger
        self._api = api
        self._chat_id = chat_id
        self._stored = stored
        self._entries: dict[str, dict[str, str]] = {}
        self._queued = asyncio.Event()
        self.is_empty = asyncio.Event()
        self.is_empty.set()

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, client_id: str, content: str) -> None:
        self._entries[client_id] = {"client_id": client_id, "content": content}
        self._ledger.attempted(self._chat_id, self._api.person.user_id, client_id, content)
        self._queued.set()
        self.is_empty.clear()

    def confirm(self, client_id: str) -> None:
        """The message is stored, whoever said so."""
        self._entries.pop(client_id, None)
        if not self._entries:
            self.is_empty.set()

    async def flush(self) -> None:
        """Send for ever: each until it is stored or refused, so that the order is kept."""
        attempt = 0
        while True:
            await self._queued.wait()
            entry = next(iter(self._entries.values()), None)
            if entry is None:
                self._queued.clear()
            elif (pause := await self._post(entry)) is None:
                attempt = 0
            else:
                await asyncio.sleep(pause or backoff(attempt))
                attempt += not pause

    async def _post(self, entry: dict[str, str]) -> float | None:
        """None once it is stored or refused; else the seconds to wait, 0 if none were named."""
        start = time.monotonic()
        answer = await self._api.ask("POST", f"/api/v1/chats/{self._chat_id}/messages", json=entry)
        if answer is not None:
            self.statuses.append(answer.status_code)
        if answer is None or is_retriable(answer):
            return float(answer.headers.get("retry-after", 0)) if answer else 0
        client_id = entry["client_id"]
        if answer.is_success:
            self.waits.append((time.monotonic(), time.monotonic() - start))
            self._ledger.acknowledged(client_id, answer.json(), answer.status_code)
            self._stored(answer.json())
        else:
            self._ledger.refused(client_id, answer.status_code)
        self.confirm(client_id)
        return None
