"""What django-allauth is told by us: it keeps second factors, and lets nobody in by itself."""

from __future__ import annotations

import base64
import hmac
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from users.signing_in.issuer_calls import IssuerCalls

from .issuers import arrive, failed


class NoSignUp(DefaultAccountAdapter):
    """Accounts are made by our own pages and API alone."""

    def is_open_for_signup(self, request: Any) -> bool:
        """Never."""
        return False


class Identities(DefaultSocialAccountAdapter):
    """Hands over to our own pages before allauth signs anybody in, or makes an account."""

    def is_open_for_signup(self, request: Any, sociallogin: Any) -> bool:
        """Never."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """End allauth's part, with what our page answers."""
        purpose = sociallogin.state["data"]
        if sociallogin.claims.get("nonce") != purpose["nonce"]:
            raise OAuth2Error("The token was made for another sign-in.")
        raise ImmediateHttpResponse(arrive(request, sociallogin, purpose))

    def get_requests_session(self) -> IssuerCalls:
        """Calls of issuers that end in time."""
        return IssuerCalls()

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, **_: Any
    ) -> None:
        """End allauth's part, with a page of ours."""
        raise ImmediateHttpResponse(failed(request, provider.name))


class SecondFactors(DefaultMFAAdapter):
    """Secrets are stored encrypted: who reads the table has no second factor by it."""

    def encrypt(self, text: str) -> str:
        return _cipher(*_secrets()).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The text; `cryptography.fernet.InvalidToken` if its key isn't in the settings now."""
        return _cipher(*_secrets()).decrypt(encrypted_text.encode()).decode()

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """The user name: an app shows it beside the host of the site."""
        return user.get_username()

    def get_totp_issuer(self) -> str:
        """The host of the site's own address, whatever a request says."""
        return urlsplit(next(iter(settings.ORIGINS), "")).netloc or "Chat"


def _secrets() -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


@lru_cache(4)
def _cipher(*secrets: str) -> MultiFernet:
    """Encrypts with a key made of the first secret (HKDF-Expand, RFC 5869); reads all of them."""
    keys = [
        hmac.new(secret.encode(), b"second factors\x01", "sha256").digest() for secret in secrets
    ]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
