"""The order in which changes of a chat go out: each once, by `rev`, however they come in.

The channel layer may lose, delay and duplicate events; MongoDB has every change under a dense
`rev`. This decides what goes out now and whether something must be read. It does no I/O and has no
clock. `static/js/models/cursor.js` is its counterpart in the browser.
"""

from __future__ import annotations

from collections.abc import Iterable

from chats.events import Change
from chats.protocol import MOST_MISSED


class ChangeOrder:
    """Puts the changes of one chat in order.

    Methods return the changes that go out now, in order.
    """

    def __init__(self) -> None:
        self.rev = 0  # every change up to this one went out
        self._is_started = False
        self._pending: dict[int, Change] = {}  # changes that arrived before their predecessors

    def start(self, rev: int) -> list[Change]:
        """Start or restart after this change."""
        self.rev, self._is_started = rev, True
        return self._following()

    def take(self, changes: Iterable[Change]) -> list[Change]:
        """Take changes, from the layer or from MongoDB."""
        for change in changes:
            if change.rev > self.rev or not self._is_started:
                self._pending[change.rev] = change
        return self._following()

    def is_early(self, rev: int) -> bool:
        """Whether a change must wait for an earlier one."""
        return not self._is_started or rev > self.rev + 1

    @property
    def has_gap(self) -> bool:
        """Whether changes wait for a missing one."""
        return self._is_started and bool(self._pending)

    def is_behind(self, last_rev: int) -> bool:
        """Whether changes up to `last_rev` are missing."""
        return self._is_started and last_rev > self.rev

    def is_too_far_behind(self, last_rev: int) -> bool:
        """Whether so many are missing that clients should reload the chat."""
        return last_rev - self.rev > MOST_MISSED

    def _following(self) -> list[Change]:
        """The pending changes that can go out now."""
        if not self._is_started:
            return []
        due: list[Change] = []
        while change := self._pending.pop(self.rev + 1, None):
            self.rev += 1
            due.append(change)
        if self._pending:
            self._pending = {r: change for r, change in self._pending.items() if r > self.rev}
        return due
