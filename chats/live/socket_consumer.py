"""A socket of a signed-in user: its handshake, its sign-in, and its incoming frames."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.utils.functional import cached_property
from rest_framework.exceptions import AuthenticationFailed

from chatproject.headers import of_handshakes
from chatproject.sockets.connection import EXTENSION, Connection
from chatproject.sockets.handshakes import Handshakes, deny
from chatproject.stores.outages import RETRY_AFTER, in_thread, is_away
from chats import events
from chats.protocol import CLOSE_FLOOD, CLOSE_SIGNED_OUT, CLOSE_TRY_AGAIN
from chats.representation import iso
from users.signing_in.authentication import Access, read_access_token

from .frames import AWAY, FrameError, FrameLimit, failure, fields_of, parse
from .process import live_process
from .reads import Claim, Held

handshakes = Handshakes()

TOO_MANY = "You have too many sockets open here. Close one, and try again."
ABNORMAL = 1006  # code of a close without a close frame (RFC 6455, 7.1.5)


class SocketConsumer(AsyncJsonWebsocketConsumer):
    """A socket of a signed-in user; anybody else is refused at the handshake."""

    is_accepted = False
    has_place = False  # among the sockets of its user

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Run the socket as Channels does, but without a channel, which would need its own task.

        Old database connections need no closing here: `in_thread` does that.
        """
        self.scope, self.base_send = scope, send
        try:
            with suppress(StopConsumer):
                while True:
                    message = await receive()
                    await getattr(self, get_handler_name(message))(message)
        except asyncio.CancelledError:  # by Daphne, when its client has been gone for a while
            await self.disconnect(ABNORMAL)
            live_process().hubs.drop(self.connection)
            raise
        finally:
            if self.has_place:
                live_process().places.give_back(self.user.pk)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        """Accept the socket; while a store is away, ask the client to try again."""
        if self.scope.get("store_is_away"):
            await self.put_off()
            return
        if self.user.is_authenticated and not await live_process().places.take(self.user.pk):
            self.connection.closed = True
            retry_after = str(RETRY_AFTER)
            await deny(self.scope, self.base_send, 429, TOO_MANY, retry_after=retry_after)
            return
        self.has_place = bool(self.user.is_authenticated)
        try:
            async with handshakes.turn():
                await super().websocket_connect(message)
        except Exception as error:
            live_process().hubs.drop(self.connection)
            if not (isinstance(error, TimeoutError) or is_away(error)):
                raise
            await self.put_off()

    async def accept(self, subprotocol: str | None = None, headers: Any = ()) -> None:
        """Accept the handshake, with the headers of every answer, and remember that."""
        await super().accept(subprotocol, [*headers, *of_handshakes()])
        self.is_accepted = True

    async def put_off(self) -> None:
        """Answer the handshake with 503 (403 if the server can't), or close the open socket."""
        if self.is_accepted:
            self.connection.close(CLOSE_TRY_AGAIN, AWAY)
            return
        self.connection.closed = True
        await deny(self.scope, self.base_send, 503, AWAY, retry_after=str(RETRY_AFTER))

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        """Clean up and end the consumer."""
        await self.disconnect(message["code"])
        raise StopConsumer

    @property
    def user(self) -> Any:
        """The user who opened the socket; maybe anonymous."""
        return self.scope["user"]

    @cached_property
    def frame_limit(self) -> FrameLimit:
        """The frame limit of this socket."""
        return FrameLimit()

    @cached_property
    def connection(self) -> Connection:
        """The connection by which hubs write to this socket."""
        connection = self.scope.get("extensions", {}).get(EXTENSION)
        connection = Connection(self.base_send, self.user.pk, connection)
        connection.sign_in = self.scope.get("sign_in")
        connection.expires_at = self.scope.get("token_expires_at")
        connection.by_token = connection.expires_at is not None
        return connection

    async def disconnect(self, code: int) -> None:
        """Remove the connection from its hubs."""
        live_process().hubs.drop(self.connection)

    async def refuse(self) -> None:
        """Answer the handshake with 403, unless closing the socket has already answered it."""
        live_process().hubs.drop(self.connection)
        if not self.connection.closed:
            self.connection.closed = True
            await deny(self.scope, self.base_send)

    async def look_again(self, chat_id: uuid.UUID | None = None) -> Held | None:
        """What holds for its user; None if the socket may not stay.

        It may while its sign-in goes on and its user is a member of the chat. Asked once the hubs
        listen, which hear of later ends.
        """
        claim = Claim(self.user.pk, self.connection.sign_in, chat_id)
        held = await live_process().claims.ask(claim)
        return None if self.connection.closed else held

    async def may_stay(self, chat_id: uuid.UUID | None = None) -> bool:
        """Whether its sign-in goes on, and its user is a member of the chat."""
        return await self.look_again(chat_id) is not None

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any
    ) -> None:
        """Handle a frame; whatever goes wrong is sent back to its sender."""
        if self.connection.closed:
            return
        try:
            self.frame_limit.count(self._close_flood)
            await self.receive_json(parse(text_data))
        except FrameError as refusal:
            self.connection.tell(refusal.error)
        except Exception as error:
            self.connection.tell(failure(error))

    def _close_flood(self) -> None:
        self.connection.close(CLOSE_FLOOD, "Too many frames.")

    async def on_ping(self, data: Any) -> None:
        """Answer, so that a browser, which can't see the pings of RFC 6455, knows it is heard."""
        fields_of("data", data, {})
        self.connection.tell(events.Pong())

    async def on_authenticate(self, data: Any) -> None:
        """Take a newer access token of the same person, which keeps a token's socket open."""
        token = fields_of("data", data, {"token": str})["token"]
        if not self.connection.by_token:
            raise FrameError("This socket is open by a session, and ends with it.", field="token")
        access = await self._read(token)
        self.connection.sign_in, self.connection.expires_at = access.sign_in, access.expires_at
        # Check again: had that sign-in just ended, this socket would not have been closed with it.
        if not await self.may_stay():
            self.connection.close(CLOSE_SIGNED_OUT, "This sign-in has ended.")
            return
        ends = datetime.fromtimestamp(access.expires_at, UTC)
        self.connection.tell(events.Authenticated(expires_at=iso(ends)))

    @in_thread
    def _read(self, token: str) -> Access:
        try:
            access = read_access_token(token)
        except AuthenticationFailed as refusal:
            raise FrameError(str(refusal.detail), field="token") from None
        if access.user.pk != self.user.pk:
            raise FrameError("This is a token of another person.", field="token")
        return access

    async def receive_json(self, content: dict[str, Any], **kwargs: Any) -> None:
        """Call the handler of the frame's type; raises `FrameError` for an unknown one."""
        handler = getattr(self, f"on_{content['type']}", None)
        if handler is None:
            raise FrameError("This socket takes no such type.", field="type")
        await handler(content["data"])
