"""Refresh tokens: used once; the reuse of one ends its whole sign-in (RFC 9700, 4.14)."""

from __future__ import annotations

import uuid
from datetime import timedelta

import jwt
from django.conf import settings
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed

from .authentication import ALGORITHM, access_token
from .models import RefreshToken, User

REFUSED = "This refresh token is not valid, has expired, or was revoked."


def sign_in(user: User, user_agent: str = "") -> dict[str, str]:
    """Tokens of a new sign-in."""
    return _tokens(user, uuid.uuid4(), user_agent)


def rotate(token: str) -> tuple[User, dict[str, str]]:
    """New tokens for a refresh token, which is used up by that."""
    stored = _read(token)
    moment = timezone.now()
    fresh = RefreshToken.objects.filter(pk=stored.pk, used_at=None, revoked_at=None)
    if not fresh.update(used_at=moment):  # atomic: of two at once, one is a reuse
        revoke(stored.family)
        raise AuthenticationFailed(REFUSED)
    return stored.user, _tokens(stored.user, stored.family, stored.user_agent)


def revoke(family: uuid.UUID) -> None:
    """End a sign-in: its refresh tokens and its access tokens."""
    RefreshToken.objects.filter(family=family, revoked_at=None).update(revoked_at=timezone.now())


def revoke_all(user: User) -> None:
    """End every sign-in of a user."""
    RefreshToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())


def _tokens(user: User, family: uuid.UUID, user_agent: str) -> dict[str, str]:
    expires_at = timezone.now() + timedelta(seconds=settings.REFRESH_TOKEN_LIFETIME)
    stored = RefreshToken.objects.create(
        user=user, family=family, user_agent=user_agent[:255], expires_at=expires_at
    )
    claims = {"typ": "refresh", "jti": stored.jti.hex, "exp": int(expires_at.timestamp())}
    refresh = jwt.encode(claims, settings.SECRET_KEY, ALGORITHM)
    return {"access": access_token(user, family), "refresh": refresh}


def _read(token: str) -> RefreshToken:
    try:
        claims = jwt.decode(
            token, settings.SECRET_KEY, [ALGORITHM], options={"require": ["typ", "jti", "exp"]}
        )
        jti = uuid.UUID(claims["jti"])
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError):
        raise AuthenticationFailed(REFUSED) from None
    stored = RefreshToken.objects.select_related("user").filter(pk=jti).first()
    if stored is None or claims["typ"] != "refresh" or not stored.user.is_active:
        raise AuthenticationFailed(REFUSED)
    return stored
