"""Which people with sockets in this process are apart: one of the two blocks the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from itertools import count

NOBODY: frozenset[int] = frozenset()


class Apart:
    """The blocks of people who have sockets here, as last read.

    Reads may end in another order than they began: `begin` one, then `take` what it has found,
    which counts unless a later one of the same person was taken.
    """

    def __init__(self) -> None:
        self._of: dict[int, frozenset[int]] = {}  # by people here
        self._here: defaultdict[int, set[int]] = defaultdict(set)  # people here, by anybody
        self._taken: dict[int, int] = {}  # the number of the last read of each person here
        self._numbers = count(1)

    def of(self, user_id: int) -> frozenset[int]:
        """The people from whom a person here is kept apart."""
        return self._of.get(user_id, NOBODY)

    def here(self, user_id: int) -> Collection[int]:
        """The people here who are kept apart from somebody, who may be in any process."""
        return self._here.get(user_id, NOBODY)

    def begin(self) -> int:
        """Begin to read the blocks of people; the number of this read."""
        return next(self._numbers)

    def take(self, user_id: int, number: int, others: Iterable[int]) -> frozenset[int]:
        """Take what a read has found; returns with whom that differs from an earlier read."""
        if self._taken.get(user_id, 0) > number:
            return NOBODY
        is_first = user_id not in self._of
        self._taken[user_id] = number
        before, after = self.of(user_id), frozenset(others)
        for other in before - after:
            self._here[other].discard(user_id)
            if not self._here[other]:
                del self._here[other]
        for other in after - before:
            self._here[other].add(user_id)
        self._of[user_id] = after
        return NOBODY if is_first else before ^ after

    def keep(self, people: Collection[int]) -> None:
        """Forget everybody else: they have no socket here any more."""
        for user_id in self._of.keys() - set(people):
            self.take(user_id, self.begin(), ())
            del self._of[user_id], self._taken[user_id]
