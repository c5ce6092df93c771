"""How long a hub asks for a number that no message has, while it can ask and after an outage."""

import time
import uuid
from typing import Any

import pytest

from chats.hub import INTERRUPTION, ChatHub
from chats.models import QUIET

HOLE, LAST = 4, 7


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


@pytest.fixture
def hub(clock: Clock) -> ChatHub:
    """A hub that has sent all changes up to the last one, except one that wasn't there."""
    board: Any = None
    hub = ChatHub(board, uuid.uuid4())
    hub.rev, hub.settled = LAST, HOLE - 1
    hub._seen = set(range(HOLE + 1, LAST + 1))
    return hub


def look(hub: ChatHub, clock: Clock, seconds: float) -> None:
    """Look every two seconds for so long."""
    for _ in range(int(seconds / 2)):
        clock.now += 2
        hub.look(LAST)


def test_a_number_is_given_up_after_a_while(hub: ChatHub, clock: Clock) -> None:
    look(hub, clock, QUIET)
    assert hub.settled == HOLE - 1
    look(hub, clock, 4)
    assert hub.settled == LAST


def test_after_an_outage_it_is_asked_for_as_long_again(hub: ChatHub, clock: Clock) -> None:
    look(hub, clock, QUIET - 4)
    clock.now += INTERRUPTION
    look(hub, clock, QUIET)
    assert hub.settled == HOLE - 1
    look(hub, clock, 4)
    assert hub.settled == LAST
