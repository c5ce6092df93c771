"""A new password by mail: one code for all accounts of a confirmed address."""

from __future__ import annotations

from django.urls import reverse

from chatproject.jobs.kinds import Kind
from chatproject.jobs.models import Job

from . import mails
from .models import PasswordReset, User, address_hash, folded, keyed_hash


def ask(email: str) -> None:
    """Queue the mail of a code to an address that accounts have; the same work if none has it."""
    payload = {"email": email, "path": reverse("users:password_reset_code")}
    RESET_MAIL.add(address_hash(email), payload)


def _mail_code(job: Job) -> None:
    email = job.payload["email"]
    accounts = accounts_of(email)
    code = PasswordReset.renew(email, accounts={str(user.pk): _mark(user) for user in accounts})
    if accounts:
        codes = [(user.username, f"{code}.{user.pk}") for user in accounts]
        mails.send("password_reset", accounts[0].email, codes=codes, path=job.payload["path"])


def accounts_of(email: str) -> list[User]:
    """The active accounts with this confirmed address and a password, the oldest first."""
    found = User.objects.filter(email__iexact=email, is_active=True).order_by("pk")
    # Databases take other letters for the same that belong to another's address.
    return [
        user for user in found if folded(user.email) == folded(email) and user.has_usable_password()
    ]


def find(code: str) -> tuple[PasswordReset, User] | None:
    """What a mailed code is good for; None for a bad one, which costs a try of its mail."""
    code, _, user_id = code.rpartition(".")
    row = PasswordReset.of(code)
    if row is None or user_id not in row.accounts:
        return None
    user = User.objects.filter(pk=user_id, is_active=True).first()
    return (row, user) if user and _mark(user) == row.accounts[user_id] else None


def _mark(user: User) -> str:
    return keyed_hash("account", user.pk, user.password, user.email)


RESET_MAIL = Kind("reset_mail", _mail_code, mails.LANE, mails.ATTEMPTS)
