"""The live part of one process: its hubs, presence, and periodic work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from chatproject.sockets.coalescer import Coalescer
from chatproject.sockets.per_loop import PerLoop
from chatproject.sockets.places import Places
from chatproject.sockets.presence_leases import RENEWAL
from chatproject.stores.outages import is_away
from chats.events import ChatAdded

from .blocks import BLOCKS_LOOK, Blocks
from .chat_lists import ChatLists
from .expiry import EXPIRY_LOOK, SIGN_IN_LOOK, Expiry
from .hubs import Hubs
from .in_app import IN_APP_LOOK, InApp
from .marks import Marks
from .presence import Presence
from .reads import read_claims, read_senders
from .user_hub import UserHub

logger = logging.getLogger(__name__)

POLL = 2.0  # seconds between looks at MongoDB


class LiveProcess:
    """Everything that the sockets of one event loop share."""

    def __init__(self) -> None:
        self._spawned: set[asyncio.Task[Any]] = set()
        self.claims = Coalescer(read_claims)
        self.senders = Coalescer(read_senders)
        self.hubs = Hubs(self.spawn, self._show_added, self._look_at_blocks)
        self.chat_lists = ChatLists(self.hubs)
        self.places = Places()
        self.presence = Presence(self.spawn)
        self.in_app = InApp(self.hubs, self.places)
        self.blocks = Blocks(self.hubs, self.presence.leases, self.spawn)
        self.marks = Marks()
        self.expiry = Expiry(self.hubs.kept.keys())
        self._tasks = [
            asyncio.create_task(self.hubs.receive()),
            asyncio.create_task(self._every(POLL, self.hubs.compare)),
            asyncio.create_task(self._every(POLL, self.hubs.resubscribe)),
            asyncio.create_task(self._every(POLL, self.hubs.end_idle)),
            asyncio.create_task(self._every(POLL, self.places.tell)),
            asyncio.create_task(self._every(RENEWAL, self.places.renew)),
            asyncio.create_task(self._every(RENEWAL, self._renew)),
            asyncio.create_task(self._every(EXPIRY_LOOK, self.expiry.close_expired)),
            asyncio.create_task(self._every(SIGN_IN_LOOK, self.expiry.look)),
            asyncio.create_task(self._every(BLOCKS_LOOK, self.blocks.look)),
            asyncio.create_task(self._every(IN_APP_LOOK, self.in_app.look)),
        ]

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something in the background."""
        task = asyncio.create_task(work)
        self._spawned.add(task)
        task.add_done_callback(self._spawned.discard)

    def stop(self) -> None:
        """Stop the periodic work."""
        for task in self._tasks:
            task.cancel()

    def _show_added(self, person: UserHub, added: ChatAdded) -> None:
        self.spawn(self.chat_lists.show(person, added))

    def _look_at_blocks(self, user_id: int) -> None:
        self.spawn(self.blocks.look_at([user_id]))

    async def _renew(self) -> None:
        """Renew presence, and look for new chats that weren't announced."""
        try:
            await self.presence.renew()
        finally:  # especially while the layer is away: nothing else announces them
            await self.chat_lists.show_new()

    async def _every(self, seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        is_well = True
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except Exception as error:
                if not is_away(error):
                    logger.exception("Will try again in %s seconds", seconds)
                elif is_well:  # one line per outage, not per try
                    name = type(error).__name__
                    logger.warning("%s waits: a store is away (%s)", work.__qualname__, name)
                    is_well = False
            else:
                if not is_well:
                    logger.warning("%s goes on: the store is back", work.__qualname__)
                is_well = True


live_process = PerLoop(LiveProcess)
