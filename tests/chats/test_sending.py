"""Sends of many threads to one chat, which are stored together."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from pymongo.errors import AutoReconnect

from chats import actions
from chats.actions import sending
from chats.actions.known_chats import KnownChats
from chats.errors import Refused
from chats.events import chat_group
from chats.models import Chat, Message, ReadMarker
from chats.models.message import MessageQuerySet
from tests.commands_sent import sent_commands
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


class Crowd:
    """Threads that send while a first message is on its way, so that they are stored together."""

    def __init__(self, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
        self.chat = chat
        self._is_storing, self._go = threading.Event(), threading.Event()
        self._threads = ThreadPoolExecutor(20)
        insert = MessageQuerySet.insert

        def held(rows: MessageQuerySet, messages: Any) -> tuple[int, str]:
            if not self._is_storing.is_set():
                self._is_storing.set()
                assert self._go.wait(10)
            return insert(rows, messages)

        monkeypatch.setattr(MessageQuerySet, "insert", held)

    def send(self, user: Any, content: str, **options: Any) -> Future[tuple[Message, bool]]:
        """Send in a thread, behind those that send already."""
        waiting, is_first = self._waiting(), not self._is_storing.is_set()
        future = self._threads.submit(self._send, user, content, **options)
        if is_first:
            assert self._is_storing.wait(10)
        else:
            wait_for(lambda: len(self._waiting()) > len(waiting))
        return future

    def _send(self, user: Any, content: str, **options: Any) -> tuple[Message, bool]:
        try:
            return actions.post_message(user, self.chat.pk, content, **options)
        finally:
            connections["default"].close()

    def _waiting(self) -> list[Any]:
        return list(sending._store_together._waiting.get(self.chat.pk, ()))

    def go(self) -> None:
        self._go.set()

    def end(self) -> None:
        self.go()
        self._threads.shutdown()


@pytest.fixture
def crowd(group: Chat, ada: Any, monkeypatch: pytest.MonkeyPatch):
    crowd = Crowd(group, monkeypatch)
    crowd.send(ada, "first")
    yield crowd
    crowd.end()


def stored(chat: Chat) -> list[tuple[int, str]]:
    rows = Message.objects.in_chat(chat.pk).oldest_first()
    return list(rows.values_list("seq", "content"))


def test_what_is_sent_at_once_is_stored_and_told_together_in_order(
    group, ada, grace, alan, crowd, captured_events
):
    told = captured_events(chat_group(group.pk))
    with sent_commands() as commands:
        people = [ada, grace, alan]
        futures = [
            crowd.send(people[number % 3], f"m{number}", client_id=str(number))
            for number in range(9)
        ]
        crowd.go()
        sent = [future.result(10) for future in futures]
    assert all(created for _, created in sent)
    assert [message.seq for message, _ in sent] == list(range(2, 11))
    assert stored(group) == [(1, "first"), *((n + 2, f"m{n}") for n in range(9))]
    assert [data["seq"] for data in told.of_type("text_message")] == list(range(1, 11))
    names = [command.name for command in commands if command.acknowledged]
    assert names == ["insert", "insert"]  # the first, and the others
    markers = ReadMarker.objects.filter(chat_id=group.pk).values_list("user_id", "seq")
    wait_for(lambda: dict(markers) == {ada.pk: 2})  # nobody has read what others sent


def test_who_may_not_send_holds_nobody_back(group, ada, grace, alan, stranger, crowd):
    first, silenced = crowd.send(ada, "one"), crowd.send(grace, "silenced")
    foreign, last = crowd.send(stranger, "foreign"), crowd.send(alan, "two")
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    crowd.go()
    assert (first.result(10)[0].seq, last.result(10)[0].seq) == (2, 3)
    with pytest.raises(Refused):
        silenced.result(10)
    with pytest.raises(Chat.DoesNotExist):
        foreign.result(10)
    assert stored(group) == [(1, "first"), (2, "one"), (3, "two")]


def test_a_retry_beside_its_first_try_is_one_message(group, ada, grace, crowd):
    tries = [crowd.send(ada, "once", client_id="a") for _ in range(3)]
    other = crowd.send(grace, "other", client_id="a")
    crowd.go()
    sent = [future.result(10) for future in tries]
    assert len({message.pk for message, _ in sent}) == 1
    assert [created for _, created in sent].count(True) == 1
    assert other.result(10)[1]
    assert [content for _, content in stored(group)] == ["first", "once", "other"]


def test_a_store_that_is_away_fails_all_and_their_retries_lose_nothing(
    group, ada, grace, crowd, monkeypatch
):
    insert = MessageQuerySet.insert

    def away(rows: Any, messages: Any) -> Any:
        if messages[0].content == "first":
            return insert(rows, messages)
        raise AutoReconnect("connection closed")

    with monkeypatch.context() as patch:
        patch.setattr(MessageQuerySet, "insert", away)
        futures = [crowd.send(who, f"by {who}", client_id="a") for who in (ada, grace)]
        crowd.go()
        for future in futures:
            with pytest.raises(AutoReconnect):
                future.result(10)
    for who in (grace, ada):
        assert actions.post_message(who, group.pk, f"by {who}", client_id="a")[1]
    assert stored(group) == [(1, "first"), (2, f"by {grace}"), (3, f"by {ada}")]


def test_processes_that_send_to_one_chat_at_once_refuse_each_other_and_lose_nothing(
    group, ada, grace, alan, monkeypatch
):
    """Each thread has a known of its own, as if it were a process."""
    own = threading.local()

    def known_chats() -> KnownChats:
        if not hasattr(own, "known_chats"):
            own.known_chats = KnownChats()
        return own.known_chats

    class Separate:
        def __getattr__(self, name: str) -> Any:
            return getattr(known_chats(), name)

    monkeypatch.setattr(sending, "known_chats", Separate())

    def alone(chat_id: Any, new: sending.Send) -> sending.Outcome:
        with sending._turn(chat_id):
            return sending._store_group(chat_id, [new])[0]

    monkeypatch.setattr(sending, "_store_together", alone)
    refused: list[str] = []
    insert = MessageQuerySet.insert

    def noted(rows: Any, messages: Any) -> tuple[int, str]:
        count, by = insert(rows, messages)
        refused.extend([by] if by else [])
        return count, by

    monkeypatch.setattr(MessageQuerySet, "insert", noted)

    def send(user: Any) -> list[int]:
        try:
            return [actions.post_message(user, group.pk, f"{user} {n}")[0].seq for n in range(20)]
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(3) as threads:
        seqs = list(threads.map(send, [ada, grace, alan]))
    assert sorted(seq for own_seqs in seqs for seq in own_seqs) == list(range(1, 61))
    assert all(own_seqs == sorted(own_seqs) for own_seqs in seqs)
    assert [seq for seq, _ in stored(group)] == list(range(1, 61))
    assert set(refused) == {"rev"}
    assert len(refused) < 20  # they take turns


@pytest.mark.parametrize(
    ("sent", "markers"),
    [
        ([(1, 1), (1, 2), (2, 3)], {1: 2}),
        ([(2, 1), (1, 2), (1, 3)], {2: 1}),
        ([(1, 1), (2, 2), (1, 3)], {1: 1}),
    ],
)
def test_a_marker_moves_over_ones_own_first_messages_alone(group, sent, markers):
    ReadMarker.objects.advance_unacknowledged(group.pk, sent)
    stored_markers = ReadMarker.objects.filter(chat_id=group.pk).values_list("user_id", "seq")
    wait_for(lambda: dict(stored_markers) == markers)
