"""Passkeys (WebAuthn, level 3): a second factor, or both factors at once.

Each is made so that the device finds it by itself and asks for a PIN or a finger, so that it signs
in without a user name. The challenge waits in the session, and is good once, for five minutes.
"""

from __future__ import annotations

import json
import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.conf import settings
from django.http import HttpRequest
from django.utils.http import base36_to_int, int_to_base36
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.webauthn import (
    AttestedCredentialData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from users.devices import known_device_of
from users.models import User

from .second_factors import Type, of

STATE = "passkey"  # in a session: the challenge, what it is for, and until when
LIFETIME = 300  # seconds
MOST = 10  # of a person
WRONG = "This passkey didn’t work here."
TOO_MANY = f"You have {MOST} passkeys: turn one off first."
KEYS = CoseKey.supported_algorithms()  # COSE numbers of algorithms
VERIFIED = UserVerificationRequirement.REQUIRED
# What is raised by an answer that is none, or is nested too deep (a `RecursionError`).
BAD = (
    *(AssertionError, AttributeError, IndexError, KeyError),
    *(OverflowError, RuntimeError, TypeError, ValueError),
)


# Making one --------------------------------------------------------------------------------------


def begin_making(request: HttpRequest, user: User) -> dict[str, Any]:
    """What a browser needs to make a passkey; whoever calls this has asked for the password."""
    options, state = _server(request).register_begin(
        PublicKeyCredentialUserEntity(
            id=int_to_base36(user.pk).encode(), name=user.username, display_name=user.username
        ),
        _credentials(user),
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=VERIFIED,
    )
    _keep(request, state, f"make {user.pk}")
    return dict(options)


def made(request: HttpRequest, user: User, answer: str) -> dict[str, Any] | None:
    """What is stored of a new passkey; None if it isn't one for our challenge."""
    state = _take(request, f"make {user.pk}")
    try:
        credential = json.loads(answer)
        data = _server(request).register_complete(state, credential)
    except BAD:
        return None
    if state is None or not _is_usable(data.credential_data):
        return None
    kept = {name: credential[name] for name in ("id", "rawId", "type", "response")}
    device = known_device_of(request.headers.get("User-Agent", ""))
    return {"name": device, "credential": {**kept, "clientExtensionResults": {}}}


def _is_usable(credential: AttestedCredentialData | None) -> bool:
    """Whether the key is of an algorithm that we have asked for: of no other is it checked."""
    return credential is not None and credential.public_key.get(3) in KEYS


# Using one ---------------------------------------------------------------------------------------


def begin(request: HttpRequest, user: User | None = None) -> dict[str, Any]:
    """What a browser needs to use a passkey, of a person or of whoever has one."""
    credentials = _credentials(user) if user else None
    options, state = _server(request).authenticate_begin(credentials, user_verification=VERIFIED)
    _keep(request, state, f"use {user.pk if user else ''}")
    return dict(options)


def used(request: HttpRequest, answer: str, user: User | None = None) -> User | None:
    """Whose passkey has answered our challenge: this person's, or anybody's; None if it hasn't."""
    state = _take(request, f"use {user.pk if user else ''}")
    try:
        response = json.loads(answer)
        owner = user or _owner(response)
        credentials = _credentials(owner) if owner else []
        found = _server(request).authenticate_complete(state, credentials, response)
    except BAD:
        return None
    if owner is not None:
        _row(owner, found).record_usage()
    return owner


def _owner(response: dict[str, Any]) -> User | None:
    """The active account that a passkey names."""
    handle = websafe_decode(response["response"]["userHandle"]).decode()
    found: User | None = User.objects.filter(pk=base36_to_int(handle), is_active=True).first()
    return found


# Challenges --------------------------------------------------------------------------------------


def _server(request: HttpRequest) -> Fido2Server:
    """Ours, for the host that was asked; answers must come from pages of ours."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    rp = PublicKeyCredentialRpEntity(name="Chat", id=host)
    return Fido2Server(rp, verify_origin=lambda origin: origin in settings.ORIGINS)


def _keep(request: HttpRequest, state: Any, purpose: str) -> None:
    request.session[STATE] = {**state, "for": purpose, "until": time.time() + LIFETIME}


def _take(request: HttpRequest, purpose: str) -> dict[str, Any] | None:
    """The challenge that waits for this, which is then used up."""
    state = request.session.pop(STATE, None)
    is_good = state and state["for"] == purpose and state["until"] > time.time()
    return state if is_good else None


def _credentials(user: User) -> list[AttestedCredentialData]:
    return [_credential(row) for row in of(user).filter(type=Type.WEBAUTHN)]


def _credential(row: Authenticator) -> AttestedCredentialData:
    credential = WebAuthn(row).authenticator_data.credential_data
    assert credential is not None
    return credential


def _row(user: User, credential: AttestedCredentialData) -> Authenticator:
    """The stored one with this id."""
    rows = of(user).filter(type=Type.WEBAUTHN)
    return next(row for row in rows if _credential(row).credential_id == credential.credential_id)
