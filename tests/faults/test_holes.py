"""A process that dies between taking a number and storing the message leaves a hole: every reader
bears it, and it is filled by the retry of that send or by `manage.py check_sequences --fix`.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command
from django.urls import reverse

from chats.actions import repair
from tests.waiting import wait_for_async

from .api import Person
from .client import Client
from .ledger import Ledger
from .stalled_send import StalledSend

LAST = 7  # the last number
HOLE = 4
STORED = [1, 2, 3, 5, 6, 7]
CRASHED = "the-send-that-crashed"  # a `client_id`

Ask = Callable[..., Any]


def crash(person: Person, chat_id: str, client_id: str = CRASHED) -> None:
    """Take a number in a process that is killed before it stores the message."""
    StalledSend(person.user_id, chat_id, "Nobody reads this", client_id).kill()


@pytest.fixture
def sender(crowd: list[Person]) -> Person:
    return crowd[0]


@pytest.fixture
def reader(crowd: list[Person]) -> Person:
    return crowd[1]


@pytest.fixture
def ask(api: Callable[..., Any], reader: Person, crowd_chat: str) -> Ask:
    """A function: what the API answers the reader about this chat."""
    from django.contrib.auth import get_user_model

    client = api(get_user_model().objects.get(pk=reader.user_id))

    def ask(query: str = "", path: str = "/messages") -> Any:
        answer = client.get(f"/api/v1/chats/{crowd_chat}{path}{query}")
        assert answer.status_code == 200, (query, answer.content)
        return answer.json()

    return ask


@pytest.fixture
def with_hole(sender: Person, crowd_chat: str) -> str:
    """The crowd's chat: messages 1 to 7, of which the fourth was never stored."""
    say(sender, crowd_chat, HOLE - 1)
    crash(sender, crowd_chat)
    say(sender, crowd_chat, LAST - HOLE)
    return crowd_chat


def say(person: Person, chat_id: str, count: int) -> None:
    from django.contrib.auth import get_user_model

    from chats import actions

    user = get_user_model().objects.get(pk=person.user_id)
    for _ in range(count):
        actions.post_message(user, uuid.UUID(chat_id), "a message")


def seqs(answer: Any) -> list[int]:
    return [message["seq"] for message in answer["results"]]


def check_sequences(*arguments: str) -> str:
    out = io.StringIO()
    call_command("check_sequences", *arguments, stdout=out)
    return out.getvalue()


# Readers -----------------------------------------------------------------------------------------


def test_every_page_of_the_history_bears_a_hole(with_hole: str, ask: Ask) -> None:
    assert seqs(ask()) == STORED[::-1]
    assert seqs(ask("?ordering=created_at")) == STORED
    for limit in range(1, LAST + 2):
        for offset in range(LAST + 2):
            window = range(LAST - offset - limit + 1, LAST - offset + 1)
            page = ask(f"?limit={limit}&offset={offset}")
            assert seqs(page) == [seq for seq in STORED[::-1] if seq in window]
            assert (page["count"], bool(page["next"])) == (LAST, offset + limit < LAST)
            up = range(offset + 1, offset + limit + 1)
            oldest = ask(f"?limit={limit}&offset={offset}&ordering=created_at")
            assert seqs(oldest) == [seq for seq in STORED if seq in up]


def test_before_and_after_each_number_and_each_change_bear_a_hole(with_hole: str, ask: Ask) -> None:
    for seq in range(1, LAST + 2):
        assert seqs(ask(f"?before={seq}")) == [s for s in STORED[::-1] if s < seq]
        assert seqs(ask(f"?after={seq}&ordering=created_at")) == [s for s in STORED if s > seq]
        changes = ask(f"?changed_after={seq}")
        assert seqs(changes) == [s for s in STORED if s > seq]
        assert changes["last_rev"] == LAST


def test_the_chat_and_its_list_count_the_hole_as_a_message(with_hole: str, ask: Ask) -> None:
    chat = ask(path="")
    assert (chat["unread_count"], chat["last_message"]["seq"]) == (LAST, LAST)


def test_a_hole_at_the_end_leaves_a_chat_without_a_latest_message(
    sender: Person, crowd_chat: str, ask: Ask
) -> None:
    crash(sender, crowd_chat)
    assert (seqs(ask()), ask()["count"]) == ([], 1)
    chat = ask(path="")
    assert (chat["unread_count"], chat["last_message"]) == (1, None)


