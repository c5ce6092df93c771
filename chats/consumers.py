"""WebSockets: frames in become actions or events; what goes out comes from the hub."""

from __future__ import annotations

import asyncio
import logging
import math
import time
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson
from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.utils.functional import cached_property
from rest_framework.exceptions import AuthenticationFailed

from chatproject.door import Door
from chatproject.rates import Rate
from chatproject.stores import RETRY_AFTER, in_thread, is_away
from users.authentication import Access, read_access_token
from users.models import User

from . import actions, events
from .hub import ChatHub
from .models import Chat, Message
from .outlet import Outlet
from .switchboard import switchboard

logger = logging.getLogger(__name__)
door = Door()

FRAMES = "chat.frames"  # the extension of `chatproject.websocket`
DENIAL = "websocket.http.response"  # the extension by which a handshake is answered with a status
AWAY = "The chat can't be reached right now. Please try again in a moment."
FRAME_LIMIT = 64 * 1024  # bytes of a frame that a client sends
ABNORMAL = 1006  # what a close without a close frame counts as (RFC 6455, 7.1.5)
FLOOD = 10  # times as many frames as the limit allows: the socket is closed


class FrameError(Exception):
    """What is wrong with a client's frame; told to its sender only."""

    def __init__(self, message: str, *, code: str = "validation_error", **details: Any) -> None:
        super().__init__(message)
        self.error = events.Error(code=code, message=message, **details)


class SocketConsumer(AsyncJsonWebsocketConsumer):
    """A socket of a signed-in user; anybody else is refused at the handshake."""

    is_accepted = False

    # When all frames will have come back (`Rate.take`), and all that were too many.
    frames_due = surplus_due = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Run the socket: as Channels does, without a channel, for which a task would wait.

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
            await switchboard().drop(self.outlet)
            raise

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        """Let the socket in; while a store is away, ask the client to come again."""
        if self.scope.get("store_is_away"):
            await self.put_off()
            return
        try:
            async with door.passed():
                await super().websocket_connect(message)
        except Exception as error:
            await switchboard().drop(self.outlet)
            if not (isinstance(error, TimeoutError) or is_away(error)):
                raise
            await self.put_off()

    async def accept(self, *args: Any, **kwargs: Any) -> None:
        await super().accept(*args, **kwargs)
        self.is_accepted = True

    async def put_off(self) -> None:
        """Answer 503 to the handshake (403 where the server can't), or close the open socket."""
        if self.is_accepted:
            self.outlet.close(events.CLOSE_TRY_AGAIN, AWAY)
            return
        self.outlet.closed = True
        if DENIAL not in self.scope.get("extensions", {}):
            await self.close()
            return
        headers = [(b"retry-after", str(RETRY_AFTER).encode())]
        await self.base_send({"type": f"{DENIAL}.start", "status": 503, "headers": headers})
        await self.base_send({"type": f"{DENIAL}.body", "body": AWAY.encode()})

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        await self.disconnect(message["code"])
        raise StopConsumer

    @property
    def user(self) -> Any:
        return self.scope["user"]

    @cached_property
    def outlet(self) -> Outlet:
        connection = self.scope.get("extensions", {}).get(FRAMES)
        outlet = Outlet(self.base_send, self.user.pk, connection)
        outlet.sign_in = self.scope.get("sign_in")
        outlet.expires_at = self.scope.get("token_expires_at")
        outlet.by_token = outlet.expires_at is not None
        return outlet

    async def disconnect(self, code: int) -> None:
        await switchboard().drop(self.outlet)

    async def refuse(self) -> None:
        """Answer a handshake with 403, unless the socket was closed meanwhile: that did."""
        await switchboard().drop(self.outlet)
        if not self.outlet.closed:
            self.outlet.closed = True
            await self.close()

    async def is_signed_in(self) -> bool:
        """Whether it may stay: asked when the person's hub listens, which is told later ends."""
        return await in_thread(self.has_sign_in)() and not self.outlet.closed

    def has_sign_in(self) -> bool:
        sign_in = self.outlet.sign_in
        return sign_in is None or User.objects.signed_in(self.user.pk, sign_in) is not None

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any
    ) -> None:
        if self.outlet.closed:
            return
        try:
            self.count_frame()
            await self.receive_json(self.parse(text_data))
        except FrameError as refusal:
            self.outlet.tell(refusal.error)
        except Exception as error:
            self.outlet.tell(_failure(error))

    def count_frame(self) -> None:
        """`FrameError` for a frame beyond the limit; closes a socket that goes on all the same."""
        rate, moment = settings.LIMIT_FRAMES, time.monotonic_ns() // 1000
        self.frames_due, wait = rate.take(self.frames_due, moment)
        if not wait:
            return
        surplus = Rate(rate.amount * (FLOOD - 1), rate.seconds)
        self.surplus_due, flooding = surplus.take(self.surplus_due, moment)
        if flooding:
            self.outlet.close(events.CLOSE_FLOOD, "Too many frames.")
        text = f"At most {rate.amount} frames in {rate.seconds} s are taken; this one was not."
        seconds = math.ceil(wait / 1000) / 1000
        raise FrameError(text, code="rate_limited", retry_after=seconds)

    @staticmethod
    def parse(text: str | None) -> dict[str, Any]:
        """The frame `{"type": …, "data": {…}}` of at most 64 KiB of JSON."""
        if text is None:
            raise FrameError("Frames are JSON text, not binary.", code="invalid_json")
        if len(text) > FRAME_LIMIT or len(text.encode(errors="replace")) > FRAME_LIMIT:
            raise FrameError(f"A frame has at most {FRAME_LIMIT} bytes.", field="frame")
        try:
            frame = orjson.loads(text)
        except ValueError as error:
            raise FrameError(f"Not JSON: {error}", code="invalid_json") from None
        return _fields("frame", frame, {"type": str, "data": dict})

    async def on_authenticate(self, data: Any) -> None:
        """A newer access token of the same person, by which a socket of a token stays open."""
        token = _fields("data", data, {"token": str})["token"]
        if not self.outlet.by_token:
            raise FrameError("This socket is open by a session, and ends with it.", field="token")
        access = await self._read(token)
        self.outlet.sign_in, self.outlet.expires_at = access.sign_in, access.expires_at
        # Again: the end of that sign-in closed its sockets, and this one wasn't among them yet.
        if not await self.is_signed_in():
            self.outlet.close(events.CLOSE_SIGNED_OUT, "This sign-in has ended.")
            return
        ends = datetime.fromtimestamp(access.expires_at, UTC)
        self.outlet.tell(events.Authenticated(expires_at=events.iso(ends) or ""))

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
        handler = getattr(self, f"on_{content['type']}", None)
        if handler is None:
            raise FrameError("This socket takes no such type.", field="type")
        await handler(content["data"])


