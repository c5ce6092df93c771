"""Begins, renews and ends sign-ins: the places where a user is signed in."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from chatproject.limits.addresses import client_network
from users.models import SecondStep, SignIn, User
from users.signals import sign_ins_ended

from . import places

SIGN_IN = "sign_in"  # in a session: the id of its sign-in
BEGAN = "began"  # in a session: when its sign-in began (Unix time)
USED = "used"  # in a session: when its use was last recorded (Unix time)
SIGNED_OUT = "You were signed out here, from another place."
USED_EVERY = 300  # seconds between two records of a session's use


def begin(
    user: User,
    kind: SignIn.Kind,
    request: HttpRequest | None,
    expires_at: datetime,
    refresh_id: uuid.UUID | None = None,
) -> SignIn:
    """Create a sign-in, and delete the user's expired ones; tells of a new place."""
    SignIn.objects.filter(user=user, expires_at__lt=timezone.now()).delete()
    fields = {"kind": kind, "expires_at": expires_at, "refresh_id": refresh_id}
    begun = SignIn.objects.create(user=user, **fields, **_whence(request))
    if request is not None:
        places.note(user, request)
    return begun


def end_of(began: datetime, seconds: int) -> datetime:
    """When a sign-in expires that is used now, and may be unused for so long.

    At the latest `SIGN_IN_LIFETIME` days after it began.
    """
    last = began + timedelta(days=settings.SIGN_IN_LIFETIME)
    return min(timezone.now() + timedelta(seconds=seconds), last)


def use(sign_in: uuid.UUID, request: HttpRequest | None, expires_at: datetime) -> bool:
    """Record that a sign-in was used and when it now expires; False if it has ended."""
    return bool(SignIn.objects.filter(pk=sign_in).update(**_of_use(request, expires_at)))


def renew(
    sign_in: uuid.UUID,
    request: HttpRequest | None,
    expires_at: datetime,
    *,
    used: uuid.UUID,
    fresh: uuid.UUID,
) -> bool:
    """Replace a sign-in's refresh token `used` by `fresh`; False if that isn't its newest."""
    row = SignIn.objects.filter(pk=sign_in, refresh_id=used)
    return bool(row.update(refresh_id=fresh, **_of_use(request, expires_at)))


def end(user_id: Any, sign_in: uuid.UUID, reason: str) -> bool:
    """End a user's sign-in with its session, tokens and sockets; False if it doesn't exist."""
    ended = _delete(SignIn.objects.filter(pk=sign_in, user_id=user_id))
    sign_ins_ended.send(SignIn, user_id=user_id, reason=reason, sign_in=sign_in)
    return ended


def end_all(user_id: Any, reason: str, *, but: uuid.UUID | None = None) -> None:
    """End all of a user's sign-ins, except `but` if given, and those that wait for a factor."""
    SecondStep.objects.filter(user_id=user_id).delete()
    _delete(SignIn.objects.exclude(pk=but or uuid.UUID(int=0)).filter(user_id=user_id))
    sign_ins_ended.send(SignIn, user_id=user_id, reason=reason, spared=but)


def _delete(chosen: Any) -> bool:
    """Delete these sign-ins, locked first: a concurrent token renewal runs before or after."""
    with transaction.atomic():
        ids = list(chosen.select_for_update().values_list("pk", flat=True))
        SignIn.objects.filter(pk__in=ids).delete()
    return bool(ids)


def _of_use(request: HttpRequest | None, expires_at: datetime) -> dict[str, Any]:
    return {**_whence(request), "last_used_at": timezone.now(), "expires_at": expires_at}


def _whence(request: HttpRequest | None) -> dict[str, str]:
    if request is None:
        return {}
    agent = request.headers.get("User-Agent", "")
    return {"user_agent": agent[:255], "address": client_network(request)[:64]}


# Sessions ----------------------------------------------------------------------------------------


def of_session(session: Any) -> uuid.UUID | None:
    """The id of a session's sign-in; None if it has none."""
    text = session.get(SIGN_IN)
    return uuid.UUID(text) if text else None


def begin_session(request: HttpRequest, user: User, **_: Any) -> None:
    """Begin the sign-in of a browser's session (receiver of Django's `user_logged_in`)."""
    session = request.session
    if SIGN_IN not in session:  # otherwise the user is already signed in here
        session[BEGAN] = int(time.time())
        ends = session.get_expiry_date()
        session[SIGN_IN] = str(begin(user, SignIn.Kind.BROWSER, request, ends).pk)
    session[USED] = int(time.time())


def last_end(session: Any) -> datetime | None:
    """When a session ends however much it is used; None if nobody is signed in by it."""
    began = session.get(BEGAN)
    if began is None:
        return None
    return datetime.fromtimestamp(began, UTC) + timedelta(days=settings.SIGN_IN_LIFETIME)


def use_session(request: HttpRequest) -> None:
    """Record a session's use and extend it; does nothing if its sign-in has ended.

    At most once in `USED_EVERY` seconds, or in a tenth of `SESSION_COOKIE_AGE` if that is less.
    """
    session = request.session
    sign_in = of_session(session)
    pause = min(USED_EVERY, settings.SESSION_COOKIE_AGE / 10)
    if not sign_in or time.time() - session.get(USED, 0) < pause:
        return
    if use(sign_in, request, session.get_expiry_date()):
        session[USED] = int(time.time())
