"""The order of changes: every change goes out once and in order, whatever the layer does to them.

Without MongoDB or Valkey: a list of changes stands for the log.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from chats import events
from chats.live.change_order import ChangeOrder
from chats.protocol import MOST_MISSED


def change(rev: int) -> events.Change:
    return events.MemberRemoved(
        chat_id="0" * 32, rev=rev, user_id=rev, username=None, name=None, removed_by=1
    )


def revs(changes: list[events.Change]) -> list[int]:
    return [one.rev for one in changes]


def started(rev: int = 0) -> ChangeOrder:
    order = ChangeOrder()
    order.start(rev)
    return order


# Example by example ------------------------------------------------------------------------------


def test_changes_in_order_go_out_at_once() -> None:
    order = started(4)
    assert revs(order.take([change(5)])) == [5]
    assert revs(order.take([change(6), change(7)])) == [6, 7]
    assert (order.rev, order.has_gap) == (7, False)


def test_a_change_waits_for_the_one_before_it() -> None:
    order = started()
    assert order.take([change(2)]) == []
    assert order.has_gap
    assert order.is_early(3)
    assert revs(order.take([change(1)])) == [1, 2]
    assert not order.has_gap


def test_a_change_that_comes_twice_or_late_goes_out_once() -> None:
    order = started()
    order.take([change(1), change(2)])
    assert order.take([change(2), change(1)]) == []
    assert not order.has_gap


def test_what_comes_before_the_start_waits_for_it() -> None:
    order = ChangeOrder()
    assert order.take([change(3), change(5), change(6)]) == []
    assert not order.has_gap  # nobody knows yet
    assert not order.is_behind(9)
    assert order.start(4) == [change(5), change(6)]


def test_what_is_behind_the_log_is_noticed() -> None:
    order = started(7)
    assert not order.is_behind(7)
    assert order.is_behind(8)
    assert not order.is_too_far_behind(7 + MOST_MISSED)
    assert order.is_too_far_behind(8 + MOST_MISSED)


# Whatever happens --------------------------------------------------------------------------------


EVENTS = ["write", "write", "arrive", "lose", "catch up", "restart"]


@dataclass
class Hub:
    """Does what `ChatHub` does with an order, without I/O."""

    log: list[int] = field(default_factory=list)
    order: ChangeOrder = field(default_factory=started)
    told: list[int] = field(default_factory=list)
    start: int = 0

    def receive(self, rev: int) -> None:
        self.told += revs(self.order.take([change(rev)]))

    def catch_up(self) -> None:
        missed = [change(rev) for rev in self.log if rev > self.order.rev]
        self.told += revs(self.order.take(missed))

    def restart(self) -> None:
        """As after too many changes: those until now are left out."""
        self.told.clear()
        self.start = len(self.log)
        self.told += revs(self.order.start(self.start))


@given(st.data())
def test_every_change_goes_out_once_and_in_order(data: st.DataObject) -> None:
    hub = Hub()
    arriving: list[int] = []  # events on their way: each may come, come twice, or be lost
    for _ in range(data.draw(st.integers(1, 40))):
        match data.draw(st.sampled_from(EVENTS)):
            case "write":
                hub.log.append(len(hub.log) + 1)
                arriving += [len(hub.log)] * data.draw(st.integers(1, 2))
            case "arrive" if arriving:
                hub.receive(arriving.pop(data.draw(st.integers(0, len(arriving) - 1))))
            case "lose" if arriving:
                arriving.pop(data.draw(st.integers(0, len(arriving) - 1)))
            case "catch up":
                hub.catch_up()
            case "restart" if data.draw(st.booleans()):
                hub.restart()
        assert hub.told == list(range(hub.start + 1, hub.start + 1 + len(hub.told)))
        assert hub.order.rev == hub.start + len(hub.told)
    hub.catch_up()
    assert hub.told == list(range(hub.start + 1, len(hub.log) + 1))
    assert not hub.order.has_gap


@given(st.permutations(range(1, 9)), st.integers(0, 8))
def test_the_order_of_arrival_does_not_matter(arrival: list[int], at: int) -> None:
    """Also not when the order starts in between."""
    order = ChangeOrder()
    told = [rev for number in arrival[:at] for rev in revs(order.take([change(number)]))]
    told += revs(order.start(0))
    told += [rev for number in arrival[at:] for rev in revs(order.take([change(number)]))]
    assert told == list(range(1, 9))
