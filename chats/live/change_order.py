"""The order in which changes of a chat go out: each once, by `rev`, however they come in.

The channel layer may lose, delay and duplicate events; MongoDB has every change under a gapless
`rev`. This decides what goes out now and what must be read. It does no I/O and has no clock: times
are passed in. `static/js/models/cursor.js` is its counterpart in the browser.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from chats.events import Change, MessageChange, StateChange
from chats.protocol import MOST_MISSED, QUIET

GAP_WAIT = 0.05  # seconds for an event of another process to arrive before MongoDB is asked
INTERRUPTION = 6.0  # seconds without a look (normally every two) that mean MongoDB was away


class ChangeOrder:
    """Puts the changes of one chat in order.

    Methods return the changes that go out now, in order. `read_after` is the number of seconds
    after which missing changes must be read from MongoDB; None: nothing is missing.
    """

    def __init__(self) -> None:
        self.rev = 0  # the highest change that went out
        self.watermark = 0  # every change up to this one went out, or is a hole for good
        self.read_after: float | None = None
        self._is_started = False
        self._state_rev = 0  # of the last state of the chat that went out
        self._seen: set[int] = set()  # changes after `watermark` that went out
        self._pending: dict[int, Change] = {}  # changes that arrived before their predecessors
        self._looks: deque[tuple[float, int]] = deque()  # times, and the `last_rev` seen then

    def start(self, rev: int, watermark: int, seen: Iterable[int]) -> list[Change]:
        """Start or restart at `rev`; `seen` are the existing changes after the watermark."""
        self.rev, self.watermark, self._seen = rev, watermark, set(seen)
        self._is_started = True
        return self.following()

    def receive(self, change: Change) -> list[Change]:
        """Take a change received from the layer."""
        rev = change.rev
        if self.is_early(rev):
            self._pending[rev] = change
            self._read_in(GAP_WAIT)
        elif self._is_known(rev):
            return []
        elif rev < self.rev and isinstance(change, MessageChange):
            self._read_in(0)  # late: the message may have changed again since
        else:
            return [*self._send(change), *self.following()]
        return []

    def is_early(self, rev: int) -> bool:
        """Whether a change must wait for an earlier one."""
        return not self._is_started or rev > self.rev + 1

    def following(self) -> list[Change]:
        """The pending changes that can go out now."""
        due: list[Change] = []
        while self.rev + 1 in self._pending:
            due += self._send(self._pending.pop(self.rev + 1))
        for rev in [rev for rev in self._pending if rev <= self.rev]:
            due += self.receive(self._pending.pop(rev))
        return due

    # Against MongoDB

    def look(self, last_rev: int, moment: float) -> None:
        """Compare with the `last_rev` of the chat; `moment` is the time in seconds."""
        if self._looks and moment - self._looks[-1][0] > INTERRUPTION:
            self._looks.clear()  # writes under way when MongoDB went away may arrive only now
        self._looks.append((moment, last_rev))
        while self._looks[0][0] < moment - QUIET:
            self.watermark = max(self.watermark, min(self._looks.popleft()[1], self.rev))
        if self._seen:
            self._seen = {rev for rev in self._seen if rev > self.watermark}
        if last_rev > self.rev or len(self._seen) < self.rev - self.watermark:
            self._read_in(0)

    def is_too_far_behind(self, last_rev: int) -> bool:
        """Whether so much is missing that clients should reload the chat."""
        return last_rev - self.rev > MOST_MISSED

    def missing(self, last_rev: int) -> list[int]:
        """The changes up to `last_rev` that haven't gone out; only the latest if there are many."""
        every = range(self.watermark + 1, last_rev + 1)
        return [rev for rev in every if rev not in self._seen][-MOST_MISSED:]

    def fill(self, found: Mapping[int, Change], last_rev: int) -> list[Change]:
        """Take changes that were read; returns those before the first that is still missing."""
        due: list[Change] = []
        for rev, change in self._candidates(found, last_rev):
            if rev > self.rev + 1:
                break
            self._pending.pop(rev, None)
            due += self._send(change)
        return due

    def fill_without(self, found: Mapping[int, Change], last_rev: int) -> tuple[list[Change], bool]:
        """Take changes that were read, skipping missing ones; also says whether any were missing.

        If so, the state of the chat must be sent in their place (`tell_state`).
        """
        due: list[Change] = []
        has_skipped = False
        for rev, change in self._candidates(found, last_rev):
            has_skipped |= rev > self.rev + 1
            self._pending.pop(rev, None)
            due += self._send(change)
        if self.rev < last_rev:
            self.rev, has_skipped = last_rev, True
        return due, has_skipped

    def is_even_with(self, last_rev: int) -> bool:
        """Whether nothing is missing up to `last_rev`."""
        return not self._pending and self.rev >= last_rev

    def tell_state(self, rev: int) -> bool:
        """Note that the state of the chat at `rev` goes out; False if a later one already has."""
        if rev < self._state_rev:
            return False
        self._state_rev = rev
        return True

    def _candidates(self, found: Mapping[int, Change], last_rev: int) -> list[tuple[int, Change]]:
        both = {**found, **self._pending}
        return [(r, both[r]) for r in sorted(both) if r <= last_rev and not self._is_known(r)]

    def _is_known(self, rev: int) -> bool:
        return rev in self._seen or rev <= self.watermark

    def _send(self, change: Change) -> list[Change]:
        self._seen.add(change.rev)
        self.rev = max(self.rev, change.rev)
        is_told = isinstance(change, StateChange) and change.rev <= self._state_rev
        return [] if is_told else [change]

    def _read_in(self, seconds: float) -> None:
        if self._is_started and self.read_after is None:
            self.read_after = seconds
