"""The hubs of one process, their one channel of the layer, and what is done periodically."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer

from chatproject import layer
from chatproject.mongodb.documents import Document
from chatproject.stores import in_thread, is_away

from . import events
from .attendance import Attendance
from .crowd import Crowd
from .doorkeeper import EXPIRY_LOOK, SIGN_IN_LOOK, Doorkeeper
from .hub import ChatHub, Hub, UserHub
from .models import Chat
from .outlet import Outlet
from .presence import RENEWAL

logger = logging.getLogger(__name__)

POLL = 2.0  # seconds between looks at MongoDB
CLOCKS = 60.0  # seconds by which those of a process, which a new chat has, and MongoDB may differ


@in_thread
def read_revs(chat_ids: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    return Chat.objects.all().last_revs(chat_ids)


@in_thread
def read_changed(user_ids: list[int], seconds: float) -> list[Chat]:
    """The chats of these people that changed lately; by one query for all of them."""
    since = {"$subtract": ["$$NOW", int(seconds * 1000)]}
    return Chat.objects.all().found(
        {"member_ids": {"$in": user_ids}, "$expr": {"$gte": ["$updated_at", since]}},
        projection={"name": 1, "is_group": 1, "member_ids": 1},
    )


@in_thread
def read_starts(chat_ids: list[uuid.UUID]) -> dict[uuid.UUID, Document]:
    return Chat.objects.all().starts(chat_ids)


class Switchboard:
    """The hubs of one process, and their one channel of the layer."""

    def __init__(self) -> None:
        self.layer: Any = get_channel_layer()
        self.channel = ""
        self.sockets: set[Outlet] = set()  # the guests of all hubs
        self._hubs: dict[str, Hub] = {}  # by group
        self._watched = time.monotonic()  # when chats without an event were looked for
        self._starts: dict[str, asyncio.Task[None]] = {}  # of each of these
        self._connected = asyncio.Event()
        self._spawned: set[asyncio.Task[Any]] = set()
        self.attendance = Attendance(self.spawn)
        self.doorkeeper = Doorkeeper(self.sockets)
        self._tasks = [
            asyncio.create_task(self._receive()),
            asyncio.create_task(self._every(POLL, self._poll)),
            asyncio.create_task(self._every(POLL, self._resubscribe)),
            asyncio.create_task(self._every(RENEWAL, self._renew)),
            asyncio.create_task(self._every(EXPIRY_LOOK, self.doorkeeper.close_expired)),
            asyncio.create_task(self._every(SIGN_IN_LOOK, self.doorkeeper.look)),
        ]

    async def chats(self, chat_ids: list[uuid.UUID], guest: Outlet) -> list[ChatHub]:
        """The hubs of those of these chats that exist, started, and kept for this socket.

        `drop` forgets a hub with its last guest.
        """
        groups = {events.chat_group(chat_id): chat_id for chat_id in chat_ids}
        fresh = [ChatHub(self, groups[group]) for group in groups if group not in self._hubs]
        self._keep(fresh, self._begin(fresh))
        hubs = [hub for group in groups if isinstance(hub := self._hubs[group], ChatHub)]
        for hub in hubs:
            hub.seat(guest)
        for start in {self._starts[hub.group] for hub in hubs}:
            await asyncio.shield(start)
        return [hub for hub in hubs if self._hubs.get(hub.group) is hub]

    def shows(self, chat_id: uuid.UUID, chat_lists: Crowd) -> bool:
        """Whether each of these sockets watches the chat already."""
        hub = self._hubs.get(events.chat_group(chat_id))
        return hub is not None and all(socket in hub.watchers for socket in chat_lists)

    async def user(self, user_id: int, guest: Outlet) -> UserHub:
        """The hub of a person's sockets, kept for this one."""
        group = events.user_group(user_id)
        if group not in self._hubs:
            fresh = [UserHub(self, user_id)]
            self._keep(fresh, self._subscribe(fresh))
        hub = self._hubs[group]
        assert isinstance(hub, UserHub)
        hub.seat(guest)
        await asyncio.shield(self._starts[group])
        return hub

    def _keep(self, hubs: Sequence[Hub], start: Coroutine[Any, Any, None]) -> None:
        """Let everyone find these hubs, who then awaits the one start."""
        task = asyncio.create_task(start)
        for hub in hubs:
            self._hubs[hub.group] = hub
            self._starts[hub.group] = task

    async def _begin(self, hubs: list[ChatHub]) -> None:
        if not hubs:
            return
        try:
            await self._subscribe(hubs)
            starts = await read_starts([hub.chat_id for hub in hubs])
            for hub in hubs:
                if hub.chat_id in starts:
                    await hub.begin(starts[hub.chat_id])
                else:
                    self._forget(hub)
        except BaseException:
            for hub in hubs:
                self._forget(hub)
            raise

    def _forget(self, hub: Hub) -> bool:
        """False if it was forgotten already; another may stand in its place."""
        if self._hubs.get(hub.group) is not hub:
            return False
        del self._hubs[hub.group], self._starts[hub.group]
        hub.stop()
        return True

    async def _subscribe(self, hubs: Sequence[Hub]) -> None:
        try:
            async with asyncio.timeout(layer.TIMEOUT):
                await self._connected.wait()
        except TimeoutError:
            logger.warning("The channel layer is away; events come from MongoDB.")
            return
        for hub in hubs:
            await hub.subscribe()
            await asyncio.sleep(0)  # subscribing waits for no answer: 500 would hold up everyone

    async def drop(self, socket: Outlet) -> None:
        """Take a socket out of every hub, and forget the hubs that it leaves empty."""
        self.sockets.discard(socket)
        hubs, socket.hubs = socket.hubs, set()
        for hub in hubs:
            hub.unseat(socket)
        for hub in hubs:
            if not hub.guests:
                await self.release(hub)
                await asyncio.sleep(0)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the events."""
        task = asyncio.create_task(work)
        self._spawned.add(task)
        task.add_done_callback(self._spawned.discard)

    async def release(self, hub: Hub) -> None:
        """Forget a hub that has nobody."""
        if not self._forget(hub):
            return
        try:
            await self.layer.group_discard(hub.group, self.channel)
        except Exception as error:
            logger.warning("Still subscribed to %s: %s", hub.group, error)
        if hub.group in self._hubs:  # somebody came meanwhile, into a new hub
            await self._hubs[hub.group].subscribe()

    async def _receive(self) -> None:
        """Take each event off the layer once and hand it to its hub."""
        while True:
            try:
                if not self.channel:
                    self.channel = await self.layer.new_channel("hub.")
                    self._connected.set()
                self._dispatch(await self.layer.receive(self.channel))
            except Exception:
                logger.exception("The channel layer failed")
                await asyncio.sleep(1)

    def _dispatch(self, message: dict[str, Any]) -> None:
        hub = self._hubs.get(message["group"])
        if hub is None:
            return
        if message["type"] == "hub.close":
            hub.close(message["code"], message["reason"], message["sign_in"], message["spared"])
        else:
            for frame in message["frames"]:
                hub.receive(frame)

    async def _every(self, seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        is_well = True
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except Exception as error:
                if not is_away(error):
                    logger.exception("Will try again in %s seconds", seconds)
                elif is_well:  # one line an outage, not one a try
                    name = type(error).__name__
                    logger.warning("%s waits: a store is away (%s)", work.__qualname__, name)
                    is_well = False
            else:
                if not is_well:
                    logger.warning("%s goes on: the store is back", work.__qualname__)
                is_well = True

    async def _resubscribe(self) -> None:
        """Join the groups that couldn't be joined; comparing with MongoDB doesn't wait for it."""
        for hub in tuple(self._hubs.values()):
            if not hub.subscribed and self.channel:
                await hub.subscribe()

    async def _poll(self) -> None:
        """Compare with MongoDB."""
        hubs = {hub.chat_id: hub for hub in self._hubs.values() if isinstance(hub, ChatHub)}
        if not hubs:
            return
        revs = await read_revs(list(hubs))
        for chat_id, hub in hubs.items():
            # A chat that isn't there any more: the hub finds that out.
            hub.look(revs.get(chat_id, hub.rev + 1))

    async def _renew(self) -> None:
        """Renew presence, and look for chats that nobody told of."""
        try:
            await self.attendance.renew()
        finally:  # also while the layer is away: nobody else tells of them then
            await self._watch_new()

    async def _watch_new(self) -> None:
        """Show chat lists the chats that their people were added to without an event."""
        moment = time.monotonic()
        hubs = {
            hub.user_id: hub
            for hub in self._hubs.values()
            if isinstance(hub, UserHub) and hub.sockets
        }
        for chat in await read_changed(list(hubs), moment - self._watched + CLOCKS) if hubs else ():
            for user_id in hubs.keys() & set(chat.member_ids):
                await hubs[user_id].watch(chat)
        self._watched = moment


_boards: WeakKeyDictionary[asyncio.AbstractEventLoop, Switchboard] = WeakKeyDictionary()


def switchboard() -> Switchboard:
    """The hubs of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _boards:
        _boards[loop] = Switchboard()
    return _boards[loop]
