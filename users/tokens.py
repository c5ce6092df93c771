"""Refresh tokens: used once; the reuse of one ends its whole sign-in (RFC 9700, 4.14)."""

from __future__ import annotations

import uuid
from datetime import timedelta

import jwt
from django.conf import settings
from django.db import transaction
from django.db.models import Exists
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed

from .authentication import ALGORITHM, access_token, has_mark, password_mark
from .models import RefreshToken, User

REFUSED = "This refresh token is not valid, has expired, or was revoked."


def sign_in(user: User, user_agent: str = "") -> dict[str, str]:
    """Tokens of a new sign-in; clears away the user's expired ones."""
    RefreshToken.objects.filter(user=user, expires_at__lt=timezone.now()).delete()
    return _tokens(user, uuid.uuid4(), user_agent)


def rotate(token: str) -> tuple[User, dict[str, str]]:
    """New tokens for a refresh token, which is used up by that."""
    stored = _read(token)
    # One transaction: whoever finds the token used finds what it was exchanged for, and revokes it.
    with transaction.atomic():
        pair = _exchange(stored)
    if pair is None:
        revoke(stored.family)
        raise AuthenticationFailed(REFUSED)
    return stored.user, pair


def revoke(family: uuid.UUID) -> None:
    """End a sign-in: its refresh tokens and its access tokens."""
    RefreshToken.objects.filter(family=family, revoked_at=None).update(revoked_at=timezone.now())


def revoke_all(user: User) -> None:
    """End every sign-in of a user."""
    RefreshToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())


def _exchange(stored: RefreshToken) -> dict[str, str] | None:
    """New tokens for one that was neither used nor revoked; of two at once, one gets None."""
    revoked = RefreshToken.objects.filter(family=stored.family, revoked_at__isnull=False)
    fresh = RefreshToken.objects.filter(~Exists(revoked), pk=stored.pk, used_at=None)
    if not fresh.update(used_at=timezone.now()):
        return None
    return _tokens(stored.user, stored.family, stored.user_agent)


def _tokens(user: User, family: uuid.UUID, user_agent: str) -> dict[str, str]:
    expires_at = timezone.now() + timedelta(seconds=settings.REFRESH_TOKEN_LIFETIME)
    stored = RefreshToken.objects.create(
        user=user, family=family, user_agent=user_agent[:255], expires_at=expires_at
    )
    claims = {
        "typ": "refresh",
        "jti": stored.jti.hex,
        "pwd": password_mark(user),
        "exp": int(expires_at.timestamp()),
    }
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
    if stored is None or claims["typ"] != "refresh":
        raise AuthenticationFailed(REFUSED)
    if not stored.user.is_active or not has_mark(stored.user, claims):
        raise AuthenticationFailed(REFUSED)
    return stored
