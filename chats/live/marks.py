"""Marks of messages as read, sent by sockets: those of one chat are written together."""

from __future__ import annotations

import uuid
from functools import partial
from weakref import WeakValueDictionary

from chatproject.sockets.coalescer import Coalescer
from chatproject.stores.outages import in_thread
from chats import actions

MOMENT = 0.05  # seconds in which marks gather before they are written
MARKS_AT_ONCE = 500  # written together, at most


class Marks:
    """Writes the marks of each chat together, one round after another."""

    def __init__(self) -> None:
        # A coalescer lives as long as somebody waits for it.
        self._coalescers: WeakValueDictionary[uuid.UUID, Coalescer[tuple[int, uuid.UUID], bool]] = (
            WeakValueDictionary()
        )

    async def read(self, chat_id: uuid.UUID, user_id: int, message_id: uuid.UUID) -> bool:
        """Mark messages as read; False if a member has no such message there."""
        coalescer = self._coalescers.get(chat_id)
        if coalescer is None:
            write = partial(_mark_read, chat_id)
            coalescer = Coalescer(write, at_most=MARKS_AT_ONCE, moment=MOMENT)
            self._coalescers[chat_id] = coalescer
        return await coalescer.ask((user_id, message_id))


@in_thread
def _mark_read(chat_id: uuid.UUID, marks: list[tuple[int, uuid.UUID]]) -> list[bool]:
    return actions.mark_read_together(chat_id, marks)
