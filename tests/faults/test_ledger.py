"""The ledger itself: what is planted is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .ledger import Ledger, View
from .rules import IN_FLIGHT

CHAT, OTHER_CHAT = "chat", "other chat"
SENDER, READER, STRANGER = 1, 2, 3


class Run:
    """Three messages of one sender that a reader received, the second edited, the third deleted."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.ledger.joined(CHAT, SENDER, READER)
        self.reader = self.ledger.open_view(CHAT, READER)
        self.reader.connected()
        self.stored = [self.message(seq, seq) for seq in (1, 2, 3)]
        for message in self.stored:
            self.send(message)
            self.receive(self.reader, message)
        self.edit(1, rev=4)
        self.delete(2, rev=5)

    @staticmethod
    def message(seq: int, rev: int, content: str = "") -> dict[str, Any]:
        return {
            "id": f"id {seq}",
            "chat_id": CHAT,
            "sender_id": SENDER,
            "client_id": f"client id {seq}",
            "seq": seq,
            "rev": rev,
            "content": content or f"content {seq}",
            "edited_at": None,
            "deleted_at": None,
        }

    def send(self, message: dict[str, Any]) -> None:
        self.ledger.attempted(CHAT, SENDER, message["client_id"], message["content"])
        self.ledger.acknowledged(message["client_id"], message, 201)

    def receive(self, view: View, message: dict[str, Any]) -> None:
        view.received("text_message", {**message, "message_id": message["id"]})
        view.shows(message, is_new=message["id"] not in view.shown)

    def edit(self, at: int, rev: int) -> None:
        edited = {**self.stored[at], "rev": rev, "content": "edited", "edited_at": "now"}
        self.stored[at] = edited
        self.ledger.edited(CHAT, edited, "edited")
        self.receive(self.reader, edited)

    def delete(self, at: int, rev: int) -> None:
        self.stored[at] = {**self.stored[at], "rev": rev, "content": "", "deleted_at": "now"}
        self.ledger.deleted(CHAT, self.stored[at]["id"])
        self.receive(self.reader, self.stored[at])

    def violations(self) -> list[str]:
        return self.ledger.violations(self.stored)


def lose_a_message(run: Run) -> None:
    del run.stored[0], run.reader.shown["id 1"]


def store_a_message_twice(run: Run) -> None:
    copy = {**run.stored[0], "id": "id 4", "seq": 4, "rev": 6}
    run.stored.append(copy)
    run.receive(run.reader, copy)


def store_other_content(run: Run) -> None:
    run.stored[0]["content"] = run.reader.shown["id 1"]["content"] = "something else"


def answer_a_retry_with_another_number(run: Run) -> None:
    run.ledger.acknowledged("client id 1", {**run.stored[0], "seq": 9}, 200)


def give_a_number_twice(run: Run) -> None:
    run.stored[1]["rev"] = run.reader.shown["id 2"]["rev"] = 1
    run.ledger.changes.clear()


def lose_an_edit(run: Run) -> None:
    run.stored[1] = run.message(2, 2)
    run.reader.shown["id 2"] = run.stored[1]


def lose_a_deletion(run: Run) -> None:
    run.stored[2] = run.message(3, 3)
    run.reader.shown["id 3"] = run.stored[2]


def send_a_message_to_nobody(run: Run) -> None:
    run.stored.append(run.message(4, 6))
    run.send(run.stored[-1])


def hide_an_edit_from_the_reader(run: Run) -> None:
    run.reader.shown["id 2"] = run.message(2, 2)


def hide_a_deletion_from_the_reader(run: Run) -> None:
    run.reader.shown["id 3"]["deleted_at"] = None


def deliver_twice(run: Run) -> None:
    run.receive(run.reader, run.stored[0])


def show_twice(run: Run) -> None:
    run.reader.shows(run.stored[0], is_new=True)


def deliver_out_of_order(run: Run) -> None:
    run.stored += [run.message(4, 6), run.message(5, 7)]
    for message in run.stored[3:]:
        run.send(message)
        answers = run.ledger.sends[message["client_id"]].answers
        answers[0] = (answers[0][0] - 2 * IN_FLIGHT, *answers[0][1:])
    for message in reversed(run.stored[3:]):
        run.receive(run.reader, message)


def show_what_is_not_stored(run: Run) -> None:
    run.receive(run.reader, run.message(4, 6))


def tell_a_stranger(run: Run) -> None:
    run.receive(run.ledger.open_view(CHAT, STRANGER), run.stored[0])


def tell_who_was_removed(run: Run) -> None:
    run.ledger.left(CHAT, READER, 6)
    run.receive(run.reader, run.message(4, 7))


def tell_who_was_removed_of_the_chat(run: Run) -> None:
    run.ledger.left(CHAT, READER, 6)
    run.reader.received("chat_updated", {"rev": 7})


def tell_of_another_chat(run: Run) -> None:
    run.reader.received(
        "text_message", {**run.message(1, 1), "chat_id": OTHER_CHAT, "message_id": "id 1"}
    )


PLANTED: dict[Callable[[Run], None], str] = {
    lose_a_message: "lost",
    store_a_message_twice: "doubled",
    store_other_content: "changed",
    answer_a_retry_with_another_number: "answered",
    give_a_number_twice: "rev 1 belongs",
    lose_an_edit: "edit lost",
    lose_a_deletion: "deletion lost",
    send_a_message_to_nobody: "missing",
    hide_an_edit_from_the_reader: "stale",
    hide_a_deletion_from_the_reader: "not applied",
    deliver_twice: "received twice",
    show_twice: "shown twice",
    deliver_out_of_order: "out of order",
    show_what_is_not_stored: "invented",
    tell_a_stranger: "leaked",
    tell_who_was_removed: "leaked",
    tell_who_was_removed_of_the_chat: "leaked",
    tell_of_another_chat: "leaked",
}


def test_a_run_without_faults_breaks_no_rule() -> None:
    run = Run()
    assert run.violations() == []
    run.ledger.check(run.stored)


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_what_is_planted_is_found_and_named(plant: Callable[[Run], None]) -> None:
    run = Run()
    plant(run)
    found = run.violations()
    assert found
    assert found[0].startswith(PLANTED[plant])
    with pytest.raises(AssertionError, match=PLANTED[plant]):
        run.ledger.check(run.stored)


def test_who_left_early_is_held_to_what_was_there_before() -> None:
    run = Run()
    run.reader.left(5)
    run.stored.append(run.message(4, 6))
    run.send(run.stored[-1])
    assert run.violations() == []
    moment, rev = run.reader.closed or (0, 0)
    run.reader.closed = (moment + 60, rev)  # so the sends are old enough
    del run.reader.shown["id 1"]
    assert run.violations() == ["missing: user 2, who left at 5, never received 1"]
