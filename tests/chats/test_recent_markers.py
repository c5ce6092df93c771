"""The markers that a `welcome` brings to a page that was loaded a moment ago."""

import time
from typing import Any

import pytest

from chats.live.recent_markers import KEPT, SETTLING, RecentMarkers


class Clock:
    """A monotonic clock that a test moves."""

    now = 100.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    return clock


def test_nothing_is_covered_before_the_subscription_holds(clock: Clock) -> None:
    markers = RecentMarkers()
    assert markers.lately(None) == (0, {})
    assert markers.lately(clock.now) == (0, {})
    assert markers.lately(clock.now - SETTLING / 2) == (0, {})
    assert markers.lately(clock.now - SETTLING - 3) == (3, {})


def test_the_time_since_the_subscription_is_covered_up_to_what_is_kept(clock: Clock) -> None:
    markers, subscribed_at = RecentMarkers(), clock.now
    clock.now += 1_000
    markers.note(7, 5)
    clock.now += KEPT - 1
    markers.note(8, 6)
    assert markers.lately(subscribed_at) == (KEPT, {7: 5, 8: 6})
    clock.now += 2
    assert markers.lately(subscribed_at) == (KEPT, {8: 6})
    clock.now += KEPT
    assert markers.lately(subscribed_at) == (KEPT, {})


def test_a_marker_moves_forward_and_counts_from_its_last_move(clock: Clock) -> None:
    markers: Any = RecentMarkers()
    markers.note(7, 5)
    clock.now += KEPT - 1
    markers.note(8, 1)
    markers.note(7, 3)
    clock.now += 2
    assert markers.lately(0.0)[1] == {8: 1, 7: 5}
