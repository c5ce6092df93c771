"""Single-use refresh tokens: reusing one ends its whole sign-in (RFC 9700, 4.14).

The row of the sign-in names its newest refresh token; every other one was used.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import jwt
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed

from chatproject.limits import limits
from users.models import SignIn, User

from . import sign_ins
from .authentication import access_token
from .token_signing import has_mark, password_mark, sign, verified

REFUSED = "This refresh token is not valid, has expired, or was revoked."


def sign_in(user: User, request: HttpRequest | None = None) -> dict[str, str]:
    """Begin a sign-in; its `access` and `refresh` tokens."""
    ends, refresh_id = _end(timezone.now()), uuid.uuid4()
    begun = sign_ins.begin(user, SignIn.Kind.API, request, ends, refresh_id)
    return _tokens(user, begun.pk, refresh_id, ends)


def rotate(token: str, request: HttpRequest | None = None) -> tuple[User, dict[str, str]]:
    """Exchange a refresh token for a new pair; `AuthenticationFailed` if it is invalid or used.

    `TooMany` if its sign-in is renewed too often.
    """
    claims = _claims(token)
    sign_in_id, used = claims["sid"], claims["jti"]
    limits.REFRESHES.spend(sign_in_id)
    row = _row(sign_in_id, claims)
    user, ends, fresh = row.user, _end(row.created_at), uuid.uuid4()
    if ends <= timezone.now():  # its days are over
        sign_ins.end(user.pk, sign_in_id, "This sign-in has lasted as long as it may.")
        raise AuthenticationFailed(REFUSED)
    # One update: of simultaneous uses one finds the token unused, and the others end the new one.
    if not sign_ins.renew(sign_in_id, request, ends, used=used, fresh=fresh):
        sign_ins.end(user.pk, sign_in_id, "A refresh token was used twice.")
        raise AuthenticationFailed(REFUSED)
    return user, _tokens(user, sign_in_id, fresh, ends)


def _end(began: datetime) -> datetime:
    return sign_ins.end_of(began, settings.REFRESH_TOKEN_LIFETIME)


def _tokens(
    user: User, sign_in_id: uuid.UUID, refresh_id: uuid.UUID, expires_at: datetime
) -> dict[str, str]:
    claims = {
        "typ": "refresh",
        "sid": sign_in_id.hex,
        "jti": refresh_id.hex,
        "pwd": password_mark(user),
        "exp": int(expires_at.timestamp()),
    }
    refresh = sign(claims)
    return {"access": access_token(user, sign_in_id, expires_at), "refresh": refresh}


def _claims(token: str) -> dict[str, Any]:
    """The verified claims of a refresh token, with its ids as UUIDs."""
    try:
        claims = verified(token, "typ", "sid", "jti", "exp")
        ids = {name: uuid.UUID(claims[name]) for name in ("sid", "jti")}
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError):
        raise AuthenticationFailed(REFUSED) from None
    if claims["typ"] != "refresh":
        raise AuthenticationFailed(REFUSED)
    return {**claims, **ids}


def _row(sign_in_id: uuid.UUID, claims: dict[str, Any]) -> SignIn:
    """The sign-in of an active user whose password is that of the claims."""
    found: SignIn | None = SignIn.objects.select_related("user").filter(pk=sign_in_id).first()
    if found is None or not found.user.is_active or not has_mark(found.user, claims):
        raise AuthenticationFailed(REFUSED)
    return found
