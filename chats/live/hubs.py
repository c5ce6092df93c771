"""The hubs of one process, and which of them each connection keeps."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Coroutine, Sequence
from itertools import chain
from typing import Any

from chatproject.sockets.coalescer import Coalescer
from chatproject.sockets.connection import Connection
from chatproject.sockets.subscribers import Subscribers
from chats import events
from chats.models import Head

from .apart import Apart
from .chat_hub import ChatHub
from .hub import Hub
from .reads import read_heads, read_starts
from .subscriptions import Subscriptions
from .user_hub import UserHub

logger = logging.getLogger(__name__)

IDLE_SECONDS = 10.0  # for which a hub outlives its last connection


class Hubs:
    """The hubs of one process by group, and which of them each connection keeps alive.

    A hub starts with its first connection, and ends `IDLE_SECONDS` after its last: a person who
    opens the next page finds the hubs of the one before.
    """

    def __init__(
        self,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        on_chat_added: Callable[[UserHub, events.ChatAdded], None],
        on_blocks_changed: Callable[[int], None],
    ) -> None:
        self.apart = Apart()
        self.subscriptions = Subscriptions()
        self.kept: dict[Connection, set[Hub]] = {}  # hubs by connection
        self._spawn = spawn
        self._on_chat_added = on_chat_added
        self._on_blocks_changed = on_blocks_changed
        self._hubs: dict[str, Hub] = {}  # by group
        self._starts: dict[str, asyncio.Task[None]] = {}  # by group
        self._starts_of = Coalescer(_read_starts)

    # Coming and going

    async def chats(self, chat_ids: list[uuid.UUID], connection: Connection) -> list[ChatHub]:
        """The started hubs of the existing chats among these, kept for this connection."""
        groups = {events.chat_group(chat_id): chat_id for chat_id in chat_ids}
        fresh = [self._chat_hub(groups[g]) for g in groups if g not in self._hubs]
        self._keep(fresh, self._begin(fresh))
        hubs = [hub for group in groups if isinstance(hub := self._hubs[group], ChatHub)]
        for hub in hubs:
            self._attach(hub, connection)
        for start in {self._starts[hub.group] for hub in hubs}:
            await asyncio.shield(start)
        return [hub for hub in hubs if self._hubs.get(hub.group) is hub]

    async def user(self, user_id: int, connection: Connection) -> UserHub:
        """The hub of a person's sockets, kept for this connection."""
        group = events.user_group(user_id)
        if group not in self._hubs:
            fresh = [UserHub(user_id, self._on_chat_added)]
            self._keep(fresh, self.subscriptions.begin(fresh))
        hub = self._hubs[group]
        assert isinstance(hub, UserHub)
        self._attach(hub, connection)
        await asyncio.shield(self._starts[group])
        return hub

    def drop(self, connection: Connection) -> None:
        """Remove a connection from every hub."""
        for hub in self.kept.pop(connection, set()):
            hub.detach(connection)

    def let_go(self, hub: Hub, connection: Connection) -> None:
        """Keep a hub no more for a connection that stays open."""
        hub.detach(connection)
        self.kept.get(connection, set()).discard(hub)

    def follows(self, chat_id: uuid.UUID) -> bool:
        """Whether this chat has a hub here."""
        return events.chat_group(chat_id) in self._hubs

    def shows(self, chat_id: uuid.UUID, chat_lists: Subscribers) -> bool:
        """Whether each of these chat lists shows the chat."""
        hub = self._hubs.get(events.chat_group(chat_id))
        return hub is not None and all(one in hub.watchers for one in chat_lists)

    def with_chat_lists(self) -> dict[int, UserHub]:
        """The hubs of people who have a chat list open, by user id."""
        hubs = (hub for hub in self._hubs.values() if isinstance(hub, UserHub))
        return {hub.user_id: hub for hub in hubs if hub.sockets}

    def people(self) -> set[int]:
        """The ids of the people who have, or lately had, sockets here."""
        return {hub.user_id for hub in self._hubs.values() if isinstance(hub, UserHub)}

    def open_chats(self, user_id: int) -> set[ChatHub]:
        """The hubs of the chats that a person has open here."""
        person = self._hubs.get(events.user_group(user_id))
        hubs = (
            hub for one in (person.watchers if person else ()) for hub in self.kept.get(one, ())
        )
        return {hub for hub in hubs if isinstance(hub, ChatHub)}

    def of_chats(self) -> list[ChatHub]:
        """The hubs of chats."""
        return [hub for hub in self._hubs.values() if isinstance(hub, ChatHub)]

    def _chat_hub(self, chat_id: uuid.UUID) -> ChatHub:
        return ChatHub(chat_id, self._on_deleted, self.let_go, self.apart)

    def _attach(self, hub: Hub, connection: Connection) -> None:
        hub.attach(connection)
        self.kept.setdefault(connection, set()).add(hub)

    def _on_deleted(self, hub: ChatHub) -> None:
        for connection in hub.connections:
            self.kept[connection].discard(hub)
        self._spawn(self._end([hub]))

    # Starting and ending

    def _keep(self, hubs: Sequence[Hub], start: Coroutine[Any, Any, None]) -> None:
        """Register these hubs; everyone who finds them awaits the same start."""
        task = asyncio.create_task(start)
        for hub in hubs:
            self._hubs[hub.group] = hub
            self._starts[hub.group] = task

    async def _begin(self, hubs: list[ChatHub]) -> None:
        if not hubs:
            return
        try:
            await self.subscriptions.begin(hubs)
            starts = await self._starts_of.ask([hub.chat_id for hub in hubs])
            for hub in hubs:
                if hub.chat_id in starts:
                    hub.begin(starts[hub.chat_id])
                else:
                    self._forget(hub)
        except BaseException:
            for hub in hubs:
                self._forget(hub)
            raise

    def _forget(self, hub: Hub) -> bool:
        """Unregister a hub; False if it was already, when another may have taken its place."""
        if self._hubs.get(hub.group) is not hub:
            return False
        del self._hubs[hub.group], self._starts[hub.group]
        hub.stop()
        return True

    async def _end(self, hubs: Sequence[Hub]) -> None:
        """Unregister hubs, and leave their groups."""
        groups = [hub.group for hub in hubs if self._forget(hub)]
        if not groups:
            return
        await self.subscriptions.leave(groups)
        # Somebody may have joined new hubs meanwhile.
        await self.subscriptions.join([self._hubs[one] for one in groups if one in self._hubs])

    # The channel layer

    async def receive(self) -> None:
        """Receive events from the layer and pass each to its hub, for ever."""
        subscriptions = self.subscriptions
        while True:
            try:
                if not subscriptions.channel:
                    await subscriptions.connect()
                self._dispatch(await subscriptions.layer.receive(subscriptions.channel))
            except Exception:
                logger.exception("The channel layer failed")
                await asyncio.sleep(1)

    def _dispatch(self, message: dict[str, Any]) -> None:
        hub = self._hubs.get(message["group"])
        if hub is None:
            return
        if message["type"] == "hub.close":
            hub.close(message["code"], message["reason"], message["sign_in"], message["spared"])
        elif message["type"] == "hub.blocks":
            if isinstance(hub, UserHub):
                self._on_blocks_changed(hub.user_id)
        else:
            for event in map(events.event_of, message["events"]):
                hub.receive(event)
                if isinstance(event, events.ChatCleared | events.ChatUnread):
                    self._tell_own(event)

    def _tell_own(self, event: events.ChatCleared | events.ChatUnread) -> None:
        """Tell a person's sockets of a chat what their chat lists are told."""
        hub = self._hubs.get(events.chat_group(uuid.UUID(event.chat_id)))
        if isinstance(hub, ChatHub):
            hub.tell_own(event)

    # Now and then

    async def resubscribe(self) -> None:
        """Join the groups that couldn't be joined; apart from `compare`, which must not wait."""
        if self.subscriptions.channel:
            hubs = [hub for hub in self._hubs.values() if hub.subscribed_at is None]
            await self.subscriptions.join(hubs)

    async def end_idle(self) -> None:
        """End the hubs that have had no connection for `IDLE_SECONDS`."""
        since = time.monotonic() - IDLE_SECONDS
        hubs = self._hubs.values()
        await self._end([hub for hub in hubs if not hub.connections and hub.idle_since <= since])

    async def compare(self) -> None:
        """Compare what each hub has sent with the end of its chat's log."""
        hubs = {hub.chat_id: hub for hub in self.of_chats()}
        if not hubs:
            return
        sent = {chat_id: hub.order.rev for chat_id, hub in hubs.items()}
        heads = await read_heads(list(hubs))
        for chat_id, hub in hubs.items():
            hub.look(heads[chat_id].rev, sent[chat_id])


async def _read_starts(chats: list[list[uuid.UUID]]) -> list[dict[uuid.UUID, Head]]:
    starts = await read_starts(list(chain.from_iterable(chats)))
    return [starts] * len(chats)
