"""Who of the two people of a private chat is online: in the app, in whatever chat.

That is whether they have any socket (`chatproject/sockets/places.py`). It is asked for when the
chat is opened, and every `IN_APP_LOOK` seconds for all private chats that are open in this process
together. Of a group those are told of who have it open (`presence.py`).
"""

from __future__ import annotations

import logging

import redis

from chatproject.sockets.places import Places

from .chat_hub import ChatHub
from .hubs import Hubs
from .reads import read_usernames

logger = logging.getLogger(__name__)

IN_APP_LOOK = 2.0  # seconds between two looks
# Looks that find nobody, one after another, before somebody is told to have left: as their page is
# loaded again, they have no socket for a moment.
MISSES = 2


class InApp:
    """Keeps the private chats that are open in one process up to date."""

    def __init__(self, hubs: Hubs, places: Places) -> None:
        self._hubs = hubs
        self._places = places
        self._missed: dict[int, int] = {}  # looks that haven't found somebody who is shown

    async def join(self, hub: ChatHub, pair: tuple[int, ...], online: list[int]) -> list[int]:
        """Who is online to a socket that opens a private chat; `online` have it open."""
        hub.pair = pair
        if not hub.sockets:
            hub.in_app.clear()  # nobody has looked since the last one was closed
        there = set(online)
        try:
            there |= await self._places.online(pair)
        except redis.RedisError as error:
            logger.warning("No presence: %s", error)
        await self._show({hub: (there - hub.in_app, set())})
        return sorted(hub.in_app)

    async def look(self) -> None:
        """Tell who has come into the app and who has left it."""
        hubs = [hub for hub in self._hubs.of_chats() if hub.pair and hub.sockets]
        people = {user_id for hub in hubs for user_id in hub.pair}
        if not people:
            return
        there = await self._places.online(people)
        shown = {user_id for hub in hubs for user_id in hub.in_app}
        self._missed = {one: self._missed.get(one, 0) + 1 for one in shown - there}
        gone = {one for one, misses in self._missed.items() if misses >= MISSES}
        await self._show(
            {hub: (there.intersection(hub.pair) - hub.in_app, gone & hub.in_app) for hub in hubs}
        )

    async def _show(self, moved: dict[ChatHub, tuple[set[int], set[int]]]) -> None:
        """Tell the sockets of chats who has come and who has left."""
        told = {hub for hub, (come, left) in moved.items() if hub.sockets and come | left}
        ids = {one for hub in told for both in moved[hub] for one in both}
        names = await read_usernames(ids) if ids else {}
        for hub, (come, left) in moved.items():
            for user_id in come:
                hub.show_in_app(user_id, names.get(user_id), is_there=True)
            for user_id in left:
                hub.show_in_app(user_id, names.get(user_id), is_there=False)
