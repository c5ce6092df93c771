"""Authenticates requests and sockets, by access token (JWT, RFC 7519) or session.

A token is read only from the `Authorization: Bearer` header (RFC 6750), never from a URL.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast

import jwt
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, parse_cookie
from django.utils.crypto import constant_time_compare
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from chatproject.sockets.handshakes import Handshakes, refuse
from chatproject.stores.outages import in_thread, is_away

from . import sign_ins
from .models import User

ALGORITHM = "HS256"
TOKENS_KNOWN = 4096  # tokens whose decoded claims a process caches
REFUSED = "This access token is not valid, has expired, or was revoked."


@dataclass(frozen=True)
class Access:
    """The user and sign-in of a valid access token, and its expiry (Unix time)."""

    user: User
    sign_in: uuid.UUID
    expires_at: float


def password_mark(user: User) -> str:
    """A 22-character digest of the password hash; changing the password invalidates the token."""
    return _mark(user.password)


@lru_cache(TOKENS_KNOWN)
def _mark(password_hash: str) -> str:
    return User(password=password_hash).get_session_auth_hash()[:22]


def has_mark(user: User, claims: dict[str, Any]) -> bool:
    """Whether the password is unchanged since the token was issued."""
    return constant_time_compare(str(claims.get("pwd")), password_mark(user))


def access_token(user: User, sign_in: uuid.UUID) -> str:
    """A signed access token, valid for `ACCESS_TOKEN_LIFETIME` seconds."""
    moment = int(time.time())
    claims = {
        "typ": "access",
        "sub": str(user.pk),
        "sid": sign_in.hex,
        "pwd": password_mark(user),
        "iat": moment,
        "exp": moment + settings.ACCESS_TOKEN_LIFETIME,
    }
    return jwt.encode(claims, settings.SECRET_KEY, ALGORITHM)


@lru_cache(TOKENS_KNOWN)
def _claims(token: str | bytes) -> dict[str, Any]:
    """The verified claims of a token; cached, as a client sends the same one every time."""
    # `iat` isn't checked: another process's clock may be slightly ahead of ours.
    claims: dict[str, Any] = jwt.decode(
        token,
        settings.SECRET_KEY,
        [ALGORITHM],
        options={"require": ["typ", "sub", "sid", "exp"], "verify_iat": False},
    )
    return claims


def read_access_token(token: str | bytes) -> Access:
    """The `Access` of a token, in one query; `AuthenticationFailed` if it is invalid or expired.

    A token is refused as soon as its user is deactivated or changes the password, or its sign-in
    ends.
    """
    try:
        claims = _claims(token)
        sign_in = uuid.UUID(claims["sid"])
        user_id = int(claims["sub"])
        ended = float(claims["exp"]) <= time.time()
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError):
        raise AuthenticationFailed(REFUSED) from None
    if ended:
        raise AuthenticationFailed(REFUSED)
    user = User.objects.signed_in(user_id, sign_in)
    if user is None or claims["typ"] != "access" or not has_mark(user, claims):
        raise AuthenticationFailed(REFUSED)
    return Access(user, sign_in, float(claims["exp"]))


def bearer_token(header: bytes) -> bytes | None:
    """The token of an `Authorization` header; None if its scheme isn't Bearer."""
    scheme, _, token = header.partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else None


class JWTAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`; `request.auth` is the `Access`."""

    def authenticate(self, request: Request) -> tuple[User, Access] | None:
        token = bearer_token(request.META.get("HTTP_AUTHORIZATION", "").encode("latin-1"))
        if token is None:
            return None
        access = read_access_token(token)
        return access.user, access

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


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
