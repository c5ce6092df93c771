"""Codes that are mailed, to know that somebody reads an address. Only hashes of them are stored."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from .user import User

LIFETIME = timedelta(hours=1)
TRIES = 3
BAD_CODE = "This code is wrong, was used already or is too old: three wrong tries end it."


def keyed_hash(*parts: object) -> str:
    """64 hexadecimal digits; without `SECRET_KEY` not even short parts can be guessed from them."""
    return salted_hmac(
        "users.mailed_code", "\n".join(map(str, parts)), algorithm="sha256"
    ).hexdigest()


def folded(email: str) -> str:
    """An address in small letters: A to Z only, as others may be of somebody else's address."""
    return email.encode().lower().decode()


def address_hash(email: str) -> str:
    """What stands for an address where it isn't stored."""
    return keyed_hash("address", folded(email))


class MailedCode(models.Model):
    """A code that works once, within an hour, until three wrong tries or the next mail."""

    code_hash = models.CharField(max_length=64)
    tries_left = models.PositiveSmallIntegerField(default=TRIES)
    expires_at = models.DateTimeField()

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        abstract = True

    @staticmethod
    def fresh(code: str) -> dict[str, Any]:
        """The columns of a new code."""
        ends = timezone.now() + LIFETIME
        return {"code_hash": keyed_hash("code", code), "tries_left": TRIES, "expires_at": ends}

    def matches(self, code: str) -> bool:
        """Whether this is the code; a wrong one costs a try.

        The try is counted first and given back, so that simultaneous tries aren't more.
        """
        good = self._rows().filter(tries_left__gt=0, expires_at__gt=timezone.now())
        if not good.update(tries_left=models.F("tries_left") - 1):
            return False
        if not constant_time_compare(keyed_hash("code", code), self.code_hash):
            return False
        self._rows().update(tries_left=models.F("tries_left") + 1)
        return True

    def use(self) -> bool:
        """End the code; False if that was done meanwhile, or another mail has replaced it."""
        deleted, _ = self._rows().delete()
        return bool(deleted)

    def _rows(self) -> Any:
        return type(self).objects.filter(pk=self.pk, code_hash=self.code_hash)


class NewEmail(MailedCode):
    """An address that a person has given and not confirmed: it counts for nothing yet."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="new_email"
    )
    email = models.EmailField()

    def __str__(self) -> str:
        return f"{self.user}: {self.email}"


class AddressCode(MailedCode):
    """A code for an address, whether or not it has accounts: one row an address."""

    address_hash = models.CharField(max_length=64, primary_key=True)
    selector = models.CharField(max_length=16, unique=True)  # random: finds the row of a code

    class Meta:
        abstract = True

    @classmethod
    def renew(cls, address: str, /, **columns: Any) -> str:
        """The text of a new code for an address, which ends its last one."""
        selector, code = secrets.token_urlsafe(12), secrets.token_urlsafe(16)
        cls.objects.filter(expires_at__lt=timezone.now()).delete()
        cls.objects.update_or_create(
            address_hash=address_hash(address),
            defaults={"selector": selector, **columns, **cls.fresh(code)},
        )
        return f"{selector}.{code}"

    @classmethod
    def of(cls, text: str) -> Self | None:
        """The row of a code; None for a bad one, which costs a try of its address's."""
        selector, _, code = text.partition(".")
        row: Self | None = cls.objects.filter(selector=selector).first()
        return row if row is not None and row.matches(code) else None


class PasswordReset(AddressCode):
    """A code for a new password of the accounts of one address.

    There is a row for each address that somebody asked for, also of no account, so that the work
    is the same. Of accounts it has a hash of what they were then: another password or address ends
    the code.
    """

    accounts = models.JSONField(default=dict)  # by id, as text

    def __str__(self) -> str:
        return f"until {self.expires_at:%Y-%m-%d %H:%M}"


class SignUpAddress(AddressCode):
    """An address that somebody wants to make an account with, which must be confirmed first."""

    email = models.EmailField()

    def __str__(self) -> str:
        return f"{self.email}, until {self.expires_at:%Y-%m-%d %H:%M}"
