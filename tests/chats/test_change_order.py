"""The order of changes: every change goes out once and in order, whatever the layer does to them.

Without MongoDB or Valkey: a list of changes stands for what is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from chats import events
from chats.live.change_order import GAP_WAIT, INTERRUPTION, ChangeOrder
from chats.protocol import LATE, MOST_MISSED, QUIET

CHAT = "0" * 32


def message(rev: int, *, deleted: bool = False) -> events.Change:
    """A change that a message tells."""
    return events.MessageDeleted(
        chat_id=CHAT,
        rev=rev,
        message_id=f"m{rev}",
        seq=rev,
        sender_id=1,
        created_at="",
        deleted_at="",
        deleted_by=1 if deleted else None,
    )


def renaming(rev: int) -> events.Change:
    """A change that no message tells: once it is lost, only the state of the chat tells it."""
    return events.ChatUpdated(chat_id=CHAT, rev=rev, name=str(rev), owner_id=1, member_ids=[1])


def revs(changes: list[events.Change]) -> list[int]:
    return [change.rev for change in changes]


def started(rev: int = 0, watermark: int | None = None) -> ChangeOrder:
    """An order that begins where nothing is under way."""
    order = ChangeOrder()
    order.start(rev, rev if watermark is None else watermark, ())
    return order


@dataclass
class Chat:
    """What is stored of a chat, and a reader of it that does what `ChatHub` does, without I/O."""

    changes: dict[int, events.Change] = field(default_factory=dict)
    order: ChangeOrder = field(default_factory=started)
    told: list[int] = field(default_factory=list)  # the changes that went out
    states: list[int] = field(default_factory=list)  # the states that went out

    @property
    def last_rev(self) -> int:
        return max(self.changes, default=0)

    @property
    def stored(self) -> dict[int, events.Change]:
        """What messages tell."""
        return {
            rev: change
            for rev, change in self.changes.items()
            if isinstance(change, events.MessageChange)
        }

    def receive(self, rev: int) -> None:
        self.told += revs(self.order.receive(self.changes[rev]))

    def catch_up(self, *, patient: bool) -> None:
        missing = self.order.missing(self.last_rev)
        found = {rev: change for rev, change in self.stored.items() if rev in missing}
        if patient:
            self.told += revs(self.order.fill(found, self.last_rev))
        else:
            due, has_skipped = self.order.fill_without(found, self.last_rev)
            self.told += revs(due)
            if has_skipped and self.order.tell_state(self.last_rev):
                self.states.append(self.last_rev)
        self.told += revs(self.order.following())

    def is_known(self, rev: int) -> bool:
        """Whether a client knows this change: by itself, or by a state that came after it."""
        return rev in self.told or any(state >= rev for state in self.states)


kinds = st.lists(st.sampled_from([message, renaming]), min_size=1, max_size=30)


def chat_of(made: list) -> Chat:
    return Chat({rev: make(rev) for rev, make in enumerate(made, 1)})


@given(kinds, st.data())
def test_in_any_order_and_doubled_every_change_goes_out_once_and_in_order(made, data):
    chat = chat_of(made)
    every = list(chat.changes)
    arrivals = data.draw(st.permutations(every + data.draw(st.lists(st.sampled_from(every)))))
    for rev in arrivals:
        chat.receive(rev)
    assert chat.told == every
    assert chat.order.is_even_with(chat.last_rev)


@given(kinds, st.data())
def test_what_was_lost_is_read_and_nothing_goes_out_twice(made, data):
    chat = chat_of(made)
    every = list(chat.changes)
    arrivals = data.draw(st.permutations(every))
    heard = data.draw(st.lists(st.sampled_from(arrivals), unique=True))
    for rev in heard:
        chat.receive(rev)
        if data.draw(st.booleans()):
            chat.catch_up(patient=data.draw(st.booleans()))
    chat.catch_up(patient=False)
    assert len(chat.told) == len(set(chat.told))
    assert all(chat.is_known(rev) for rev in every)
    messages = [rev for rev in chat.told if rev in chat.stored]
    assert sorted(messages) == list(chat.stored)
    assert chat.order.rev == chat.last_rev


@given(kinds, st.data())
def test_while_patient_nothing_goes_out_before_what_it_follows(made, data):
    chat = chat_of(made)
    for rev in data.draw(st.lists(st.sampled_from(list(chat.changes)))):
        chat.receive(rev)
        if data.draw(st.booleans()):
            chat.catch_up(patient=True)
        assert chat.told == list(range(1, len(chat.told) + 1))


@given(kinds, st.integers(0, 30), st.data())
def test_from_any_start_only_what_is_later_goes_out(made, at, data):
    chat = chat_of(made)
    start = min(at, chat.last_rev)
    chat.order = ChangeOrder()
    before = data.draw(st.lists(st.sampled_from(list(chat.changes)), unique=True))
    for rev in before:  # they come while the chat is being read
        chat.receive(rev)
    assert chat.told == []
    chat.told += revs(chat.order.start(start, start, ()))
    for rev in data.draw(st.permutations(list(chat.changes))):
        chat.receive(rev)
    assert chat.told == list(range(start + 1, chat.last_rev + 1))


@given(kinds, st.data())
def test_what_was_under_way_at_the_start_goes_out_when_it_is_found(made, data):
    chat = chat_of(made)
    every = list(chat.changes)
    stored = data.draw(st.sets(st.sampled_from(every)))
    chat.order = ChangeOrder()
    chat.order.start(chat.last_rev, max(chat.last_rev - LATE, 0), stored)
    chat.catch_up(patient=True)
    assert chat.told == [rev for rev in every if rev not in stored and rev in chat.stored]


def test_a_late_message_is_read_again_and_not_shown_as_it_was():
    order = started(3, watermark=1)
    assert order.receive(message(2)) == []
    assert order.read_after == 0


def test_a_gap_is_read_after_a_moment():
    order = started()
    assert order.receive(message(2)) == []
    assert order.read_after == GAP_WAIT


def test_a_state_stands_for_what_it_holds():
    order = started(1, watermark=0)
    assert order.tell_state(2)
    assert order.receive(renaming(2)) == []  # in that state already
    assert order.rev == 2
    assert revs(order.receive(message(3))) == [3]
    assert not order.tell_state(1)


def test_who_is_too_far_behind_is_told_to_read_the_chat_again():
    order = started()
    assert not order.is_too_far_behind(MOST_MISSED)
    assert order.is_too_far_behind(MOST_MISSED + 1)


HOLE, LAST = 4, 7


class Looks:
    """Looks at MongoDB every two seconds of a clock that a test moves."""

    def __init__(self) -> None:
        """All changes up to the last one went out, except one that wasn't there."""
        self.order = ChangeOrder()
        self.order.start(LAST, HOLE - 1, set(range(HOLE + 1, LAST + 1)))
        self.moment = 1000.0

    def go_on(self, seconds: float) -> None:
        for _ in range(int(seconds / 2)):
            self.moment += 2
            self.order.look(LAST, self.moment)


def test_a_number_is_given_up_after_a_while():
    looks = Looks()
    looks.go_on(QUIET)
    assert looks.order.watermark == HOLE - 1
    assert looks.order.missing(LAST) == [HOLE]
    looks.go_on(4)
    assert looks.order.watermark == LAST
    assert looks.order.missing(LAST) == []


def test_after_an_outage_it_is_asked_for_as_long_again():
    looks = Looks()
    looks.go_on(QUIET - 4)
    looks.moment += INTERRUPTION
    looks.go_on(QUIET)
    assert looks.order.watermark == HOLE - 1
    looks.go_on(4)
    assert looks.order.watermark == LAST
