"""MongoDB as a replica set of three: its primary dies or hands over, or its majority is gone."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from tests.waiting import wait_for_async

from . import figures
from .api import Person
from .client import Client
from .cluster import Cluster
from .outage import Outage
from .replica_set import ELECTION_TIMEOUT, Member, ReplicaSet
from .replica_set import Client as MongoClient
from .stalled_send import StalledSend
from .traffic import traffic

BACK = 15.0  # seconds after which writes are acknowledged again
WHOLE = 60.0  # seconds for a member to start, and to get what it has missed


@pytest.fixture(scope="module")
def own_set(django_db_setup: None, request: pytest.FixtureRequest) -> Iterator[ReplicaSet]:
    """A replica set, migrated, for the tests of this module; it elects faster in the short form."""
    timeout = ELECTION_TIMEOUT if request.config.getoption("--long") else 4
    folder = Path(tempfile.mkdtemp(prefix="set-", dir=settings.VAR_DIR))
    try:
        with ReplicaSet.running(folder, timeout) as replica_set:
            migrate(replica_set)
            yield replica_set
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def migrate(replica_set: ReplicaSet) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--database=chat"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "MONGODB_URI": replica_set.url, "MONGODB_NAME": database_name()},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def database_name() -> str:
    return str(connections["chat"].settings_dict["NAME"])


@pytest.fixture
def replica_set(own_set: ReplicaSet, transactional_db: None) -> ReplicaSet:
    """The set, whole and empty."""
    for member in own_set.members:
        if not member.is_running():
            member.start()
    own_set.wait_until_whole(WHOLE)
    with MongoClient(own_set.url, w="majority") as client:
        database = client[database_name()]
        for name in database.list_collection_names(filter={"name": {"$regex": "^chats_"}}):
            database[name].delete_many({})
    return own_set


@pytest.fixture
async def cluster(
    start_cluster: Callable[..., Any], replica_set: ReplicaSet, crowd: list[Person]
) -> AsyncIterator[Cluster]:
    """Processes on the set, and five of the crowd in a chat: in the end all must be settled."""
    cluster: Cluster = await start_cluster(pages="granian", MONGODB_URI=replica_set.url)
    chat_id = await cluster.create_group(*crowd[:5])
    for person in crowd[:5]:
        cluster.open(person, chat_id)
    await cluster.all_ready(10)
    yield cluster
    await cluster.settle(60)
    cluster.check()
    await retries_are_answered_as_before(cluster)
    assert all(client.close_codes == [] for client in cluster.clients), "a socket was closed"
    assert cluster.pages
    log = cluster.output() + cluster.pages.output()
    assert "Traceback" not in log, log[log.index("Traceback") :][:3000]


async def retries_are_answered_as_before(cluster: Cluster) -> None:
    """The last sends of each client once more: 200 with the id and numbers of the first answer."""
    for client in cluster.clients:
        own = [send for send in cluster.ledger.sends.values() if send.answers]
        for send in [s for s in own if s.sender_id == client.person.user_id][-5:]:
            answer = await client.api.ask(
                "POST",
                f"{client.path}/messages",
                json={"content": send.content, "client_id": send.client_id},
            )
            assert answer is not None
            assert answer.status_code == 200
            message = answer.json()
            first = send.answers[0]
            assert (message["id"], message["seq"]) == (first[1], first[2])


async def writes_are_back(clients: Sequence[Client], since: float) -> float:
    """Wait until each client was acknowledged a request that it made since; answers how long."""

    def firsts() -> list[float | None]:
        return [
            next((moment for moment, wait in c.outbox.waits if moment - wait > since), None)
            for c in clients
        ]

    await wait_for_async(lambda: None not in firsts(), 2 * BACK, "for writes")
    return max(moment for moment in firsts() if moment is not None) - since


async def under_load(
    cluster: Cluster, replica_set: ReplicaSet, fault: Callable[[], Any], *, is_long: bool
) -> list[float]:
    """Repeat a fault under load; answers the seconds until writes were back, for each."""
    pauses = []
    for _ in range(10 if is_long else 1):
        async with traffic(cluster.clients, rate=100 if is_long else 30):
            await asyncio.sleep(1)
            start = time.monotonic()
            await asyncio.to_thread(fault)
            pauses.append(await writes_are_back(cluster.clients, start))
            for member in replica_set.members:
                if not member.is_running():
                    member.start()
            await asyncio.sleep(1)
        await asyncio.gather(*(client.sent(60) for client in cluster.clients))
        await asyncio.to_thread(replica_set.wait_until_whole, WHOLE)
    return pauses


async def test_a_primary_that_dies_or_hands_over_loses_and_doubles_nothing(
    cluster: Cluster, replica_set: ReplicaSet, is_long: bool
) -> None:
    for name, fault in {
        "killed": replica_set.kill_primary,
        "handed over": replica_set.step_down,
    }.items():
        pauses = await under_load(cluster, replica_set, fault, is_long=is_long)
        figures.seconds(f"MongoDB's primary {name}, writes back after", pauses)
        assert max(pauses) < BACK


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What becomes of the lone primary's writes; in the short form they are undone, the worst."""
    if "is_kept" in metafunc.fixturenames:
        endings = {"rolled_back": False}
        if metafunc.config.getoption("--long"):
            endings["kept"] = True
        metafunc.parametrize("is_kept", endings.values(), ids=endings)


