"""Second factors of accounts: one-time codes of an app (TOTP, RFC 6238), and recovery codes."""

from __future__ import annotations

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.encoding import iri_to_uri

from users.models import User

Type = Authenticator.Type
FACTORS = [Type.TOTP, Type.WEBAUTHN]  # recovery codes alone are none
GIVEN = "second_factor"  # in a session: that a second factor was given in it
DIGITS = 6
WRONG = "This code is wrong, was used already or is too old."


# What an account has ------------------------------------------------------------------------------


def of(user: User) -> QuerySet[Authenticator]:
    """All that a person has set up, recovery codes among it, the oldest first."""
    return Authenticator.objects.filter(user_id=user.pk).order_by("created_at", "pk")


def factors_of(user: User) -> QuerySet[Authenticator]:
    """What a person has set up but recovery codes, the oldest first."""
    return of(user).filter(type__in=FACTORS)


def methods(user: User) -> list[str]:
    """The kinds of codes that a person can give: `totp`, `recovery_codes`; none if it is off."""
    kinds = list(of(user).values_list("type", flat=True))
    return sorted(set(kinds) - {Type.WEBAUTHN}) if set(kinds) & set(FACTORS) else []


def has_passkey(user: User) -> bool:
    """Whether a person has a passkey."""
    return of(user).filter(type=Type.WEBAUTHN).exists()


def is_on(user: User) -> bool:
    """Whether an account's sign-ins ask for a second factor."""
    return factors_of(user).exists()


def must_have(user: User) -> bool:
    """Whether an account may not be without one."""
    return bool(settings.STAFF_SECOND_FACTOR and user.is_staff)


def is_asked_for(user: User) -> bool:
    """Whether a sign-in to this account has a second step."""
    return must_have(user) or is_on(user)


def was_given(request: HttpRequest) -> bool:
    """Whether a session has given what its person needs."""
    assert isinstance(request.user, User)
    return not must_have(request.user) or bool(request.session.get(GIVEN))


# Checking ----------------------------------------------------------------------------------------


def is_code(user: User, code: str) -> bool:
    """Whether this is a code of the person's app or a recovery code; each works once."""
    kind = Type.TOTP if len(_digits(code)) == DIGITS else Type.RECOVERY_CODES
    with transaction.atomic():
        row = of(user).select_for_update().filter(type=kind).first()
        return row is not None and _matches(row, code)


def _matches(row: Authenticator, code: str) -> bool:
    try:
        if row.type == Type.RECOVERY_CODES:
            return RecoveryCodes(row).validate_code(code)
        return _is_newer(row, counter_of(get_adapter().decrypt(row.data["secret"]), code))
    except InvalidToken:  # stored with a key that the settings no longer have
        return False


def counter_of(secret: str, code: str) -> int | None:
    """The time step whose code this is."""
    for counter in totp.yield_hotp_counters_from_time():
        if totp.format_hotp_value(totp.hotp_value(secret, counter)) == _digits(code):
            return counter
    return None


def _is_newer(row: Authenticator, counter: int | None) -> bool:
    """Whether a code is later than the last one (RFC 6238, 5.2), which it becomes.

    In SQL, since allauth remembers used codes in the cache of one process.
    """
    if counter is None or counter <= row.data.get("last_counter", 0):
        return False
    row.data["last_counter"] = counter
    row.save(update_fields=["data"])
    row.record_usage()
    return True


def _digits(code: str) -> str:
    return "".join(code.split()).replace("-", "")


# Apps that aren't set up yet ---------------------------------------------------------------------


def new_secret() -> str:
    """A secret for an app, encrypted as it is stored: a session holds it until it is confirmed."""
    return get_adapter().encrypt(totp.generate_totp_secret())


def in_clear(secret: str) -> str:
    """What `new_secret` made, as an app takes it."""
    return get_adapter().decrypt(secret)


def qr_code(user: User, secret: str) -> str:
    """The `data:` address of the picture that an app reads."""
    adapter = get_adapter()
    svg = adapter.build_totp_svg(adapter.build_totp_url(user, in_clear(secret)))
    return f"data:image/svg+xml,{iri_to_uri(svg).replace('#', '%23')}"


def is_code_of(secret: str, code: str) -> bool:
    """Whether an app with this secret shows this code now."""
    return counter_of(in_clear(secret), code) is not None
