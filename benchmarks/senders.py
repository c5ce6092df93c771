"""How events get to a room: by a member's socket, or by the channel layer."""

import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from . import data
from .room import Event, Room
from .socket_servers import Party

if TYPE_CHECKING:
    from chats.events import TextMessage


class Sender:
    """Sends events to a room, each at once and in order."""

    def __init__(self, party: Party, room: Room) -> None:
        self.party = party
        self.room = room

    async def send(self, sender: int) -> Event:
        """By the socket of this member."""
        assert self.party.frame
        text, event = self.room.event(sender)
        self.room.sockets[sender].send(self.party.frame(text))
        return event

    def store(self) -> None:
        """Let the database know what was sent."""

    async def close(self) -> None:
        """Close what only this sender uses."""


class LayerSender(Sender):
    """What processes of pages and API do: take the next `rev`, and tell the chat's group.

    Each sender has a connection of its own to the layer, as if in a process of its own. The chat's
    numbers in MongoDB follow after each measurement: so the hub, which looks there every two
    seconds, misses nothing.
    """

    def __init__(self, party: Party, room: Room, chats: Any) -> None:
        super().__init__(party, room)
        self.chats = chats
        self.chat = chat = party.chat
        self.last = chats.find_one({"_id": chat.hex})["last_rev"]
        self.fields: Any = _fields(chat)
        self.layers: defaultdict[int, Any] = defaultdict(_layer)

    async def send(self, sender: int) -> Event:
        from chats import events

        # All are one sender's to the room: the order that it checks is that of `rev`.
        text, event = self.room.event(0)
        self.last += 1
        group = events.chat_group(self.chat)
        await self.layers[sender].group_send(group, events.to_hubs(group, self._event(text)))
        return event

    def _event(self, text: str) -> "TextMessage":
        from chats.events import TextMessage

        fields: Any = {**self.fields, "content": text, "seq": self.last, "rev": self.last}
        return TextMessage.as_fields(str(uuid.uuid4()), fields)

    def store(self) -> None:
        numbers = {"last_seq": self.last, "last_rev": self.last}
        self.chats.update_one({"_id": self.chat.hex}, {"$set": numbers})

    async def close(self) -> None:
        for layer in self.layers.values():
            await layer.flush()  # which closes its connections


def _fields(chat: uuid.UUID) -> Any:
    """A message of the chat on the wire."""
    from django.contrib.auth import get_user_model

    from chats.models import Message, MessageRow
    from chats.representation import message_fields

    moment = datetime(2026, 11, 1, tzinfo=UTC)
    message = Message(
        chat_id=chat, sender_id=data.SENDER, seq=1, rev=1, created_at=moment, updated_at=moment
    )
    sender = get_user_model()(username="user11", first_name="User", last_name="11")
    row = MessageRow.of(Message.objects.document(message))
    return message_fields(row, {data.SENDER: sender}, None)


def _layer() -> Any:
    """Another layer as the settings have it."""
    from channels_redis.pubsub import RedisPubSubChannelLayer
    from django.conf import settings

    options: Any = settings.CHANNEL_LAYERS["default"]["CONFIG"]
    return RedisPubSubChannelLayer(**options)


@contextmanager
def rooms_kept(stores: dict[str, str]) -> Iterator[Any]:
    """The collection of our chats, whose rooms get their numbers back afterwards."""
    from chats.models import Chat

    with data.client(stores) as mongo:
        chats = mongo["bench"][Chat._meta.db_table]
        rooms = {"_id": {"$in": [plan.id.hex for plan in data.room_plans()]}}
        before = list(chats.find(rooms, {"last_seq": 1, "last_rev": 1}))
        try:
            yield chats
        finally:
            for row in before:
                chats.update_one({"_id": row.pop("_id")}, {"$set": row})
