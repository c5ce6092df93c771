"""Reads the issuers of OpenID Connect from the environment."""

from __future__ import annotations

import json
import os
import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

NAMES = {"id", "name", "issuer", "client_id", "client_secret"}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def env_issuers(name: str) -> list[dict[str, str]]:
    """The issuers in an environment variable; ImproperlyConfigured if they are none."""
    try:
        issuers = json.loads(os.environ.get(name) or "[]")
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a JSON list of objects.") from None
    if not isinstance(issuers, list) or not all(map(_is_issuer, issuers)):
        known = ", ".join(sorted(NAMES))
        raise ImproperlyConfigured(f"{name} must be a JSON list of objects with {known} as texts.")
    for issuer in issuers:
        _check(name, issuer)
    ids = [issuer["id"] for issuer in issuers]
    if len(set(ids)) < len(ids):
        raise ImproperlyConfigured(f"{name}: each id must be there once.")
    return issuers


def _is_issuer(value: Any) -> bool:
    if not isinstance(value, dict) or set(value) != NAMES:
        return False
    return all(isinstance(text, str) and text for text in value.values())


def _check(name: str, issuer: dict[str, str]) -> None:
    if not re.fullmatch(r"[a-z0-9-]{1,30}", issuer["id"]):
        text = "an id must be 1 to 30 small letters, digits and hyphens"
        raise ImproperlyConfigured(f"{name}: {text}, unlike {issuer['id']!r}.")
    if not is_protected(issuer["issuer"]):
        text = "an issuer must be an https address, or one of this machine"
        raise ImproperlyConfigured(f"{name}: {text}, unlike {issuer['issuer']!r}.")
    if len(issuer["name"]) > 40:
        raise ImproperlyConfigured(f"{name}: a name must be 1 to 40 characters.")


def is_protected(address: str) -> bool:
    """Whether nobody reads on the way what is sent to an address: https, or this machine."""
    try:
        url = urlsplit(address)
    except ValueError:
        return False
    if not url.hostname:
        return False
    return url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)


def apps_of(issuers: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The issuers in allauth's form."""
    return [
        {
            "provider_id": issuer["id"],
            "name": issuer["name"],
            "client_id": issuer["client_id"],
            "secret": issuer["client_secret"],
            "settings": {
                "server_url": issuer["issuer"].rstrip("/"),
                "issuer": issuer["issuer"],
                "oauth_pkce_enabled": True,
            },
        }
        for issuer in issuers
    ]
