"""Authenticates sockets, by access token or session."""

from __future__ import annotations

from collections.abc import Coroutine
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, parse_cookie
from rest_framework.exceptions import AuthenticationFailed

from chatproject.sockets.handshakes import Handshakes, refuse
from chatproject.stores.outages import in_thread, is_away

from . import sign_ins
from .authentication import bearer_token, read_access_token

handshakes = Handshakes()


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
            found = self._by_token(token)
        # Compared as a string: Channels' `OriginValidator` raises on some malformed origins.
        elif headers.get(b"origin", b"").decode("latin-1") in settings.ORIGINS:
            found = self._by_session(headers.get(b"cookie", b""))
        else:
            return await refuse(scope, receive, send)
        return await self.app({**scope, **await self._unless_away(found)}, receive, send)

    @staticmethod
    async def _unless_away(found: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
        try:
            async with handshakes.turn():
                return await found
        except Exception as error:
            if not (isinstance(error, TimeoutError) or is_away(error)):
                raise
            return {"user": AnonymousUser(), "store_is_away": True}
        finally:
            found.close()  # it may never have started

    @staticmethod
    @in_thread
    def _by_session(cookies: bytes) -> dict[str, Any]:
        """Does what Channels' `AuthMiddlewareStack` does, without wrapping every send."""
        key = parse_cookie(cookies.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
        session = import_module(settings.SESSION_ENGINE).SessionStore(key)
        user = get_user(cast(HttpRequest, SimpleNamespace(session=session)))
        return {"user": user, "sign_in": sign_ins.of_session(session)}

    @staticmethod
    @in_thread
    def _by_token(token: bytes) -> dict[str, Any]:
        try:
            access = read_access_token(token)
        except AuthenticationFailed:
            return {"user": AnonymousUser()}
        return {
            "user": access.user,
            "sign_in": access.sign_in,
            "token_expires_at": access.expires_at,
        }
