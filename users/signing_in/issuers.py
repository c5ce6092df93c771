"""Sign-in by OpenID Connect (Core 1.0): allauth speaks the protocol, and more is checked here.

Beyond what allauth does: the signature of an id token, its nonce, that discovery is the issuer's
own, that the two sources of claims are about one person, and when they last gave their password.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import jwt
import requests
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from chatproject.issuers import is_protected
from chatproject.limits.limits import Limit, TooMany
from users.models import User

from .issuer_calls import Keys

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
ADDRESSES = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]
LEEWAY = 60  # seconds that an issuer's clock may be off
DISCOVERY_KEPT = 600  # seconds
CALLS = 4  # of issuers at once in a process; each occupies a thread
TOO_MANY = Limit("issuers_at_once", "Too many are signing in by an issuer at this moment.")
# What goes wrong with an issuer: it is away, or says what it shouldn't.
FAILURES = (
    *(OAuth2Error, requests.RequestException, jwt.PyJWTError),
    *(AttributeError, KeyError, TypeError, ValueError),
    # Numbers that are too large, answers that are nested too deep, a subject that is too long.
    *(ArithmeticError, RecursionError, ImproperlyConfigured),
)

_room = threading.BoundedSemaphore(CALLS)
_discovered: dict[str, tuple[float, dict[str, Any]]] = {}  # by issuer, with when that was


def named(issuer_id: str) -> dict[str, str]:
    """The settings of an issuer; Http404 if there is none with this id."""
    for issuer in settings.OIDC_ISSUERS:
        if issuer["id"] == issuer_id:
            found: dict[str, str] = issuer
            return found
    raise Http404


def of(user: User) -> QuerySet[SocialAccount]:
    """The accounts at issuers that a person's account is connected to."""
    return SocialAccount.objects.filter(user_id=user.pk).order_by("provider", "pk")


class IssuerAdapter(OpenIDConnectOAuth2Adapter):
    """Talks to one issuer."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the issuer says of itself (Discovery 1.0), kept for ten minutes."""
        provider = self.get_provider()
        issuer = provider.app.settings["issuer"]
        asked_at, config = _discovered.get(issuer, (0.0, {}))
        if time.monotonic() - asked_at > DISCOVERY_KEPT or not config:
            config = super().openid_config
            if config.get("issuer") != issuer:
                raise OAuth2Error("The discovery document is another issuer's.")
            if not all(is_protected(config[name]) for name in ADDRESSES if name in config):
                raise OAuth2Error("The discovery document names an address without TLS.")
            _discovered[issuer] = time.monotonic(), config
        return config

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Our own address, on the host that was asked, which is one of ours."""
        path = reverse("users:issuer_callback", kwargs={"issuer_id": self.provider_id})
        return request.build_absolute_uri(path)

    def complete_login(
        self, request: HttpRequest, app: Any, token: Any, **kwargs: Any
    ) -> SocialLogin:
        """The identity that the tokens are about; nothing of its claims will be stored."""
        claims = self._verified(app, kwargs["response"]["id_token"])
        if "userinfo_endpoint" in self.openid_config:
            more = self._fetch_user_info(token.token)
            if more["sub"] != claims["sub"]:  # Core 1.0, 5.3.2
                raise OAuth2Error("The claims are about two people.")
            # What is said of an address, one source must say.
            claims = {**more, **claims, **_address(claims if "email" in claims else more)}
        identity = self.get_provider().sociallogin_from_response(request, {"id_token": claims})
        identity.account.extra_data, identity.claims = {}, claims
        return identity

    def _verified(self, app: Any, id_token: str) -> dict[str, Any]:
        """The claims of an id token (Core 1.0, 3.1.3.7)."""
        key = _keys(self.openid_config["jwks_uri"]).get_signing_key_from_jwt(id_token)
        claims: dict[str, Any] = jwt.decode(
            id_token,
            key,
            ALGORITHMS,
            audience=app.client_id,
            issuer=app.settings["issuer"],
            leeway=LEEWAY,
            options={"require": REQUIRED},
        )
        if claims.get("azp", app.client_id) != app.client_id:
            raise OAuth2Error("The token was made for another client.")
        return claims


def _address(claims: dict[str, Any]) -> dict[str, Any]:
    return {name: claims.get(name) for name in ("email", "email_verified")}


@lru_cache(16)
def _keys(address: str) -> jwt.PyJWKClient:
    """The keys of an issuer, kept for five minutes; asked anew for one that is unknown."""
    return Keys(address)


def address_of(request: HttpRequest, issuer_id: str, **purpose: Any) -> str:
    """Where a browser goes to sign in at an issuer; `purpose` is there when it comes back.

    Raises one of `FAILURES` if the issuer is away.
    """
    adapter = IssuerAdapter(request, issuer_id)
    provider = adapter.get_provider()
    provider.oauth2_adapter_class = IssuerAdapter
    nonce = secrets.token_urlsafe(16)
    parameters = {"nonce": nonce}
    if purpose.get("why") == "confirm":  # the issuer is to ask for the password again
        parameters |= {"prompt": "login", "max_age": "0"}
    data = {**purpose, "nonce": nonce}
    with room():
        answer = provider.redirect(request, "login", data=data, auth_params=parameters)
    return str(answer.url)


def is_awaited(request: HttpRequest) -> bool:
    """Whether this browser has gone to an issuer with the state that it comes back with."""
    return request.GET.get("state") in statekit.get_states(request)


def come_back(request: HttpRequest, issuer_id: str) -> HttpResponse:
    """Let allauth exchange the code of an issuer; `allauth_adapters.py` is told who it is."""
    with room():
        view = OAuth2CallbackView.adapter_view(IssuerAdapter(request, issuer_id))
        response: HttpResponse = view(request)
    return response


@contextmanager
def room() -> Iterator[None]:
    """Call an issuer inside the block; `TooMany` if this process has enough such calls."""
    if not _room.acquire(blocking=False):
        raise TooMany(TOO_MANY, 1_000_000)
    try:
        yield
    finally:
        _room.release()
