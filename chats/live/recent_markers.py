"""The read markers of a chat that moved lately, for pages that were loaded a moment ago."""

from __future__ import annotations

import time

KEPT = 10.0  # seconds
SETTLING = 1.0  # seconds until a subscription holds: Valkey's answer isn't waited for


class RecentMarkers:
    """Which markers moved in the last `KEPT` seconds, as far as a hub has heard."""

    def __init__(self) -> None:
        self._moved: dict[int, tuple[float, int]] = {}  # when (monotonic), `seq`; by user id

    def note(self, user_id: int, seq: int) -> None:
        """A marker has moved; the latest moves are last."""
        _, earlier = self._moved.pop(user_id, (0.0, 0))
        self._moved[user_id] = (time.monotonic(), max(seq, earlier))

    def forget(self, user_id: int) -> None:
        """Somebody is no member any more; if they come back, they begin anew."""
        self._moved.pop(user_id, None)

    def lately(self, subscribed_at: float | None) -> tuple[float, dict[int, int]]:
        """For how many seconds until now every move is known, and the markers that moved then."""
        now = time.monotonic()
        for user_id, (moment, _) in list(self._moved.items()):
            if moment >= now - KEPT:
                break
            del self._moved[user_id]
        heard = 0.0 if subscribed_at is None else now - subscribed_at - SETTLING
        return min(max(heard, 0.0), KEPT), {user: seq for user, (_, seq) in self._moved.items()}
