"""Addresses of accounts. `User.email` is confirmed: a new one waits until its code comes back."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.http import HttpRequest

from chatproject.jobs.kinds import Kind
from chatproject.jobs.models import Job

from . import mails
from .models import NewEmail, User, keyed_hash

DIGITS = 8


def change(user: User, email: str, request: HttpRequest) -> None:
    """Mail a code to a new address; none ("") counts at once, and the present one ends the wait.

    `TooMany` if too many mails are asked for. Whoever calls this has asked for the password.
    """
    if email == user.email:
        NewEmail.objects.filter(user=user).delete()
    elif email:
        mails.spend(email, request)
        offer(user, email)
    else:
        NewEmail.objects.filter(user=user).delete()
        tell(_set(user, ""), user.username, "has no address any more")


def offer(user: User, email: str) -> None:
    """Keep a new address as pending, and mail a code to it; the next one replaces it."""
    nobody_s = NewEmail.fresh(secrets.token_hex(16))  # until the mail is sent
    NewEmail.objects.update_or_create(user=user, defaults={"email": email, **nobody_s})
    key = keyed_hash("confirm", user.pk, email)
    mails.queue(CONFIRM_MAIL, key, {"user_id": user.pk, "email": email})


def _mail_code(job: Job) -> None:
    code, email = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}", job.payload["email"]
    pending = NewEmail.objects.filter(user_id=job.payload["user_id"], email=email)
    if pending.update(**NewEmail.fresh(code)):
        mails.send("confirm_email", email, code=f"{code[:4]} {code[4:]}")


def pending(user: User) -> str:
    """The address that waits for its code, or ""."""
    row = NewEmail.objects.filter(user=user).first()
    return row.email if row else ""


def confirm(user: User, code: str) -> bool:
    """Make the pending address the person's own; False if the code isn't good."""
    row = NewEmail.objects.filter(user=user).first()
    if row is None or not row.matches(code.replace(" ", "").replace("-", "")):
        return False
    with transaction.atomic():
        used: bool = row.use()
        former = _set(user, row.email) if used else ""
    tell(former, user.username, "has another address now")
    return used


def tell(address: str, username: str, what: str) -> None:
    """Tell an address, if there is one, what happened to its account."""
    if address:
        notice = {"to": address, "username": username, "what": what}
        mails.queue(NOTICE_MAIL, secrets.token_hex(16), notice)


def _mail_notice(job: Job) -> None:
    mails.send("notice", **job.payload)


def _set(user: User, email: str) -> str:
    """Change the address; the former one."""
    former, user.email = user.email, email
    user.save(update_fields=["email"])
    return former


CONFIRM_MAIL = Kind("confirm_mail", _mail_code, mails.LANE, mails.ATTEMPTS)
NOTICE_MAIL = Kind("notice_mail", _mail_notice, mails.LANE, mails.ATTEMPTS)
