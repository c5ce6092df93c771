"""Signing in by user name and password: on the pages, over the API and in the admin."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from chatproject import limits
from chatproject.addresses import client_network

KNOWN_FOR = 30 * 24 * 3600  # seconds


class LimitedBackend(ModelBackend):
    """Django's, as often as the limits allow; `TooMany` beyond them, whatever the password."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Any:
        if username is None or password is None:
            return None
        network, account = client_network(request), same_name(username)
        limits.SIGN_IN_ADDRESS.spend(network)
        # From where this account was signed in to, others' tries don't count.
        known = limits.is_remembered(account, network)
        limits.SIGN_IN.spend(account, network if known else "")
        user = super().authenticate(request, username, password, **kwargs)
        if user is not None:
            limits.SIGN_IN_ADDRESS.give_back(network)
            limits.remember(KNOWN_FOR, account, network)
        return user


def same_name(text: str) -> str:
    """One text for all ways to write a name or an address that find the same account."""
    return unicodedata.normalize("NFKC", text).strip().casefold()
