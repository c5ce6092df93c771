"""What a hub has missed: read from MongoDB, and sent in order."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Iterable
from typing import Protocol

from chatproject.stores.outages import is_away
from chats import events
from chats.models import Chat
from chats.protocol import LATE

from .change_order import GAP_WAIT, ChangeOrder
from .reads import read_changes, read_chat, read_stored_revs

logger = logging.getLogger(__name__)

HOLE_PATIENCE = 1.0  # seconds to wait for a write that took its number; then later ones go out


async def changes_under_way(chat_id: uuid.UUID, last_rev: int) -> tuple[int, set[int]]:
    """The last change up to which nothing more can arrive, and the stored ones after it.

    The rest may be writes under way that have taken their numbers: sent when they arrive.
    """
    watermark = max(last_rev - LATE, 0)
    return watermark, await read_stored_revs(chat_id, watermark, last_rev)


class Feed(Protocol):
    """A hub, as a catch-up sees it: where it is, and how it sends."""

    chat_id: uuid.UUID
    order: ChangeOrder
    seq: int  # the highest message sent

    def send(self, due: Iterable[events.Change]) -> None:
        """Send changes, in this order."""

    def send_state(self, chat: Chat, state: events.ChatState) -> None:
        """Send the state of the chat, unless a later one was sent."""

    def deliver(self, event: events.Event) -> None:
        """Send an event that is no change."""

    def remove_former_members(self, chat: Chat) -> None:
        """Remove everyone who is not a member of the chat as read."""


class CatchUp:
    """Reads what a hub has missed, and sends it; once at a time."""

    def __init__(self, hub: Feed) -> None:
        self._hub = hub
        self._task: asyncio.Task[None] | None = None

    def begin(self, delay: float) -> None:
        """Catch up after `delay` seconds, unless that is under way already."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._try(delay))

    def stop(self) -> None:
        """Stop catching up."""
        if self._task is not None:
            self._task.cancel()

    async def _try(self, delay: float) -> None:
        """Catch up; if a store is away, leave it to the next look."""
        try:
            await self._run(delay)
        except Exception as error:
            if not is_away(error):  # logged once for all hubs
                logger.exception("Chat %s didn't catch up", self._hub.chat_id)

    async def _run(self, delay: float) -> None:
        """Send what is missing, in order; wait briefly for writes under way, then skip them."""
        deadline = time.monotonic() + HOLE_PATIENCE
        await asyncio.sleep(delay)
        while True:
            chat = await read_chat(self._hub.chat_id)
            if chat is None:
                self._hub.deliver(
                    events.ChatDeleted(chat_id=str(self._hub.chat_id), deleted_by=None)
                )
                return
            self._hub.remove_former_members(chat)
            if self._hub.order.is_too_far_behind(chat.last_rev):
                await self._resync(chat)
                return
            is_patient = await self._fill(chat, deadline)
            if self._hub.order.is_even_with(chat.last_rev) or not is_patient:
                return
            await asyncio.sleep(GAP_WAIT)

    async def _fill(self, chat: Chat, deadline: float) -> bool:
        """Send the changes up to the chat's `last_rev`; False once missing ones are given up."""
        changes = await read_changes(chat, self._hub.order.missing(chat.last_rev), self._hub.seq)
        if is_patient := time.monotonic() < deadline:
            self._hub.send(self._hub.order.fill(changes.by_rev, chat.last_rev))
        else:
            due, has_skipped = self._hub.order.fill_without(changes.by_rev, chat.last_rev)
            self._hub.send(due)
            if has_skipped:
                self._hub.send_state(chat, changes.state)
        self._hub.send(self._hub.order.following())
        return is_patient

    async def _resync(self, chat: Chat) -> None:
        """Tell all sockets to reload the chat; restart from its current numbers."""
        watermark, seen = await changes_under_way(chat.pk, chat.last_rev)
        changes = await read_changes(chat, [], self._hub.seq)
        self._hub.seq = chat.last_seq
        following = self._hub.order.start(chat.last_rev, watermark, seen)
        self._hub.deliver(events.Resync(chat_id=str(chat.pk), last_rev=chat.last_rev))
        self._hub.send_state(chat, changes.state)
        self._hub.send(following)
