"""Somebody whom an issuer knows and we don't, until they have made an account."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest

from .models import User

KEY = "identity"  # in a session
LIFETIME = 600  # seconds


@dataclass(frozen=True)
class Identity:
    """What an issuer says of a person; `email` is one that it has confirmed, or ""."""

    issuer_id: str
    subject: str
    email: str
    username: str
    first_name: str
    last_name: str
    expires_at: float

    @classmethod
    def of(cls, login: SocialLogin) -> Identity:
        """That of an issuer's claims (Core 1.0, 5.1)."""
        claims, account = login.claims, login.account

        def text(name: str) -> str:
            value = claims.get(name)
            return value[:150] if isinstance(value, str) else ""

        return cls(
            issuer_id=account.provider,
            subject=account.uid,
            email=_confirmed(claims),
            username=text("preferred_username"),
            first_name=text("given_name"),
            last_name=text("family_name"),
            expires_at=time.time() + LIFETIME,
        )

    def keep(self, request: HttpRequest) -> None:
        """Remember it in the session, while its person makes an account."""
        request.session[KEY] = asdict(self)

    @classmethod
    def of_browser(cls, request: HttpRequest) -> Identity | None:
        """The one that this browser has come back with, in the last ten minutes."""
        fields = request.session.get(KEY)
        found = cls(**fields) if fields else None
        return found if found and found.expires_at > time.time() else None

    def is_taken(self) -> bool:
        """Whether it has an account by now."""
        rows = SocialAccount.objects.filter(provider=self.issuer_id, uid=self.subject)
        return bool(rows.exists())

    def connect(self, user: User) -> None:
        """Make it that of an account; IntegrityError if it has one."""
        SocialAccount.objects.create(user=user, provider=self.issuer_id, uid=self.subject)


def _confirmed(claims: dict[str, object]) -> str:
    """The address, if the issuer says that it is confirmed; some say so as a text."""
    email, says_so = claims.get("email"), claims.get("email_verified")
    if not isinstance(email, str) or not (says_so is True or says_so == "true"):
        return ""
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return email if len(email) <= 254 else ""
