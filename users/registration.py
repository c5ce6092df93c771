"""Who may make an account: the settings `REGISTRATION`, `…_EMAIL` and `…_DOMAINS`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from chatproject.jobs.kinds import Kind
from chatproject.jobs.models import Job

from . import emails, mails
from .models import Invitation, NewEmail, SignUpAddress, User, address_hash, folded

CLOSED = "Nobody makes an account here alone: ask whoever runs this site."
INVITED_ONLY = "Accounts are made here by invitation only."
BAD_INVITATION = "This invitation is wrong, was used up or withdrawn, or is too old."
BAD_CODE = "This code is wrong, was used already or is too old: ask for another mail."
CODE_NEEDED = "An address must be confirmed first: ask for the code that is mailed to it."
ISSUER_CONFIRMS_NONE = "Accounts need a confirmed address here, and this issuer confirms none."
OTHER_ADDRESS = "The code was mailed to another address."


def is_offered() -> bool:
    """Whether a page offers everybody to sign up."""
    return settings.REGISTRATION in ("open", "approval")


def needs_approval(invitation: Invitation | None) -> bool:
    """Whether an account that is made by this waits for a moderator."""
    return bool(settings.REGISTRATION == "approval") and invitation is None


def confirms() -> bool:
    """Whether an account needs a confirmed address before it is made."""
    return bool(settings.REGISTRATION_EMAIL == "confirmed")


def check_domain(email: str) -> None:
    """Refuse an address of a domain that isn't in `REGISTRATION_DOMAINS`; a validator."""
    domains = settings.REGISTRATION_DOMAINS
    if domains and email.rpartition("@")[2].lower() not in domains:
        raise ValidationError(f"Only addresses of {', '.join(domains)} make accounts here.")


def mail_code(email: str) -> None:
    """Queue the mail of a code that confirms an address for a new account; the next ends it."""
    check_domain(email)
    payload = {"email": email, "path": reverse("users:sign_up")}
    SIGN_UP_MAIL.add(address_hash(email), payload)


def _mail_code(job: Job) -> None:
    email = job.payload["email"]
    code = SignUpAddress.renew(email, email=email)
    mails.send("sign_up", email, code=code, path=job.payload["path"])


@dataclass(frozen=True)
class IssuerAddress:
    """An address that an issuer of OpenID Connect has confirmed."""

    email: str

    def use(self) -> bool:
        """True: the issuer's word is good as often as it is given."""
        return True


@dataclass(frozen=True)
class Entry:
    """By what somebody makes an account: an invitation, a confirmed address, both or neither."""

    invitation: Invitation | None
    address: SignUpAddress | IssuerAddress | None

    def columns(self) -> dict[str, Any]:
        """What the new account gets by it."""
        first = self.invitation is not None and self.invitation.kind == Invitation.Kind.FIRST
        waits = needs_approval(self.invitation)
        return {
            "email": self.address.email if self.address else "",
            "is_active": not waits,
            "awaits_approval": waits,
            "is_staff": first,
            "is_superuser": first,
        }

    def use(self, user: User) -> None:
        """Use both up, in the transaction that makes the account; ValidationError if one ended."""
        if self.address is not None and not self.address.use():
            raise ValidationError(BAD_CODE)
        if self.invitation is not None and not self.invitation.use(user):
            raise ValidationError(BAD_INVITATION)


def check_open(invitation: Invitation | None) -> None:
    """Refuse who may not make an account; PermissionDenied says why."""
    lets_in = invitation is not None and invitation.kind != Invitation.Kind.GROUP
    if settings.REGISTRATION == "closed" and not lets_in:
        raise PermissionDenied(CLOSED)
    if invitation is None and settings.REGISTRATION == "invite":
        raise PermissionDenied(INVITED_ONLY)


def entry(invitation: Invitation | None, code: str, email: str = "") -> Entry:
    """What lets somebody in; ValidationError by field, PermissionDenied if nothing does."""
    check_open(invitation)
    first = invitation is not None and invitation.kind == Invitation.Kind.FIRST
    if first or not (code or confirms()):
        return Entry(invitation, None)
    if not code:
        raise ValidationError({"code": CODE_NEEDED})
    address = SignUpAddress.of(code)
    if address is None:
        raise ValidationError({"code": BAD_CODE})
    if email and folded(email) != folded(address.email):
        raise ValidationError({"email": OTHER_ADDRESS})
    try:
        check_domain(address.email)
    except ValidationError as error:
        raise ValidationError({"code": error.message}) from None
    return Entry(invitation, address)


def entry_by_issuer(invitation: Invitation | None, email: str) -> Entry:
    """What lets somebody in whom an issuer knows, with an address that it has confirmed, or "".

    As `entry`: PermissionDenied or ValidationError, since an issuer's people are strangers here.
    """
    check_open(invitation)
    first = invitation is not None and invitation.kind == Invitation.Kind.FIRST
    if first or not confirms():
        return Entry(invitation, IssuerAddress(email) if email else None)
    if not email:
        raise ValidationError(ISSUER_CONFIRMS_NONE)
    check_domain(email)
    return Entry(invitation, IssuerAddress(email))


def welcome(user: User, email: str) -> None:
    """Mail a code to the unconfirmed address of a new account; once it is let in, if it waits."""
    if not email or email == user.email:
        return
    if user.is_active:
        emails.offer(user, email)
    else:
        NewEmail.objects.create(user=user, email=email, expires_at=timezone.now(), tries_left=0)


SIGN_UP_MAIL = Kind("sign_up_mail", _mail_code, mails.LANE, mails.ATTEMPTS)
