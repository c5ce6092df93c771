"""Signing in by user name and password: on the pages, over the API and in the admin."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import (
    UNUSABLE_PASSWORD_PREFIX,
    check_password,
    get_hasher,
    is_password_usable,
    make_password,
)
from django.db.models import Q
from django.http import HttpRequest

from chatproject.limits import limits
from chatproject.limits.addresses import client_network
from chatproject.stores.outages import is_away

from .models import User

KNOWN_FOR = 30 * 24 * 3600  # seconds
OLDER_HASH_FOR = 600  # seconds between looks for hashes of an older kind


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
        else:
            take_as_long(username, password)
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


def take_as_long(username: str, password: str) -> None:
    """Make up for the other kind of hash, while there are accounts of an older kind.

    A refusal would take another time with them than with an unknown name, for which Django runs
    the preferred hasher. An account gets a hash of that when its owner signs in.
    """
    older = older_hash(int(time.time() / OLDER_HASH_FOR))
    if older is None:
        return
    theirs = User.objects.called(username).values_list("password", flat=True)
    if is_older(theirs.first() or ""):
        make_password(password)
    else:
        check_password(password, older)


def is_older(stored: str) -> bool:
    """Whether this hash is good, and not of the preferred kind."""
    kind = stored.partition("$")[0]
    return is_password_usable(stored) and kind not in ("", get_hasher().algorithm)


@lru_cache(1)
def older_hash(period: int) -> str | None:
    """A hash of an older kind that some account has, if any; asked for once in each period."""
    stored = User.objects.values_list("password", flat=True)
    preferred = f"{get_hasher().algorithm}$"
    unusable = Q(password="") | Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return stored.exclude(unusable | Q(password__startswith=preferred)).first()


def same_name(text: str) -> str:
    """One text for all ways to write a name or an address that find the same account."""
    # By `upper` first, as PostgreSQL compares: a dotless i is an i to it.
    return unicodedata.normalize("NFKC", text).strip().upper().casefold()
