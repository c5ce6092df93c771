"""How long a number is asked for that no message has, while it can be asked and after an outage."""

import pytest

from chats.live.change_order import INTERRUPTION, ChangeOrder
from chats.protocol import QUIET

HOLE, LAST = 4, 7


class Looks:
    """Looks at MongoDB every two seconds of a clock that a test moves."""

    def __init__(self, order: ChangeOrder) -> None:
        self.order = order
        self.moment = 1000.0

    def go_on(self, seconds: float) -> None:
        for _ in range(int(seconds / 2)):
            self.moment += 2
            self.order.look(LAST, self.moment)


@pytest.fixture
def order() -> ChangeOrder:
    """All changes up to the last one went out, except one that wasn't there."""
    order = ChangeOrder()
    order.start(LAST, HOLE - 1, set(range(HOLE + 1, LAST + 1)))
    return order


def test_a_number_is_given_up_after_a_while(order: ChangeOrder) -> None:
    looks = Looks(order)
    looks.go_on(QUIET)
    assert order.settled == HOLE - 1
    looks.go_on(4)
    assert order.settled == LAST


def test_after_an_outage_it_is_asked_for_as_long_again(order: ChangeOrder) -> None:
    looks = Looks(order)
    looks.go_on(QUIET - 4)
    looks.moment += INTERRUPTION
    looks.go_on(QUIET)
    assert order.settled == HOLE - 1
    looks.go_on(4)
    assert order.settled == LAST
