"""Signing in by user name and password: on the pages, over the API and in the admin."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from chatproject.limits import limits
from chatproject.limits.addresses import client_network
from chatproject.stores.outages import is_away

from .models import User

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
        network = client_network(request)
        with one_try(username, network):
            user = super().authenticate(request, username, password, **kwargs)
        if user is not None:
            limits.SIGN_IN_ADDRESS.give_back(network)
            remember_place(user, request)
        return user


@contextmanager
def one_try(username: str, network: str) -> Iterator[None]:
    """One try at the password of an account; `TooMany` if there were too many.

    It doesn't count if a store was away: whoever is told to come back may.
    """
    account = same_name(username)
    limits.SIGN_IN_ADDRESS.spend(network)
    # From where its owner was before, others' tries don't count.
    known = limits.is_remembered(account, network)
    whose = account, network if known else ""
    limits.SIGN_IN.spend(*whose)
    try:
        yield
    except Exception as error:
        if is_away(error):
            limits.SIGN_IN_ADDRESS.give_back(network)
            limits.SIGN_IN.give_back(*whose)
        raise


def remember_place(user: User, request: HttpRequest | None) -> None:
    """The owner was here: from here others' tries don't keep them out."""
    limits.remember(KNOWN_FOR, same_name(user.username), client_network(request))


def same_name(text: str) -> str:
    """One text for all ways to write a name or an address that find the same account."""
    # By `upper` first, as PostgreSQL compares: a dotless i is an i to it.
    return unicodedata.normalize("NFKC", text).strip().upper().casefold()
