"""Password sign-in for the pages, the API and the admin."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from chatproject.limits import limits
from chatproject.limits.addresses import client_network
from chatproject.limits.at_once import password_of
from chatproject.limits.limits import TooMany
from chatproject.stores.outages import is_away
from chatproject.text.names import same_name
from users.models import User

from . import second_factors

WAITS = "This account waits for a moderator, who lets it in or refuses it."
KNOWN_FOR = 30 * 24 * 3600  # seconds


class LimitedBackend(ModelBackend):
    """Django's backend, rate-limited: `TooMany` beyond the limits, even for a right password."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Any:
        if username is None or password is None:
            return None
        username = unicodedata.normalize("NFKC", username).strip()  # as the form of the page does
        network = client_network(request)
        with one_try(username, network):
            user = super().authenticate(request, username, password, **kwargs)
        if user is not None:
            limits.SIGN_IN_ADDRESS.give_back(network)
            if not second_factors.is_asked_for(user):  # otherwise the password isn't enough
                remember_place(user, request)
        return user

    def user_can_authenticate(self, user: Any) -> bool:
        """Whether an account is active; who gives its password is told if it waits."""
        if user.awaits_approval and not user.is_active:
            raise ValidationError(WAITS, code="waits")
        return bool(super().user_can_authenticate(user))


@contextmanager
def one_try(username: str, network: str) -> Iterator[None]:
    """Count one attempt at an account's password; `TooMany` beyond the limits.

    An attempt isn't counted if no password was checked, as a store is away or too many wait for it:
    the client is told to retry.
    """
    account = same_name(username)
    limits.SIGN_IN_ADDRESS.spend(network)
    # A network the owner has signed in from has its own count, apart from everyone else's.
    known = limits.is_remembered(account, network)
    whose = account, network if known else ""
    limits.SIGN_IN.spend(*whose)
    try:
        with password_of(network):
            yield
    except Exception as error:
        if is_away(error) or isinstance(error, TooMany):
            limits.SIGN_IN_ADDRESS.give_back(network)
            limits.SIGN_IN.give_back(*whose)
        raise


def remember_place(user: User, request: HttpRequest | None) -> None:
    """Remember the owner's network for 30 days, so attempts from elsewhere don't lock them out."""
    limits.remember(KNOWN_FOR, same_name(user.username), client_network(request))
