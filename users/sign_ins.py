"""Where people are signed in: a sign-in begins, is used, and ends."""

from __future__ import annotations

import time
import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from chatproject.limits.addresses import client_network

from .models import SignIn, User
from .signals import sign_ins_ended

SIGN_IN = "sign_in"  # in a session: the id of its sign-in
USED = "used"  # in a session: when this was written last, as Unix time
SIGNED_OUT = "You were signed out here, from another place."
USED_EVERY = 300  # seconds between two looks at who uses a session, and from where


def begin(
    user: User, kind: SignIn.Kind, request: HttpRequest | None, expires_at: datetime
) -> SignIn:
    """A new sign-in; clears away those of the person that have expired."""
    SignIn.objects.filter(user=user, expires_at__lt=timezone.now()).delete()
    return SignIn.objects.create(user=user, kind=kind, expires_at=expires_at, **_whence(request))


def use(sign_in: uuid.UUID, request: HttpRequest | None, expires_at: datetime) -> bool:
    """Note that a sign-in is used, and until when it is good now; False if it has ended."""
    changes = {**_whence(request), "last_used_at": timezone.now(), "expires_at": expires_at}
    return bool(SignIn.objects.filter(pk=sign_in).update(**changes))


def end(user_id: Any, sign_in: uuid.UUID, reason: str) -> bool:
    """End one sign-in of a person: its session, tokens and sockets; False if there is none."""
    ended = _delete(SignIn.objects.filter(pk=sign_in, user_id=user_id))
    sign_ins_ended.send(SignIn, user_id=user_id, reason=reason, sign_in=sign_in)
    return ended


def end_all(user_id: Any, reason: str, *, but: uuid.UUID | None = None) -> None:
    """End every sign-in of a person, or every other one."""
    _delete(SignIn.objects.exclude(pk=but or uuid.UUID(int=0)).filter(user_id=user_id))
    sign_ins_ended.send(SignIn, user_id=user_id, reason=reason, spared=but)


def _delete(chosen: Any) -> bool:
    """Locked first: a client that renews its tokens at this moment comes before or after."""
    with transaction.atomic():
        ids = list(chosen.select_for_update().values_list("pk", flat=True))
        SignIn.objects.filter(pk__in=ids).delete()
    return bool(ids)


def _whence(request: HttpRequest | None) -> dict[str, str]:
    if request is None:
        return {}
    agent = request.headers.get("User-Agent", "")
    return {"user_agent": agent[:255], "address": client_network(request)[:64]}


# Of sessions -------------------------------------------------------------------------------------


def of_session(session: Any) -> uuid.UUID | None:
    """The id of the sign-in that a session belongs to; None if nobody is signed in by it."""
    text = session.get(SIGN_IN)
    return uuid.UUID(text) if text else None


def begin_session(request: HttpRequest, user: User, **_: Any) -> None:
    """Somebody has signed in by a page (Django's `user_logged_in`)."""
    session = request.session
    if SIGN_IN not in session:  # otherwise they have signed in here already
        ends = session.get_expiry_date()
        session[SIGN_IN] = str(begin(user, SignIn.Kind.BROWSER, request, ends).pk)
    session[USED] = int(time.time())


def use_session(request: HttpRequest) -> None:
    """Note now and then that a session is used; by that it also lasts on."""
    session = request.session
    sign_in = of_session(session)
    pause = min(USED_EVERY, settings.SESSION_COOKIE_AGE / 10)
    if not sign_in or time.time() - session.get(USED, 0) < pause:
        return
    if use(sign_in, request, session.get_expiry_date()):
        session[USED] = int(time.time())