class ChatConsumer(SocketConsumer):
    """A member's socket of one chat."""

    hub: ChatHub | None = None

    async def connect(self) -> None:
        if not self.user.is_authenticated or not await self._is_member():
            await self.close()
            return
        board = switchboard()
        hubs = await board.chats([self.chat_id], self.outlet)
        person = await board.user(self.user.pk, self.outlet)
        person.watchers.add(self.outlet)
        # Again: who was removed before the hub listened is found here, later by the hub.
        if not hubs or not await self._may_stay() or self.outlet.closed:
            await self.refuse()
            return
        await self.accept()
        self.hub = hubs[0]
        await self.hub.join(self.outlet, self.user.username)

    async def disconnect(self, code: int) -> None:
        if self.hub is not None:
            self.outlet.closed = True
            hub, self.hub = self.hub, None
            hub.leave(self.outlet, self.user.username)
            await super().disconnect(code)

    @property
    def chat_id(self) -> uuid.UUID:
        return self.scope["url_route"]["kwargs"]["chat_id"]

    async def on_typing_indicator(self, data: Any) -> None:
        is_typing = _fields("data", data, {"is_typing": bool})["is_typing"]
        user = self.user
        event = events.TypingIndicator(user_id=user.pk, username=user.username, is_typing=is_typing)
        switchboard().attendance.typing.tell((self.chat_id, user.pk), event)

    async def on_message_read(self, data: Any) -> None:
        text = _fields("data", data, {"message_id": str})["message_id"]
        try:
            message_id = uuid.UUID(text)
        except ValueError:
            raise FrameError("This is no UUID.", field="message_id") from None
        try:
            await self._mark_read(message_id)
        except ObjectDoesNotExist:  # the chat neither, a moment after a removal
            raise FrameError("There is no such message here.", field="message_id") from None

    @in_thread
    def _is_member(self) -> bool:
        return Chat.objects.has_member(self.user, self.chat_id)

    @in_thread
    def _may_stay(self) -> bool:
        return Chat.objects.has_member(self.user, self.chat_id) and self.has_sign_in()

    @in_thread
    def _mark_read(self, message_id: uuid.UUID) -> None:
        chat = Chat.objects.for_member(self.user).get(pk=self.chat_id)
        message = Message.objects.in_chat(chat.pk).get(pk=message_id)
        actions.mark_read(self.user, chat, message)


class UserConsumer(SocketConsumer):
    """A person's chat list: small events of all their chats."""

    async def connect(self) -> None:
        if not self.user.is_authenticated:
            await self.close()
            return
        person = await switchboard().user(self.user.pk, self.outlet)
        person.watchers.add(self.outlet)
        if not await self.is_signed_in():
            await self.refuse()
            return
        await self.accept()
        await person.watch_all(self.outlet)

    async def disconnect(self, code: int) -> None:
        if self.user.is_authenticated:
            self.outlet.closed = True
            await super().disconnect(code)


def _failure(error: Exception) -> events.Error:
    """What the sender of a frame is told that failed through no fault of theirs."""
    if is_away(error):  # which the switchboard's log says, once for all frames
        return events.Error(code="unavailable", message=AWAY, retry_after=RETRY_AFTER)
    logger.error("A frame failed", exc_info=error)
    return events.Error(code="server_error", message="Something went wrong here.")


def _fields(name: str, value: Any, types: dict[str, type]) -> dict[str, Any]:
    """An object with just these fields of these types, or the error that names the field."""
    if not isinstance(value, dict):
        raise FrameError("This must be an object.", field=name)
    for field in value.keys() - types.keys():
        raise FrameError("There is no such field.", field=str(field)[:64])
    for field, kind in types.items():
        if field not in value:
            raise FrameError("This field is required.", field=field)
        if type(value[field]) is not kind:
            raise FrameError(f"This must be {_NAMES[kind]}.", field=field)
    return value


_NAMES = {str: "a string", bool: "true or false", dict: "an object"}
