"""How many sockets one person may have in a process: the setting `SOCKETS_PER_PERSON`."""

from __future__ import annotations

from collections import Counter

from django.conf import settings


class Places:
    """The sockets of each person in one event loop, from the handshake to the end."""

    def __init__(self) -> None:
        self._taken: Counter[int] = Counter()

    def take(self, user_id: int) -> bool:
        """Take a place for one more socket; False if none is left."""
        if self._taken[user_id] >= settings.SOCKETS_PER_PERSON:
            return False
        self._taken[user_id] += 1
        return True

    def give_back(self, user_id: int) -> None:
        """Give back the place of a socket that has ended."""
        self._taken[user_id] -= 1
        if not self._taken[user_id]:
            del self._taken[user_id]
