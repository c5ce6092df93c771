"""The channel of a process, and the groups of the hubs that it receives."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from itertools import chain
from typing import Any

from channels.layers import get_channel_layer

from chatproject.sockets import channel_layer
from chatproject.sockets.coalescer import Coalescer

from .hub import Hub

logger = logging.getLogger(__name__)


class Subscriptions:
    """The one channel that hubs share; many that join at once are one SUBSCRIBE."""

    def __init__(self) -> None:
        self.layer: Any = get_channel_layer()
        self.channel = ""  # none yet
        self._connected = asyncio.Event()
        self._additions = Coalescer(self._add)

    async def connect(self) -> None:
        """Take a channel; raises what the layer raises."""
        self.channel = await self.layer.new_channel("hub.")
        self._connected.set()

    async def begin(self, hubs: Sequence[Hub]) -> None:
        """Join the groups of hubs, when there is a channel."""
        try:
            async with asyncio.timeout(channel_layer.TIMEOUT):
                await self._connected.wait()
        except TimeoutError:
            logger.warning("The channel layer is away; events come from MongoDB.")
            return
        await self.join(hubs)

    async def join(self, hubs: Sequence[Hub]) -> None:
        """Join the groups of hubs; if the layer is away, `Hubs.resubscribe` tries again."""
        if not hubs:
            return
        try:
            await self._additions.ask([hub.group for hub in hubs])
        except Exception as error:
            reason = str(error) or type(error).__name__
            logger.warning("Not subscribed to %s groups: %s", len(hubs), reason)
            return
        for hub in hubs:
            hub.subscribed_at = time.monotonic()

    async def leave(self, groups: list[str]) -> None:
        """Leave groups; if the layer is away, what they bring is passed over."""
        try:
            async with asyncio.timeout(channel_layer.TIMEOUT):
                await self.layer.groups_discard(groups, self.channel)
        except Exception as error:
            reason = str(error) or type(error).__name__
            logger.warning("Still subscribed to %s groups: %s", len(groups), reason)

    async def _add(self, groups: list[list[str]]) -> list[None]:
        async with asyncio.timeout(channel_layer.TIMEOUT):
            await self.layer.groups_add(list(chain.from_iterable(groups)), self.channel)
        return [None] * len(groups)