async def test_without_a_majority_nothing_is_acknowledged_and_then_all_resolves(
    cluster: Cluster, replica_set: ReplicaSet, crowd: list[Person], is_long: bool, is_kept: bool
) -> None:
    """What the lone primary wrote meanwhile is kept by the others, or undone by them."""
    outage = await Outage.prepare(cluster, crowd)
    stalled = await asyncio.to_thread(stalled_send, outage, cluster)
    senders = cluster.clients[1:]
    async with traffic(senders, rate=20):
        await asyncio.sleep(1)
        others = await asyncio.to_thread(replica_set.secondaries)
        for member in others:
            member.kill()
        gone = time.monotonic()
        outcome = asyncio.create_task(asyncio.to_thread(stalled.go_on))
        await outage.try_until(gone + (30 if is_long else 8))
        assert await outcome not in ("", "stored")  # nothing said: it crashed
        # What was under way is answered by then.
        late = [c for c in cluster.clients for moment, _ in c.outbox.waits if moment > gone + 0.5]
        assert late == []
        back = time.monotonic()
        await bring_back(replica_set, others, is_kept=is_kept)
        pause = await writes_are_back(senders, back)
    ending = "kept" if is_kept else "rolled back"
    figures.seconds(f"MongoDB's majority gone ({ending}), refused after", outage.waits)
    figures.seconds(f"MongoDB's majority back ({ending}), writes back after", [pause])
    assert pause < BACK
    await outage.resolve(30)


def stalled_send(outage: Outage, cluster: Cluster) -> StalledSend:
    """The outage's message on its way: it will be stored next."""
    return StalledSend(
        outage.person.user_id,
        outage.chat_id,
        outage.content,
        outage.client_id,
        MONGODB_URI=cluster.environment["MONGODB_URI"],
        REDIS_URL=cluster.valkey.url,
    )


async def bring_back(replica_set: ReplicaSet, others: list[Member], *, is_kept: bool) -> None:
    """Start the two others: with the lone primary, or first without it and all it wrote."""
    (lone,) = [member for member in replica_set.members if member not in others]
    if not is_kept:
        lone.kill()
    for member in others:
        member.start()
    await asyncio.to_thread(replica_set.step_up, lone if is_kept else others[0])
    if not is_kept:
        lone.start()
        await asyncio.to_thread(replica_set.wait_until_whole, WHOLE)
        assert list(lone.folder.rglob("rollback/**/*.bson")), "nothing was rolled back"
