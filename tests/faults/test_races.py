"""The same thing done at once by several people over two processes: done once, and nothing lost."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx2
import orjson
import pytest
import websockets
from asgiref.sync import sync_to_async

from tests.waiting import wait_for_async

from .api import Person
from .cluster import Cluster

SENDS = 50  # of one `client_id`
OPENINGS = 100  # of one private chat
NEWCOMERS, LEAVERS = 20, 20  # members who come and go at once
PATIENCE = 30.0  # seconds for which a request that is told to come again (503) does so


@pytest.fixture
async def cluster(start_cluster: Callable[..., Any]) -> Cluster:
    cluster: Cluster = await start_cluster(processes=2)
    return cluster


async def at_once(
    cluster: Cluster, requests: list[tuple[Person, str, str, Any]]
) -> list[httpx2.Response]:
    """These requests (person, method, path, JSON) at once, in turn to each of the processes.

    Where a machine is too busy for all of them, some are told to come again, and do.
    """
    until = time.monotonic() + PATIENCE
    limits = httpx2.Limits(max_connections=len(requests))
    async with httpx2.AsyncClient(timeout=60, limits=limits) as http:

        async def ask(number: int) -> httpx2.Response:
            person, method, path, body = requests[number]
            ports = cluster.ports()
            url = f"http://127.0.0.1:{ports[number % len(ports)]}/api/v1/{path}"
            while True:
                answer = await http.request(method, url, json=body, headers=person.headers)
                if answer.status_code != 503 or time.monotonic() > until:
                    return answer
                await asyncio.sleep(float(answer.headers["retry-after"]))

        return await asyncio.gather(*map(ask, range(len(requests))))


async def test_the_same_client_id_sent_by_many_requests_is_one_message(
    cluster: Cluster, crowd: list[Person], is_long: bool
) -> None:
    chat_id = await cluster.create_group(*crowd)
    for person in crowd:
        cluster.open(person, chat_id)
    await cluster.all_ready(10)
    for number in range(1, 11 if is_long else 3):
        client_id = str(uuid.uuid4())
        cluster.ledger.attempted(chat_id, crowd[0].user_id, client_id, "Once")
        send = {"content": "Once", "client_id": client_id}
        answers = await at_once(
            cluster, [(crowd[0], "POST", f"chats/{chat_id}/messages", send)] * SENDS
        )
        assert Counter(answer.status_code for answer in answers) == {201: 1, 200: SENDS - 1}
        assert {(a.json()["id"], a.json()["seq"], a.json()["rev"]) for a in answers} == {
            (answers[0].json()["id"], number, number)
        }
        for answer in answers:
            cluster.ledger.acknowledged(client_id, answer.json(), answer.status_code)
    await cluster.settle(10)
    cluster.check()


async def test_a_private_chat_opened_from_both_sides_at_once_is_one_chat(
    cluster: Cluster, crowd: list[Person], is_long: bool
) -> None:
    for other in crowd[1:] if is_long else crowd[1:2]:
        sides = [(crowd[0], other), (other, crowd[0])] * (OPENINGS // 2)
        answers = await at_once(
            cluster,
            [(person, "POST", f"chats/private/{peer.user_id}", None) for person, peer in sides],
        )
        assert Counter(answer.status_code for answer in answers) == {201: 1, 200: OPENINGS - 1}
        (chat_id,) = {answer.json()["id"] for answer in answers}
        members = sorted([crowd[0].user_id, other.user_id])
        (stored,) = cluster.database.chats_chat.find({"member_ids": {"$all": members}})
        assert (stored["_id"], sorted(stored["member_ids"])) == (uuid.UUID(chat_id).hex, members)


class ChatEvents:
    """Every event that one socket of a chat gets."""

    def __init__(self, cluster: Cluster, person: Person, chat_id: str) -> None:
        url = f"{cluster.proxy.websocket_url}/api/v1/chats/{chat_id}"
        self.frames: list[dict[str, Any]] = []
        self._socket = websockets.connect(url, additional_headers=person.headers, proxy=None)

    async def __aenter__(self) -> ChatEvents:
        self._connection = await self._socket.__aenter__()
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._task.cancel()
        await self._socket.__aexit__(None, None, None)

    async def _read(self) -> None:
        async for text in self._connection:
            self.frames.append(orjson.loads(text))

    async def up_to(self, rev: int) -> list[dict[str, Any]]:
        """What came with a `rev`, once this one is there; changes come in order."""
        await wait_for_async(
            lambda: [frame for frame in self.with_rev() if frame["data"]["rev"] >= rev],
            what=f"for change {rev}",
        )
        return self.with_rev()

    def with_rev(self) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if "rev" in frame["data"]]


async def test_members_added_and_removed_at_once_are_all_added_and_removed(
    cluster: Cluster, people: Callable[[int], list[Person]], transactional_db: None
) -> None:
    owner, *others = await sync_to_async(people)(1 + NEWCOMERS + LEAVERS)
    leavers, newcomers = others[:LEAVERS], others[LEAVERS:]
    chat_id = await cluster.create_group(owner, *leavers)
    members = f"chats/{chat_id}/members"
    requests: list[tuple[Person, str, str, Any]] = []
    for number, (leaver, newcomer) in enumerate(zip(leavers, newcomers, strict=True)):
        by = leaver if number % 2 else owner  # some leave by themselves
        requests += [
            (by, "DELETE", f"{members}/{leaver.user_id}", None),
            (owner, "POST", members, {"user_ids": [newcomer.user_id]}),
            # Twice, by another request: added once.
            (owner, "POST", members, {"user_ids": [newcomer.user_id]}),
        ]
    async with ChatEvents(cluster, owner, chat_id) as told:
        answers = await at_once(cluster, requests)
        found = [(answer.request.method, answer.status_code) for answer in answers]
        # What comes again may have been done.
        assert {status for method, status in found if method == "DELETE"} <= {204, 404}
        assert {status for method, status in found if method == "POST"} == {201}
        (chat,) = cluster.database.chats_chat.find()
        entitled = {owner.user_id, *(person.user_id for person in newcomers)}
        assert sorted(chat["member_ids"]) == sorted(entitled)
        assert chat["last_rev"] == LEAVERS + NEWCOMERS
        changes = await told.up_to(chat["last_rev"])
    # Who came has read nothing by that, and who left leaves nothing behind.
    assert list(cluster.database.chats_readmarker.find()) == []
    assert set(map(int, chat["floors"])) <= entitled
    assert follow({person.user_id for person in (owner, *leavers)}, changes) == entitled


def follow(members: set[int], changes: list[dict[str, Any]]) -> set[int]:
    """Who is in the chat after these events, which have a dense `rev` unless a state covers it."""
    rev = changes[0]["data"]["rev"] - 1
    for frame in changes:
        kind, data = frame["type"], frame["data"]
        if kind == "chat_state":
            members = set(data["member_ids"])
        else:
            assert data["rev"] == rev + 1
            members = members ^ {data["user_id"]}
        rev = data["rev"]
    return members


async def test_one_person_added_and_removed_again_and_again_is_what_the_last_change_says(
    cluster: Cluster, crowd: list[Person], is_long: bool
) -> None:
    owner, person = crowd[0], crowd[1]
    chat_id = await cluster.create_group(*crowd)
    members = f"chats/{chat_id}/members"
    add = (owner, "POST", members, {"user_ids": [person.user_id]})
    remove = (owner, "DELETE", f"{members}/{person.user_id}", None)
    start = {each.user_id for each in crowd}
    async with ChatEvents(cluster, owner, chat_id) as told:
        for _ in range(20 if is_long else 4):
            answers = await at_once(cluster, [remove, add] * 10)
            # Not 5xx: removed by another request meanwhile, or no member (any more).
            assert {answer.status_code for answer in answers} <= {201, 204, 400, 404}
            (chat,) = cluster.database.chats_chat.find()
            changes = await told.up_to(chat["last_rev"])
            assert follow(start, changes) == set(chat["member_ids"])
            assert len(chat["member_ids"]) == len(set(chat["member_ids"]))
