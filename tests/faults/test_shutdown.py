"""SIGTERM: what was asked is answered, and every socket is told to come back (1012)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pymongo
import pytest
from django.conf import settings
from django.contrib.auth import get_user_model

from chatproject.development.server import port_is_free
from chats import actions
from tests.server_process import ServerProcess
from tests.waiting import wait_for_async

from . import figures
from .api import Person
from .traffic import traffic

ENDED = 5.0  # seconds in which a process has ended
BACK = 5.0  # seconds in which every client is connected with nothing missing


@contextmanager
def writes_wait() -> Iterator[Callable[[], int]]:
    """Let MongoDB hold back every write; yields how many wait."""
    options: dict[str, Any] = {"serverSelectionTimeoutMS": 5000}
    with pymongo.MongoClient[dict[str, Any]](settings.DATABASES["chat"]["HOST"], **options) as c:
        c.admin.command("fsync", lock=True)
        try:
            yield lambda: len(
                list(
                    c.admin.aggregate(
                        [{"$currentOp": {}}, {"$match": {"command.insert": "chats_message"}}]
                    )
                )
            )
        finally:
            c.admin.command("fsyncUnlock")


@pytest.fixture
def chat_of_each(crowd: list[Person]) -> list[str]:
    """A group for each of the crowd: to one chat they would be written together."""
    people = get_user_model().objects.in_bulk([person.user_id for person in crowd])
    owners = [people[person.user_id] for person in crowd]
    return [str(actions.create_group(owner, "Alone", []).pk) for owner in owners]


@pytest.mark.parametrize("kind", ["daphne", "uvicorn", "uvicorn-frames", "granian"])
async def test_requests_under_way_are_answered_before_the_process_ends(
    kind: str, crowd: list[Person], chat_of_each: list[str]
) -> None:
    process = ServerProcess(kind)
    await asyncio.to_thread(process.wait_until_ready)
    async with httpx2.AsyncClient(base_url=process.url, timeout=20) as http:
        with writes_wait() as waiting:
            posts = [
                asyncio.create_task(
                    http.post(
                        f"/api/v1/chats/{chat_id}/messages",
                        json={"content": "Before the end"},
                        headers=person.headers,
                    )
                )
                for person, chat_id in zip(crowd, chat_of_each, strict=True)
            ]
            await wait_for_async(lambda: waiting() == len(posts), 10, "for writes to wait")
            stop = asyncio.create_task(asyncio.to_thread(process.stop))
            await wait_for_async(lambda: port_is_free(process.port), 5, "for the door to close")
            assert not any(post.done() for post in posts)
        answers = await asyncio.gather(*posts)
    await stop
    assert [answer.status_code for answer in answers] == [201] * len(crowd)
    assert "Traceback" not in process.output()


async def test_sockets_of_a_stopped_process_are_closed_with_1012_and_lose_nothing(
    start_cluster: Callable[..., Any], crowd: list[Person], server: str, is_long: bool
) -> None:
    cluster = await start_cluster(server=server)
    chat_id = await cluster.create_group(*crowd)
    for person in crowd:
        cluster.open(person, chat_id)
    await cluster.all_ready(10)
    ended, back = [], []
    async with traffic(cluster.clients, rate=30):
        for number in range(10 if is_long else 1):
            process, closed = cluster.processes[number % 2], cluster.clients_on(number % 2)
            start = time.monotonic()
            await asyncio.to_thread(process.stop)
            ended.append(time.monotonic() - start)
            assert ended[-1] < ENDED
            back.append(max([await client.ready(BACK) for client in cluster.clients]))
            assert [client.close_codes.pop() for client in closed] == [1012] * len(closed)
            assert "Traceback" not in process.output()
            await cluster.start_process(number % 2)
    assert not any(client.close_codes for client in cluster.clients)
    assert not any(client.api.refusals for client in cluster.clients)
    figures.seconds(f"SIGTERM, {server} ended after", ended)
    figures.seconds(f"SIGTERM, {server}, clients back after", back)
    await cluster.settle(20)
    cluster.check()
