"""Access tokens (JWT, RFC 7519), and the authentication of requests by them.

A token is read only from the `Authorization: Bearer` header (RFC 6750), never from a URL.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import jwt
from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from users.models import SignIn, User

from .token_signing import has_mark, password_mark, sign, verified

TOKENS_KNOWN = 4096  # tokens whose decoded claims a process caches
REFUSED = "This access token is not valid, has expired, or was revoked."


@dataclass(frozen=True)
class Access:
    """The user and sign-in of a valid access token, and its expiry (Unix time)."""

    user: User
    sign_in: uuid.UUID
    expires_at: float


def access_token(user: User, sign_in: uuid.UUID, last: datetime) -> str:
    """A signed access token, valid for `ACCESS_TOKEN_LIFETIME` seconds, and not after `last`."""
    moment = int(time.time())
    claims = {
        "typ": "access",
        "sub": str(user.pk),
        "sid": sign_in.hex,
        "pwd": password_mark(user),
        "iat": moment,
        "exp": min(moment + settings.ACCESS_TOKEN_LIFETIME, int(last.timestamp())),
    }
    return sign(claims)


@lru_cache(TOKENS_KNOWN)
def _claims(token: str | bytes) -> dict[str, Any]:
    """The verified claims of a token; cached, as a client sends the same one every time."""
    # `iat` isn't checked: another process's clock may be slightly ahead of ours.
    return verified(token, "typ", "sub", "sid", "exp", verify_iat=False)


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
    user = SignIn.objects.user_of(sign_in, user_id)
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
