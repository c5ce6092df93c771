"""The sockets of the application, but that a chat's hub sends back what its socket receives."""

from typing import Any

import django

django.setup()

from channels.db import database_sync_to_async  # noqa: E402
from channels.routing import ProtocolTypeRouter  # noqa: E402

from chatproject.sockets.connection import Batch  # noqa: E402
from chatproject.sockets.uvicorn import FrameProtocol  # noqa: E402
from chats import actions  # noqa: E402
from chats.live.consumers import ChatConsumer  # noqa: E402
from chats.live.process import live_process  # noqa: E402
from chats.live.socket_consumer import SocketConsumer  # noqa: E402
from users.models import User  # noqa: E402

FrameProtocol.message_limit = 2**24  # the largest of the Autobahn cases


class Echo(ChatConsumer):
    """A member's socket of a chat of its own; without the welcome, for which no case waits."""

    async def connect(self) -> None:
        chat = await database_sync_to_async(actions.create_group)(self.user, "Echo", [])
        (self.hub,) = await live_process().hubs.chats([chat.pk], self.connection)
        await self.accept()
        self.hub.sockets.add(self.connection)

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any
    ) -> None:
        if text_data is None:
            await self.base_send({"type": "websocket.send", "bytes": bytes_data})
            return
        assert self.hub is not None
        for socket in self.hub.sockets:
            socket.write(Batch([text_data.encode()]))

    async def disconnect(self, code: int) -> None:
        assert self.hub is not None
        self.hub.sockets.discard(self.connection)
        await SocketConsumer.disconnect(self, code)


async def somebody(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The socket of a user without an account: the runner of the cases sends no token."""
    await Echo.as_asgi()({**scope, "user": User(pk=1, username="echo")}, receive, send)


application = ProtocolTypeRouter({"websocket": somebody})
