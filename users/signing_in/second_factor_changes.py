"""Setting second factors up, turning them off, and resetting those of who has lost them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import transaction
from django.http import HttpRequest

from users import emails
from users.models import User

from . import sign_ins
from .second_factors import Type, counter_of, factors_of, in_clear, must_have, of

RECOVERY_CODE_COUNT = 10
STAFF_NEED_ONE = "Staff need a second factor here: set up another one first."


def set_up_app(user: User, secret: str, code: str, *, replaces: bool) -> list[str] | None:
    """Ask for the codes of an app from now on, of which this is one.

    The recovery codes that come with a first factor, or none. None, and nothing is done, if there
    is an app that it doesn't replace.
    """
    data = {"secret": secret, "last_counter": counter_of(in_clear(secret), code) or 0}
    with _alone(user):
        former = of(user).filter(type=Type.TOTP)
        if former.exists() and not replaces:
            return None
        former.delete()
        Authenticator.objects.create(user=user, type=Type.TOTP, data=data)
        codes = _first_codes(user)
    _tell(user, "asks for the codes of an app at sign-ins now")
    return codes


def add_passkey(user: User, made: dict[str, Any]) -> list[str]:
    """Store a new passkey (`passkeys.made`); the recovery codes that come with a first factor."""
    with _alone(user):
        Authenticator.objects.create(user=user, type=Type.WEBAUTHN, data=made)
        codes = _first_codes(user)
    _tell(user, "can be signed in to by one more passkey")
    return codes


def _first_codes(user: User) -> list[str]:
    has_codes = of(user).filter(type=Type.RECOVERY_CODES).exists()
    return [] if has_codes else new_recovery_codes(user)


def end_former(user: User, request: HttpRequest, first_codes: list[str] | None) -> None:
    """After a first factor (it comes with codes), end the sign-ins that gave none, but this one."""
    if first_codes:
        here = sign_ins.of_session(request.session)
        sign_ins.end_all(user.pk, "A second factor was set up.", but=here)


def new_recovery_codes(user: User) -> list[str]:
    """Ten codes that work once each, instead of all former ones."""
    with _alone(user):
        of(user).filter(type=Type.RECOVERY_CODES).delete()
        codes = RecoveryCodes.activate(user).generate_codes()
    return [f"{code[:5]} {code[5:]}" for code in codes]


def codes_left(user: User) -> int:
    """How many recovery codes are unused."""
    row = of(user).filter(type=Type.RECOVERY_CODES).first()
    used: int = row.data["used_mask"].bit_count() if row else RECOVERY_CODE_COUNT
    return RECOVERY_CODE_COUNT - used


def turn_off(user: User, row_id: int) -> bool:
    """Remove one factor, with the recovery codes if it was the last; False if it may not be."""
    with _alone(user):
        factors = factors_of(user)
        is_last = not factors.exclude(pk=row_id).exists()
        if is_last and must_have(user):
            return False
        removed, _ = factors.filter(pk=row_id).delete()
        if is_last:
            of(user).delete()
    if removed:
        _tell(user, "has one second factor less")
    return True


@contextmanager
def _alone(user: User) -> Iterator[None]:
    """A transaction in which nothing else changes the factors of a person."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        yield


def reset(user: User) -> None:
    """Remove all of a person's factors, for who has lost them; ends every sign-in."""
    of(user).delete()
    sign_ins.end_all(user.pk, "The second factor of this account was reset.")
    _tell(user, "has no second factor any more: an administrator has reset it")


def _tell(user: User, what: str) -> None:
    emails.tell(user.email, user.username, what)
