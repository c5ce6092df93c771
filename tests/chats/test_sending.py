"""Sends of many threads to one chat, which are stored together."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from pymongo.errors import AutoReconnect

from chats import actions
from chats.actions import sending
from chats.errors import Refused
from chats.events import chat_group
from chats.models import Chat, Message, ReadMarker
from chats.models.chat import ChatQuerySet
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

        def held(rows: MessageQuerySet, messages: Any) -> list[bool]:
            if not self._is_storing.is_set():
                self._is_storing.set()
                assert self._go.wait(10)
            return insert(rows, messages)

        monkeypatch.setattr(MessageQuerySet, "insert", held)

    def send(self, user: Any, content: str, **options: Any) -> Future[tuple[Message, bool]]:
        """Send in a thread, behind those that send already."""
        waiting = self._waiting()
        future = self._threads.submit(self._send, user, content, **options)
        if self._is_storing.is_set():
            wait_for(lambda: len(self._waiting()) > len(waiting))
        else:
            assert self._is_storing.wait(10)
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
    assert names == ["insert", "findAndModify", "insert"]  # the first had its number
    markers = ReadMarker.objects.filter(chat_id=group.pk).values_list("user_id", "seq")
    wait_for(lambda: dict(markers) == {ada.pk: 8, grace.pk: 9, alan.pk: 10})


def test_more_than_hubs_wait_for_are_never_stored_together(group, ada, crowd, monkeypatch):
    sizes: list[int] = []
    change = ChatQuerySet.change

    def counted(rows: Any, chat_id: Any, update: Any, **options: Any) -> Any:
        sizes.append(update["$inc"]["last_seq"])
        return change(rows, chat_id, update, **options)

    monkeypatch.setattr(ChatQuerySet, "change", counted)
    futures = [crowd.send(ada, f"m{number}") for number in range(15)]
    crowd.go()
    for future in futures:
        assert future.result(10)[1]
    assert sizes == [sending.SENT_AT_ONCE, 15 - sending.SENT_AT_ONCE]
    assert [seq for seq, _ in stored(group)] == list(range(1, 17))


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


def test_a_number_that_was_filled_meanwhile_costs_its_message_alone(
    group, ada, grace, crowd, monkeypatch
):
    take_numbers = sending.take_numbers

    def filled(sends: list[sending.Send]) -> bool:
        """`check_sequences` takes the second number of them for a hole."""
        taken = take_numbers(sends)
        Message.objects.create(
            chat_id=group.pk, sender_id=ada.pk, seq=sends[1].message.seq, rev=1000, content="filler"
        )
        return taken

    sends: list[Callable[[], Any]] = []
    with monkeypatch.context() as patch:
        patch.setattr(sending, "take_numbers", filled)
        sends = [crowd.send(who, who.username).result for who in (ada, grace, ada)]
        crowd.go()
        assert [sends[0](10)[0].seq, sends[2](10)[0].seq] == [2, 4]
        with pytest.raises(sending.Unconfirmed):
            sends[1](10)
    assert stored(group) == [(1, "first"), (2, "ada"), (3, "filler"), (4, "ada")]


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
    monkeypatch.setattr(sending, "STORING", 0.1)
    for who in (grace, ada):
        assert actions.post_message(who, group.pk, f"by {who}", client_id="a")[1]
    assert stored(group) == [(1, "first"), (2, f"by {ada}"), (3, f"by {grace}")]
