"""How passwords are hashed: one at a time, by a thread that yields to the others.

And in one form of Unicode (NFKC: NIST SP 800-63B), since keyboards type a letter in several.

Never inside a transaction: on SQLite that is a lock which every other write waits for. Where Django
would do so, `ahead` does it before.
"""

from __future__ import annotations

import os
import threading
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.contrib.auth.hashers import Argon2PasswordHasher, get_hasher, make_password

from chatproject.limits.limits import Limit, TooMany

T = TypeVar("T")

MOST = 12  # hashes that requests of a process wait for, of its 16 threads (docs/deployment.md)
RETRY_AFTER = 5  # seconds
TYPED = 4096  # characters
NICENESS = 10  # of the thread; its share of a busy core is then a tenth of another's

BUSY = Limit("hashes", "Too many people are signing in right now.")

_waiting = threading.BoundedSemaphore(MOST)


def _yield_to_others() -> None:
    """Lower the priority of this thread; Linux has one for each, other systems have none."""
    if os.uname().sysname == "Linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


_thread = ThreadPoolExecutor(1, "hashes", initializer=_yield_to_others)


def in_turn(work: Callable[[], T]) -> T:
    """Do this when all that came before is done; raises `TooMany` if that are `MOST` already."""
    if not _waiting.acquire(blocking=False):
        raise TooMany(BUSY, RETRY_AFTER * 1_000_000)
    try:
        return _thread.submit(work).result()
    finally:
        _waiting.release()


def _typed(password: str) -> str:
    """A password in the one form; longer ones as they are: it would take too long."""
    return unicodedata.normalize("NFKC", password) if len(password) <= TYPED else password


_ahead: ContextVar[tuple[str, str] | None] = ContextVar("ahead", default=None)


@contextmanager
def ahead(password: str) -> Iterator[None]:
    """Hash a password now; to hash it inside the block takes no time."""
    if not isinstance(get_hasher(), Argon2Hasher):  # those of tests are fast
        yield
        return
    token = _ahead.set((password, make_password(password)))
    try:
        yield
    finally:
        _ahead.reset(token)


class Argon2Hasher(Argon2PasswordHasher):
    """Django's Argon2id by one thread, one at a time: this bounds a process's memory and cores."""

    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        known = _ahead.get()
        if known and known[0] == password:
            return known[1]
        return in_turn(lambda: super(Argon2Hasher, self).encode(_typed(password), salt))

    def verify(self, password: str, *args: Any) -> bool:
        return in_turn(lambda: super(Argon2Hasher, self).verify(_typed(password), *args))
