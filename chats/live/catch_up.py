"""Reads the changes that a hub has missed from MongoDB, and sends them in order."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from chatproject.sockets.connection import Connection
from chatproject.stores.outages import is_away
from chats import events
from chats.models import Chat, Head

from .change_order import ChangeOrder
from .reads import read_heads, read_missed, read_state

logger = logging.getLogger(__name__)

GAP_WAIT = 0.05  # seconds for an event of another process to arrive before MongoDB is asked


class Feed(Protocol):
    """A hub, as a catch-up sees it: where it is, and how it sends."""

    chat_id: uuid.UUID
    order: ChangeOrder
    connections: set[Connection]

    def send(self, due: Iterable[events.Change]) -> None:
        """Send changes, in this order."""

    def restart(self, head: Head, chat: Chat) -> list[events.Change]:
        """Go on after the end of the log as read; returns the changes after it that wait."""

    def deliver(self, event: events.Event) -> None:
        """Send an event that is no change."""

    def remove_former_members(self, chat: Chat, connections: set[Connection]) -> None:
        """Remove the people with these connections who are no members of the chat as read."""


class CatchUp:
    """Reads what a hub has missed, and sends it; once at a time."""

    def __init__(self, hub: Feed) -> None:
        self._hub = hub
        self._task: asyncio.Task[None] | None = None

    def begin(self, delay: float, *, is_restored: bool = False) -> None:
        """Catch up after `delay` seconds, unless that is under way already.

        `is_restored`: the log ends before what was sent, as it is now.
        """
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._try(delay, is_restored))

    def stop(self) -> None:
        """Stop catching up."""
        if self._task is not None:
            self._task.cancel()

    async def _try(self, delay: float, is_restored: bool) -> None:
        """Catch up; if a store is away, leave it to the next look."""
        try:
            await asyncio.sleep(delay)
            await self._run(is_restored)
        except Exception as error:
            if not is_away(error):  # logged once for all hubs
                logger.exception("Chat %s didn't catch up", self._hub.chat_id)

    async def _run(self, is_restored: bool) -> None:
        """Send what is missing, in order, and then the state of the chat."""
        hub, there = self._hub, set(self._hub.connections)
        rev = hub.order.rev
        head = (await read_heads([hub.chat_id]))[hub.chat_id]
        missed = await read_missed(hub.chat_id, hub.order.rev)
        # Otherwise, if it is lower, a majority doesn't have what was sent yet.
        is_lower = is_restored and head.rev < rev
        if missed.chat is None:
            hub.deliver(events.ChatDeleted(chat_id=str(hub.chat_id), deleted_by=None))
        elif head.rev >= hub.order.rev or is_lower:
            state = await read_state(missed.chat)  # as it is at a later `rev`, maybe
            hub.remove_former_members(missed.chat, there)
            if is_lower or hub.order.is_too_far_behind(head.rev):
                self._resync(missed.chat, head, state)
            elif due := hub.order.take(missed.changes):
                last = missed.changes[-1].rev
                hub.send(change for change in due if change.rev <= last)
                # What has no `rev` may be lost, too: how far people have read. What came while this
                # was read goes out after it, because it may be older.
                hub.deliver(replace(state, rev=last))
                hub.send(change for change in due if change.rev > last)

    def _resync(self, chat: Chat, head: Head, state: events.ChatState) -> None:
        """Tell all sockets to reload the chat; go on after the end of its log."""
        due = self._hub.restart(head, chat)
        self._hub.deliver(events.Resync(chat_id=str(chat.pk), last_rev=head.rev))
        self._hub.deliver(replace(state, rev=head.rev))
        self._hub.send(due)
