"""The chats shown by open chat lists: all of their user's, including later ones."""

from __future__ import annotations

import time
import uuid

from chatproject.sockets.connection import Batch, Connection
from chats.events import ChatAdded, Watching
from chats.models import Chat

from .hubs import Hubs
from .reads import read_changed, read_chat, read_chats_of
from .user_hub import UserHub

# Seconds by which the clock of a process, used for a new chat's times, may differ from MongoDB's.
CLOCKS = 60.0


class ChatLists:
    """Keeps the chat lists of one process subscribed to every chat of their users."""

    def __init__(self, hubs: Hubs) -> None:
        self._hubs = hubs
        self._looked_at = time.monotonic()  # when chats without an event were looked for

    async def open(self, person: UserHub, connection: Connection) -> None:
        """Subscribe a new chat list to every chat of its user, and send it their last numbers."""
        person.sockets.add(connection)
        chats = await read_chats_of(person.user_id)
        hubs = await self._hubs.chats(list(chats), connection)
        # Check again: removals before the hubs listened are found here, later ones by the hubs.
        own = await read_chats_of(person.user_id)
        last_seqs: dict[str, int] = {}
        for hub in hubs:
            if hub.chat_id in own and hub.watch(connection, own[hub.chat_id]):
                last_seqs[str(hub.chat_id)] = hub.seq
            else:
                self._hubs.let_go(hub, connection)
        connection.tell(Watching(user_id=person.user_id, last_seqs=last_seqs))

    async def show(self, person: UserHub, added: ChatAdded) -> None:
        """Subscribe a user's chat lists to a new chat, then announce it to them."""
        chat_id, told = uuid.UUID(added.chat_id), Batch([added.encode()])
        for connection in tuple(person.sockets):
            for hub in await self._hubs.chats([chat_id], connection):
                chat = await read_chat(chat_id)
                if connection in hub.watchers:
                    continue
                is_member = chat is not None and person.user_id in chat.member_ids
                if chat and is_member and hub.watch(connection, chat.since(person.user_id)):
                    connection.write(told)
                else:
                    self._hubs.let_go(hub, connection)
            if connection.closed:  # meanwhile
                self._hubs.drop(connection)

    async def show_new(self) -> None:
        """Show chats that people were added to when the event didn't arrive here."""
        moment = time.monotonic()
        people = self._hubs.with_chat_lists()
        seconds = moment - self._looked_at + CLOCKS
        for chat in await read_changed(list(people), seconds) if people else ():
            for user_id in people.keys() & set(chat.member_ids):
                await self._show_if_new(people[user_id], chat)
        self._looked_at = moment

    async def _show_if_new(self, person: UserHub, chat: Chat) -> None:
        if not self._hubs.shows(chat.pk, person.sockets):
            added = ChatAdded(chat_id=str(chat.pk), name=chat.name, is_group=chat.is_group)
            await self.show(person, added)
