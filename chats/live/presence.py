"""Who is in which chat through sockets of this process, and the events about them."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine
from itertools import chain
from typing import Any

from chatproject.sockets.presence_leases import PresenceLeases
from chats import events

from .reads import read_usernames

logger = logging.getLogger(__name__)

PATIENCE = 3.0  # seconds a joining socket waits to learn who else is here
GRACE = 2.0  # seconds within which a reloaded page comes back
THROTTLE_SECONDS = 1.0  # seconds between two events about a person in a chat
AT_ONCE = 20  # events sent to the layer at once; with hundreds, all would time out

Key = tuple[uuid.UUID, int]  # of a chat and a person
Spawn = Callable[[Coroutine[Any, Any, None]], None]


class Throttle:
    """Sends a chat at most one event a second about a person; the last always gets through."""

    def __init__(self, spawn: Spawn) -> None:
        self._spawn = spawn
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._told: dict[Key, events.Event] = {}  # within the last second
        self._waiting: dict[Key, events.Event] = {}

    def tell(self, key: Key, event: events.Event) -> None:
        """Send the event now, or when the second is over unless a newer one replaces it."""
        if key in self._told:
            self._waiting[key] = event
            return
        self._told[key] = event
        self._spawn(self._publish(key, event))
        asyncio.get_running_loop().call_later(THROTTLE_SECONDS, self._end, key)

    async def _publish(self, key: Key, event: events.Event) -> None:
        async with self._slots:
            await events.abroadcast(events.chat_group(key[0]), event)

    def _end(self, key: Key) -> None:
        told, event = self._told.pop(key), self._waiting.pop(key, None)
        if event is not None and event != told:
            self.tell(key, event)


class Presence:
    """The people in the chats of one process.

    A person joins with their first socket, and leaves once they have had none for `GRACE` seconds.
    If this process dies, their leases expire.
    """

    def __init__(self, spawn: Spawn) -> None:
        self.leases = PresenceLeases()
        self.typing = Throttle(spawn)
        self._spawn = spawn
        self._moves = Throttle(spawn)
        self._sockets: dict[uuid.UUID, Counter[int]] = defaultdict(Counter)  # by chat and person
        self._leaving: dict[Key, asyncio.TimerHandle] = {}

    async def join(self, chat_id: uuid.UUID, user_id: int, username: str) -> list[int]:
        """Add a socket; returns the ids of the people now in the chat."""
        self._sockets[chat_id][user_id] += 1
        if leaving := self._leaving.pop((chat_id, user_id), None):
            leaving.cancel()
        try:
            async with asyncio.timeout(PATIENCE):
                first, online = await self.leases.join(chat_id, user_id)
        except Exception as error:
            logger.warning("No presence: %s", error)
            return sorted(self._sockets[chat_id])
        if first:
            joined = events.UserJoined(user_id=user_id, username=username)
            self._moves.tell((chat_id, user_id), joined)
        return online

    def leave(self, chat_id: uuid.UUID, user_id: int, username: str) -> None:
        """Remove a socket; if it was the person's last, the chat is told after `GRACE` seconds."""
        self._sockets[chat_id][user_id] -= 1
        if not self._sockets[chat_id][user_id]:
            loop = asyncio.get_running_loop()
            key = (chat_id, user_id)
            self._leaving[key] = loop.call_later(GRACE, self._end, key, username)

    def _end(self, key: Key, username: str) -> None:
        chat_id, user_id = key
        del self._leaving[key], self._sockets[chat_id][user_id]
        if not self._sockets[chat_id]:
            del self._sockets[chat_id]
        self._spawn(self._give_back(key, username))

    async def _give_back(self, key: Key, username: str) -> None:
        try:
            last = await self.leases.leave(*key)
            if key[1] in self._sockets.get(key[0], ()):  # back, and possibly without a lease
                await self.leases.join(*key)
            elif last:
                self._moves.tell(key, events.UserLeft(user_id=key[1], username=username))
        except Exception as error:
            logger.warning("No presence: %s", error)

    async def renew(self) -> None:
        """Renew the leases of this process; announce people whose process has died as gone."""
        people = {chat_id: list(sockets) for chat_id, sockets in self._sockets.items()}
        moved = [move for move in await self.leases.renew(people) if move[1] or move[2]]
        if not moved:
            return
        names = await read_usernames({user_id for _, *ids in moved for user_id in chain(*ids)})
        for chat_id, joined, gone in moved:
            for kind, user_ids in ((events.UserJoined, joined), (events.UserLeft, gone)):
                for user_id in user_ids:
                    event = kind(user_id=user_id, username=names.get(user_id))
                    self._moves.tell((chat_id, user_id), event)
