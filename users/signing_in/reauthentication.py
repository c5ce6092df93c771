"""What turns an access token into an account asks for the password: tokens are easily stolen."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied

from chatproject.limits import limits
from chatproject.limits.addresses import client_network
from users.models import SignIn, User

from . import sign_ins
from .backends import one_try

GOOD_FOR = timedelta(minutes=5)
NEEDED = (
    "This asks for your password first: POST it to /api/v1/auth/reauthenticate, "
    "which is good for one such change within five minutes."
)


def is_password(user: User, password: str, request: HttpRequest) -> bool:
    """Whether this is the user's password; counts as a try to sign in (`TooMany`)."""
    network = client_network(request)
    with one_try(user.username, network):
        right = user.check_password(password)
    if right:
        limits.SIGN_IN_ADDRESS.give_back(network)
    return right


def is_owner(request: HttpRequest) -> bool:
    """Whether a form comes from the account's person: by their password, if they have one.

    Otherwise an issuer must have confirmed them at this sign-in within five minutes.
    """
    assert isinstance(request.user, User)
    if request.user.has_usable_password():
        return is_password(request.user, request.POST.get("password", ""), request)
    return is_confirmed(request)


def is_confirmed(request: HttpRequest) -> bool:
    """Whether an issuer has confirmed a person without a password, at this sign-in, just now."""
    since = timezone.now() - GOOD_FOR
    here = sign_ins.of_session(request.session)
    return _row(here).filter(password_given_at__gt=since).exists()


def allow(sign_in: uuid.UUID | None) -> None:
    """Note that the password was given at this sign-in."""
    _row(sign_in).update(password_given_at=timezone.now())


def use(sign_in: uuid.UUID | None) -> None:
    """Use up what `allow` has noted for one change; `PermissionDenied` if there is nothing."""
    since = timezone.now() - GOOD_FOR
    given = _row(sign_in).filter(password_given_at__gt=since)
    if not given.update(password_given_at=None):
        raise PermissionDenied(NEEDED)


def _row(sign_in: uuid.UUID | None) -> QuerySet[SignIn]:
    rows: QuerySet[SignIn] = SignIn.objects.filter(pk__in=[sign_in] if sign_in else [])
    return rows
