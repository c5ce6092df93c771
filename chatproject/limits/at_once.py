"""How many passwords of one address a process has to check at once, so that others get their turn.

Each takes a thread until all before it are checked, one at a time (`signing_in/hashers.py` of
`users`). Who is over the limit is refused at once: waiting would take the threads of everybody
else's requests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from django.conf import settings

from .limits import Limit, TooMany

SECOND = 1_000_000  # microseconds, after which another try is welcome
PASSWORDS = Limit("passwords_at_once", "Too many are signing in from here at this moment.")

_lock = Lock()
_running: Counter[str] = Counter()  # by address


@contextmanager
def password_of(network: str) -> Iterator[None]:
    """Check a password inside the block; `TooMany` beyond `PASSWORDS_AT_ONCE` of one address."""
    with _lock:
        if _running.get(network, 0) >= settings.PASSWORDS_AT_ONCE:
            raise TooMany(PASSWORDS, SECOND)
        _running[network] += 1
    try:
        yield
    finally:
        with _lock:
            _running[network] -= 1
            if not _running[network]:
                del _running[network]
