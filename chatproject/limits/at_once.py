"""How much somebody may have under way in a process at once, so that others get their turn.

Whoever is over the limit is refused at once: waiting would take the threads of everybody else's
requests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from django.conf import settings

from .limits import Limit, TooMany

SECOND = 1_000_000  # microseconds
# Each takes a thread until all before it are checked, one at a time (`signing_in/hashers.py` of
# `users`).
PASSWORDS = Limit("passwords_at_once", "Too many are signing in from here at this moment.")
# Each takes a thread for as long as its sender takes.
UPLOADS = Limit("uploads_at_once", "You are uploading too many files at once.")
UPLOADS_IN_ALL = Limit("uploads_in_all", "Too many files are being uploaded at this moment.")

_lock = Lock()
_running: Counter[tuple[Limit, object]] = Counter()


@contextmanager
def one_of(limit: Limit, who: object, most: int, wait: int = SECOND) -> Iterator[None]:
    """Do something inside the block that `who` does `most` times at once; `TooMany` beyond that.

    `wait`: microseconds, after which another try is welcome.
    """
    key = (limit, who)
    with _lock:
        if _running.get(key, 0) >= most:
            raise TooMany(limit, wait)
        _running[key] += 1
    try:
        yield
    finally:
        with _lock:
            _running[key] -= 1
            if not _running[key]:
                del _running[key]


@contextmanager
def password_of(network: str) -> Iterator[None]:
    """Check a password inside the block; `TooMany` beyond `PASSWORDS_AT_ONCE` of one address."""
    with one_of(PASSWORDS, network, settings.PASSWORDS_AT_ONCE):
        yield


@contextmanager
def upload_of(user_id: int) -> Iterator[None]:
    """Take in a file inside the block; `TooMany` beyond `UPLOADS_AT_ONCE` and `UPLOADS_IN_ALL`."""
    with (
        one_of(UPLOADS, user_id, settings.UPLOADS_AT_ONCE, 3 * SECOND),
        one_of(UPLOADS_IN_ALL, None, settings.UPLOADS_IN_ALL, 3 * SECOND),
    ):
        yield
