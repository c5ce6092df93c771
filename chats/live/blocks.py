"""Blocks as sockets see them: no typing and no presence between the two.

They are read when a socket opens, when one changes (`events.look_at_blocks`), and every
`BLOCKS_LOOK` seconds, should that event be lost.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable

from chatproject.sockets.presence_leases import PresenceLeases
from chats import events

from .chat_hub import ChatHub
from .hubs import Hubs
from .presence import Spawn
from .reads import read_blocks, read_usernames

logger = logging.getLogger(__name__)

BLOCKS_LOOK = 20.0  # seconds


class Blocks:
    """Keeps the blocks of this process's people up to date."""

    def __init__(self, hubs: Hubs, leases: PresenceLeases, spawn: Spawn) -> None:
        self._hubs = hubs
        self._leases = leases
        self._spawn = spawn

    async def look(self) -> None:
        """Read the blocks of everybody here."""
        people = self._hubs.people()
        self._hubs.apart.keep(people)
        await self.look_at(people)

    async def look_at(self, user_ids: Collection[int]) -> None:
        """Read the blocks of these people; open pages of theirs show what has changed."""
        if not user_ids:
            return
        number = self._hubs.apart.begin()
        for user_id, others in (await read_blocks(user_ids)).items():
            self.take(user_id, number, others)

    def take(self, user_id: int, number: int, others: Iterable[int]) -> None:
        """Take what a read with this number (`Apart.begin`) has found of a person here."""
        if moved := self._hubs.apart.take(user_id, number, others):
            self._spawn(self._show(user_id, moved))

    async def _show(self, user_id: int, moved: frozenset[int]) -> None:
        """In a person's open chats, let those go who are now apart, and come who aren't."""
        try:
            for hub in self._hubs.open_chats(user_id):
                online = hub.in_app if hub.pair else await self._leases.online(hub.chat_id)
                for other in moved.intersection(online):
                    await self._show_in(hub, user_id, other)
        except Exception as error:
            logger.warning("No presence: %s", error)

    async def _show_in(self, hub: ChatHub, user_id: int, other: int) -> None:
        is_apart = other in self._hubs.apart.of(user_id)
        names = {} if is_apart else await read_usernames({other})
        kind = events.UserLeft if is_apart else events.UserJoined
        hub.sockets.tell(kind(user_id=other, username=names.get(other)), only=user_id)
