"""A new password by mail: one code for all accounts of a confirmed address."""

from __future__ import annotations

import secrets

from django.urls import reverse
from django.utils import timezone

from chatproject.jobs.kinds import Kind
from chatproject.jobs.models import Job

from . import mails
from .models import PasswordReset, User, keyed_hash


def ask(email: str) -> None:
    """Queue the mail of a code to an address that accounts have; the same work if none has it."""
    payload = {"email": email, "path": reverse("users:password_reset_code")}
    RESET_MAIL.add(keyed_hash("address", _fold(email)), payload)


def _mail_code(job: Job) -> None:
    email = job.payload["email"]
    accounts = accounts_of(email)
    selector, code = secrets.token_urlsafe(12), secrets.token_urlsafe(16)
    PasswordReset.objects.filter(expires_at__lt=timezone.now()).delete()
    marks = {str(user.pk): _mark(user) for user in accounts}
    PasswordReset.objects.update_or_create(
        address_hash=keyed_hash("address", _fold(email)),
        defaults={"selector": selector, "accounts": marks, **PasswordReset.fresh(code)},
    )
    if accounts:
        codes = [(user.username, f"{selector}.{code}.{user.pk}") for user in accounts]
        mails.send("password_reset", accounts[0].email, codes=codes, path=job.payload["path"])


def accounts_of(email: str) -> list[User]:
    """The active accounts with this confirmed address and a password, the oldest first."""
    found = User.objects.filter(email__iexact=email, is_active=True).order_by("pk")
    # Databases take other letters for the same that belong to another's address.
    return [
        user for user in found if _fold(user.email) == _fold(email) and user.has_usable_password()
    ]


def find(code: str) -> tuple[PasswordReset, User] | None:
    """What a mailed code is good for; None for a bad one, which costs a try of its mail."""
    selector, verifier, user_id = (*code.split(".", 2), "", "")[:3]
    row = PasswordReset.objects.filter(selector=selector).first()
    if row is None or not row.matches(verifier) or user_id not in row.accounts:
        return None
    user = User.objects.filter(pk=user_id, is_active=True).first()
    return (row, user) if user and _mark(user) == row.accounts[user_id] else None


def _fold(email: str) -> str:
    return email.encode().lower().decode()  # of bytes: A to Z only


def _mark(user: User) -> str:
    return keyed_hash("account", user.pk, user.password, user.email)


RESET_MAIL = Kind("reset_mail", _mail_code, mails.LANE, mails.ATTEMPTS)