def test_pages_and_the_admin_bear_a_hole(with_hole: str, reader: Person, client: Any) -> None:
    from django.contrib.auth import get_user_model

    user = get_user_model().objects.get(pk=reader.user_id)
    user.is_staff = user.is_superuser = True
    user.save()
    client.force_login(user)
    page = client.get(reverse("chats:detail", args=[with_hole])).content.decode()
    assert page.count('data-seq="') >= len(STORED)
    for address in (
        reverse("chats:list"),
        reverse("chats:members", args=[with_hole]),
        reverse("admin:chats_chat_changelist"),
        reverse("admin:chats_chat_change", args=[with_hole]),
        reverse("admin:chats_message_changelist"),
        f"{reverse('admin:chats_message_changelist')}?chat={with_hole}",
    ):
        assert client.get(address).status_code == 200, address


# Sockets, the retry and the repair ---------------------------------------------------------------


@pytest.fixture
async def open_client(
    live_server_process: Any, crowd_chat: str
) -> AsyncIterator[Callable[[Person], Client]]:
    """A function: a client of a person that is connecting to the crowd's chat."""
    clients: list[Client] = []

    def open_client(person: Person) -> Client:
        client = Client(Ledger(), live_server_process.url, person, crowd_chat)
        clients.append(client)
        client.open()
        return client

    yield open_client
    for client in clients:
        await client.close()


def shown(client: Client) -> list[int]:
    return sorted(message["seq"] for message in client.view.shown.values())


async def test_open_and_new_sockets_get_what_comes_after_a_hole(
    open_client: Callable[[Person], Client], crowd: list[Person], crowd_chat: str
) -> None:
    sender, reader, late = crowd[:3]
    client = open_client(reader)
    await client.ready(10)
    await sync_to_async(say)(sender, crowd_chat, HOLE - 1)
    await sync_to_async(crash)(sender, crowd_chat)
    await sync_to_async(say)(sender, crowd_chat, LAST - HOLE)
    await wait_for_async(lambda: shown(client) == STORED, 5)
    newcomer = open_client(late)
    await newcomer.ready(10)
    assert shown(newcomer) == STORED
    assert newcomer.cursor.rev == LAST
    # It asks the API what it misses, is told that there is nothing, and goes on.
    await wait_for_async(lambda: client.cursor.rev == LAST, 10)
    assert client.close_codes == newcomer.close_codes == []


async def test_the_repair_reaches_open_sockets_and_the_retry_takes_a_new_number(
    open_client: Callable[[Person], Client],
    with_hole: str,
    sender: Person,
    reader: Person,
    monkeypatch: pytest.MonkeyPatch,
    live_server_process: Any,
) -> None:
    client = open_client(reader)
    await client.ready(10)
    young = await sync_to_async(check_sequences)("--fix")
    assert f"seq {HOLE} may still be on its way" in young
    monkeypatch.setattr(repair, "GRACE", timedelta(0))
    with pytest.raises(CommandError):
        await sync_to_async(check_sequences)()
    report = await sync_to_async(check_sequences)("--fix")
    assert "1 wrong, 1 repaired" in report
    await wait_for_async(lambda: shown(client) == [*range(1, LAST + 1)], 5)
    (tombstone,) = [m for m in client.view.shown.values() if m["seq"] == HOLE]
    assert tombstone["deleted_at"]
    assert (tombstone["content"] or "", tombstone["rev"]) == ("", LAST + 1)
    assert await sync_to_async(check_sequences)() == "1 chats, 0 wrong, 0 repaired.\n"

    message = await retry(live_server_process.url, sender, with_hole)
    assert (message["seq"], message["content"]) == (LAST + 1, "Nobody reads this")
    await wait_for_async(lambda: shown(client) == [*range(1, LAST + 2)], 5)


async def test_the_retry_of_a_crashed_send_fills_its_hole(
    open_client: Callable[[Person], Client],
    with_hole: str,
    sender: Person,
    reader: Person,
    live_server_process: Any,
) -> None:
    client = open_client(reader)
    await client.ready(10)
    assert shown(client) == STORED
    message = await retry(live_server_process.url, sender, with_hole)
    # A change number of its own: the old one is behind what clients ask for.
    assert (message["seq"], message["rev"]) == (HOLE, LAST + 1)
    await wait_for_async(lambda: shown(client) == [*range(1, LAST + 1)], 5)
    again = await retry(live_server_process.url, sender, with_hole, status=200)
    assert again["id"] == message["id"]


async def retry(url: str, sender: Person, chat_id: str, status: int = 201) -> Any:
    """Send the message of the crash again; answers the stored one."""
    async with httpx.AsyncClient() as http:
        answer = await http.post(
            f"{url}/api/v1/chats/{chat_id}/messages",
            json={"content": "Nobody reads this", "client_id": CRASHED},
            headers=sender.headers,
        )
    assert answer.status_code == status, answer.text
    return answer.json()
