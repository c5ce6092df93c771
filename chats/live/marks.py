"""Marks of messages as read, sent by sockets: those of one chat are written together."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from chatproject.stores.outages import in_thread
from chats import actions

MOMENT = 0.05  # seconds in which marks gather before they are written
MARKS_AT_ONCE = 500  # written together, at most


@dataclass(eq=False)
class Mark:
    """A person marks everything up to a message as read; `found` is False if there is none."""

    user_id: int
    message_id: uuid.UUID
    found: asyncio.Future[bool] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Marks:
    """Writes the marks of each chat in batches, one after another."""

    def __init__(self, spawn: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._spawn = spawn
        self._waiting: defaultdict[uuid.UUID, list[Mark]] = defaultdict(list)
        self._written: set[uuid.UUID] = set()  # chats with a batch under way

    async def read(self, chat_id: uuid.UUID, user_id: int, message_id: uuid.UUID) -> bool:
        """Mark messages as read; False if a member has no such message there."""
        mark = Mark(user_id, message_id)
        self._waiting[chat_id].append(mark)
        if chat_id not in self._written:
            self._written.add(chat_id)
            self._spawn(self._write(chat_id))
        return await mark.found

    async def _write(self, chat_id: uuid.UUID) -> None:
        try:
            while self._waiting.get(chat_id):
                await asyncio.sleep(MOMENT)
                waiting = self._waiting.pop(chat_id)
                batch, rest = waiting[:MARKS_AT_ONCE], waiting[MARKS_AT_ONCE:]
                if rest:
                    self._waiting[chat_id] = rest
                await self._write_batch(chat_id, batch)
        finally:
            self._written.discard(chat_id)

    async def _write_batch(self, chat_id: uuid.UUID, batch: list[Mark]) -> None:
        try:
            found = await _mark_read(chat_id, [(mark.user_id, mark.message_id) for mark in batch])
        except Exception as error:
            for mark in batch:
                if not mark.found.done():
                    mark.found.set_exception(error)
            return
        for mark, is_there in zip(batch, found, strict=True):
            if not mark.found.done():  # else its socket has gone
                mark.found.set_result(is_there)


@in_thread
def _mark_read(chat_id: uuid.UUID, marks: list[tuple[int, uuid.UUID]]) -> list[bool]:
    return actions.mark_read_together(chat_id, marks)
