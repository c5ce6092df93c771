"""The sockets: incoming frames become actions or events; outgoing ones come from the hubs."""

from __future__ import annotations

import uuid
from typing import Any

from chats import events

from .chat_hub import ChatHub
from .frames import FrameError, fields_of
from .process import live_process
from .socket_consumer import SocketConsumer


class ChatConsumer(SocketConsumer):
    """A member's socket of one chat."""

    hub: ChatHub | None = None

    async def connect(self) -> None:
        """Accept a member's socket and attach it to the hubs; refuse anybody else."""
        process = live_process()
        if not self.user.is_authenticated or not (
            # Strangers start no hub; one that runs anyway costs nothing.
            process.hubs.follows(self.chat_id) or await self.may_stay(self.chat_id)
        ):
            await self.close()
            return
        hubs = await process.hubs.chats([self.chat_id], self.connection)
        person = await process.hubs.user(self.user.pk, self.connection)
        person.watchers.add(self.connection)
        # A removal or block before the hubs listened is found here, a later one by the hubs.
        number = process.hubs.apart.begin()
        held = await self.look_again(self.chat_id) if hubs else None
        if held is None:
            await self.refuse()
            return
        process.blocks.take(self.user.pk, number, held.apart)
        await self.accept()
        self.hub = hubs[0]
        online = await process.presence.join(self.chat_id, self.user.pk, self.user.username)
        if held.pair:
            online = await process.in_app.join(self.hub, held.pair, online)
        self.hub.join(self.connection, online, held.since)

    async def disconnect(self, code: int) -> None:
        """Detach the socket and end the member's presence."""
        if self.hub is not None:
            self.connection.closed = True
            hub, self.hub = self.hub, None
            hub.sockets.discard(self.connection)
            live_process().presence.leave(self.chat_id, self.user.pk, self.user.username)
            await super().disconnect(code)

    @property
    def chat_id(self) -> uuid.UUID:
        """The chat named by the path."""
        return self.scope["url_route"]["kwargs"]["chat_id"]

    async def on_typing_indicator(self, data: Any) -> None:
        """Announce that the member types or has stopped; throttled."""
        is_typing = fields_of("data", data, {"is_typing": bool})["is_typing"]
        user = self.user
        if is_typing and not await live_process().senders.ask((self.chat_id, user.pk)):
            raise FrameError("You may not send messages in this chat.", field="is_typing")
        event = events.TypingIndicator(user_id=user.pk, username=user.username, is_typing=is_typing)
        live_process().presence.typing.tell((self.chat_id, user.pk), event)

    async def on_message_read(self, data: Any) -> None:
        """Move the member's read marker; raises `FrameError` if there is no such message."""
        text = fields_of("data", data, {"message_id": str})["message_id"]
        try:
            message_id = uuid.UUID(text)
        except ValueError:
            raise FrameError("This is no UUID.", field="message_id") from None
        if not await live_process().marks.read(self.chat_id, self.user.pk, message_id):
            raise FrameError("There is no such message here.", field="message_id")


class UserConsumer(SocketConsumer):
    """A person's chat list: brief events of all their chats."""

    async def connect(self) -> None:
        """Accept a signed-in user's chat list and subscribe it to all their chats."""
        if not self.user.is_authenticated:
            await self.close()
            return
        process = live_process()
        person = await process.hubs.user(self.user.pk, self.connection)
        person.watchers.add(self.connection)
        if not await self.may_stay():
            await self.refuse()
            return
        await self.accept()
        await process.chat_lists.open(person, self.connection)

    async def disconnect(self, code: int) -> None:
        """Detach the chat list from its hubs."""
        if self.user.is_authenticated:
            self.connection.closed = True
            await super().disconnect(code)
