"""Single-use refresh tokens: reusing one ends its whole sign-in (RFC 9700, 4.14)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import jwt
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed

from . import sign_ins
from .authentication import ALGORITHM, access_token, has_mark, password_mark
from .models import RefreshToken, SignIn, User

REFUSED = "This refresh token is not valid, has expired, or was revoked."


def sign_in(user: User, request: HttpRequest | None = None) -> dict[str, str]:
    """Begin a sign-in; its `access` and `refresh` tokens."""
    ends = _end()
    return _tokens(user, sign_ins.begin(user, SignIn.Kind.API, request, ends).pk, ends)


def rotate(token: str, request: HttpRequest | None = None) -> tuple[User, dict[str, str]]:
    """Exchange a refresh token for a new pair; `AuthenticationFailed` if it is invalid or used."""
    stored = _read(token)
    user = stored.sign_in.user
    # One transaction: a request that sees the token as used also sees, and ends, the new pair.
    with transaction.atomic():
        pair = _exchange(stored, request)
    if pair is None:
        sign_ins.end(user.pk, stored.sign_in_id, "A refresh token was used twice.")
        raise AuthenticationFailed(REFUSED)
    return user, pair


def _exchange(stored: RefreshToken, request: HttpRequest | None) -> dict[str, str] | None:
    """New tokens for an unused one; None if it was used, also by a concurrent request."""
    ends = _end()
    # First: this locks the sign-in's row, which might be ending right now.
    if not sign_ins.use(stored.sign_in_id, request, ends):
        return None
    of_sign_in = RefreshToken.objects.filter(sign_in=stored.sign_in_id)
    of_sign_in.filter(expires_at__lt=timezone.now()).delete()
    fresh = of_sign_in.filter(pk=stored.pk, used_at=None)
    if not fresh.update(used_at=timezone.now()):
        return None
    return _tokens(stored.sign_in.user, stored.sign_in_id, ends)


def _end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.REFRESH_TOKEN_LIFETIME)


def _tokens(user: User, sign_in: uuid.UUID, expires_at: datetime) -> dict[str, str]:
    stored = RefreshToken.objects.create(sign_in_id=sign_in, expires_at=expires_at)
    claims = {
        "typ": "refresh",
        "jti": stored.jti.hex,
        "pwd": password_mark(user),
        "exp": int(expires_at.timestamp()),
    }
    refresh = jwt.encode(claims, settings.SECRET_KEY, ALGORITHM)
    return {"access": access_token(user, sign_in), "refresh": refresh}


def _read(token: str) -> RefreshToken:
    try:
        claims = jwt.decode(
            token, settings.SECRET_KEY, [ALGORITHM], options={"require": ["typ", "jti", "exp"]}
        )
        jti = uuid.UUID(claims["jti"])
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError):
        raise AuthenticationFailed(REFUSED) from None
    stored = RefreshToken.objects.select_related("sign_in__user").filter(pk=jti).first()
    if stored is None or claims["typ"] != "refresh":
        raise AuthenticationFailed(REFUSED)
    user = stored.sign_in.user
    if not user.is_active or not has_mark(user, claims):
        raise AuthenticationFailed(REFUSED)
    return stored
