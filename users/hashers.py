"""How passwords are hashed."""

from __future__ import annotations

import threading
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher

AT_ONCE = 4  # hashes of a process: 100 MiB each, and more at a time would not be faster

_turns = threading.BoundedSemaphore(AT_ONCE)


class Argon2Hasher(Argon2PasswordHasher):
    """Django's Argon2id, at most `AT_ONCE` at a time, which bounds the memory of a process."""

    def encode(self, *args: Any, **options: Any) -> str:
        with _turns:
            return super().encode(*args, **options)

    def verify(self, *args: Any) -> bool:
        with _turns:
            return super().verify(*args)
