"""Authenticates sockets, by access token or session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, parse_cookie
from rest_framework.exceptions import AuthenticationFailed

from chatproject.sockets.coalescer import Coalescer
from chatproject.sockets.handshakes import Handshakes, refuse
from chatproject.sockets.per_loop import PerLoop
from chatproject.stores.outages import in_thread, is_away

from . import sign_ins
from .authentication import bearer_token, read_access_token

Found = dict[str, Any]  # what a socket's scope gets
Find = Callable[[], Found]

handshakes = Handshakes()


@in_thread
def _find(finds: list[Find]) -> list[Found | Exception]:
    return [_found(find) for find in finds]


def _found(find: Find) -> Found | Exception:
    """What is found, or the error; if a store is away, nobody else need try."""
    try:
        return find()
    except Exception as error:
        if is_away(error):
            raise
        return error


finders = PerLoop(lambda: Coalescer(_find))


class SocketAuthMiddleware:
    """Puts the user and their sign-in into a socket's scope.

    Uses the Bearer header if there is one; otherwise the session, and only for pages of our own
    origins, because a browser sends cookies with a handshake from any site.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        headers = dict(scope["headers"])
        token = bearer_token(headers.get(b"authorization", b""))
        if token is not None:
            find = partial(self._by_token, token)
        # Compared as a string: Channels' `OriginValidator` raises on some malformed origins.
        elif headers.get(b"origin", b"").decode("latin-1") in settings.ORIGINS:
            find = partial(self._by_session, headers.get(b"cookie", b""))
        else:
            return await refuse(scope, receive, send)
        return await self.app({**scope, **await self._unless_away(find)}, receive, send)

    @staticmethod
    async def _unless_away(find: Find) -> Found:
        try:
            async with handshakes.turn():
                return await finders().ask(find)
        except Exception as error:
            if not (isinstance(error, TimeoutError) or is_away(error)):
                raise
            return {"user": AnonymousUser(), "store_is_away": True}

    @staticmethod
    def _by_session(cookies: bytes) -> Found:
        """Does what Channels' `AuthMiddlewareStack` does, without wrapping every send."""
        key = parse_cookie(cookies.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
        session = import_module(settings.SESSION_ENGINE).SessionStore(key)
        user = get_user(cast(HttpRequest, SimpleNamespace(session=session)))
        return {"user": user, "sign_in": sign_ins.of_session(session)}

    @staticmethod
    def _by_token(token: bytes) -> Found:
        try:
            access = read_access_token(token)
        except AuthenticationFailed:
            return {"user": AnonymousUser()}
        return {
            "user": access.user,
            "sign_in": access.sign_in,
            "token_expires_at": access.expires_at,
        }
