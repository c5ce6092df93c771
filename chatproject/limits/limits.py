"""How often somebody may do something: one call before it is done.

The rates are the settings `LIMIT_…`. All processes share the counts (`limit_store.py`). While their
Redis is away, each process counts for itself: nothing waits for the Redis, and nobody is refused
whom the shared count would have let through.
"""

from __future__ import annotations

import hashlib
import math
import zlib
from dataclasses import dataclass

from django.conf import settings

from chatproject.text.counts import plural

from .limit_store import LimitStore, limit_store
from .rates import Rate


class TooMany(Exception):
    """Too much in too short a time (HTTP 429); `retry_after` is in whole seconds, from 1."""

    def __init__(self, limit: Limit, wait: int) -> None:
        self.limit = limit.name
        self.retry_after = math.ceil(wait / 1_000_000)
        super().__init__(f"{limit.message} Please try again in {in_words(self.retry_after)}.")


@dataclass(frozen=True)
class Limit:
    """An action with a rate limit; the rate is the setting `LIMIT_<NAME>`."""

    name: str
    message: str

    @property
    def rate(self) -> Rate:
        """The rate in the settings, read on every call."""
        rate: Rate = getattr(settings, f"LIMIT_{self.name.upper()}")
        return rate

    def spend(self, *who: object) -> None:
        """Count one action of `who`; raises `TooMany` if none is left."""
        key = _key(self.name, who)
        wait = _store_of(key).take(key, self.rate)
        if wait:
            raise TooMany(self, wait)

    def give_back(self, *who: object) -> None:
        """Take back one action of `who` that was counted."""
        key = _key(self.name, who)
        _store_of(key).give_back(key, self.rate)


SIGN_IN = Limit("sign_in", "There were too many tries to sign in to this account.")
SIGN_IN_ADDRESS = Limit("sign_in_address", "There were too many tries to sign in from here.")
SECOND_FACTOR = Limit("second_factor", "Too many codes were tried for this account.")
ISSUERS = Limit("issuers", "There were too many sign-ins by an issuer from here.")
PASSKEYS = Limit("passkeys", "Too many sign-ins by a passkey were begun from here.")
REGISTER = Limit("register", "Too many accounts were asked for from here.")
INVITATIONS = Limit("invitations", "You have made too many invitations.")
INVITATION_CODES = Limit("invitation_codes", "Too many invitations were tried from here.")
PASSWORD_RESET = Limit("password_reset", "Too many mails to this address were asked for.")
PASSWORD_RESET_ADDRESS = Limit("password_reset_address", "Too many mails were asked for from here.")
REFRESHES = Limit("refreshes", "This sign-in is renewed too often.")
SENDS = Limit("sends", "You are sending too fast.")
MENTIONS = Limit("mentions", "You are mentioning people too fast.")
MENTIONS_OF_ALL = Limit("mentions_of_all", "You are mentioning everybody too often.")
UPLOADS = Limit("uploads", "You are uploading too many files.")
QUESTIONS = Limit("questions", "You are asking too fast.")
QUESTIONS_DAY = Limit("questions_day", "You have asked as much as you may in a day.")
QUESTIONS_SITE = Limit("questions_site", "All here have asked as much as they may in a day.")
REACTIONS = Limit("reactions", "You are reacting too fast.")
PREVIEWS = Limit("previews", "You are previewing too fast.")
LINK_PREVIEWS = Limit("link_previews", "You are linking too many pages.")
LINK_HOSTS = Limit("link_hosts", "This address is asked for too many pages.")
DELETIONS = Limit("deletions", "You are deleting too fast.")
GROUPS = Limit("groups", "You are creating groups too fast.")
PRIVATE_CHATS = Limit("private_chats", "You are starting private chats too fast.")
ADDITIONS = Limit("additions", "You are adding people too fast.")
JOINS = Limit("joins", "You are joining groups too fast.")
RENAMES = Limit("renames", "You are renaming too fast.")
CHANGES = Limit("changes", "You are changing chats too fast.")
BLOCKS = Limit("blocks", "You are blocking people too fast.")
SEARCHES = Limit("searches", "You are searching too fast.")
PROFILE = Limit("profile", "You are changing your profile too fast.")


def spend_budgets(user_id: int) -> None:
    """Count a question for the day's budgets of a person and of the site; raises `TooMany`."""
    QUESTIONS_DAY.spend(user_id)
    try:
        QUESTIONS_SITE.spend()
    except TooMany:
        QUESTIONS_DAY.give_back(user_id)
        raise


def remember(seconds: int, *who: object) -> None:
    """Remember `who` for this many seconds, or until the Redis restarts empty."""
    key = _key("known", who)
    _store_of(key).remember(key, seconds)


def is_remembered(*who: object) -> bool:
    """Whether `who` is remembered; False while the Redis is away."""
    key = _key("known", who)
    return _store_of(key).is_remembered(key)


def in_words(seconds: int) -> str:
    """`1 second`, `90 seconds`, `2 minutes`, `3 hours`; rounded up."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= 2 * size:
            return plural(math.ceil(seconds / size), unit)
    return plural(seconds, "second")


def _key(name: str, who: tuple[object, ...]) -> str:
    """A short key of fixed length, from which `who` can't be read back."""
    text = "\n".join(map(str, who)).encode(errors="replace")
    return f"limit:{name}:{hashlib.blake2b(text, digest_size=16).hexdigest()}"


def _store_of(key: str) -> LimitStore:
    urls = settings.REDIS_URLS
    return limit_store(urls[zlib.crc32(key.encode()) % len(urls)])
