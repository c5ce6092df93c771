"""How many sockets a person has in all processes, and that a Redis that is away holds nobody up."""

import asyncio
import socket
import time
import uuid

import pytest

from chatproject.sockets import places, presence_leases
from chatproject.sockets.places import Places
from chatproject.sockets.presence_leases import PresenceLeases
from tests.ports import free_port

ADA, GRACE = 1, 2
SHORT = 0.3  # seconds, far below any timeout


@pytest.fixture
def few(settings, empty_stores):
    settings.SOCKETS_PER_PERSON = 3
    yield
    empty_stores()


@pytest.fixture
def silent(settings):
    """A Redis that takes connections and never answers, as one that is stopped."""
    with socket.create_server(("127.0.0.1", 0), backlog=500) as server:
        settings.REDIS_URLS = [f"redis://127.0.0.1:{server.getsockname()[1]}"]
        presence_leases._client.cache_clear()
        yield
    presence_leases._client.cache_clear()


async def taken(process, user_id, times):
    return [await process.take(user_id) for _ in range(times)]


async def test_processes_count_together(few):
    one, other = Places(), Places()
    assert await taken(one, ADA, 2) == [True, True]
    assert await taken(other, ADA, 3) == [True, False, False]
    assert await taken(other, GRACE, 3) == [True, True, True]
    one.give_back(ADA)
    await one.tell()
    assert await taken(other, ADA, 2) == [True, False]


async def test_what_is_opened_at_once_in_two_processes_is_bounded(few):
    one, other = Places(), Places()
    await asyncio.gather(*(process.take(ADA) for process in (one, other) * 50))
    for process in (one, other):  # whatever came in whichever order
        await process.renew()
        assert await taken(process, ADA, 5) == [False] * 5


async def test_a_process_that_died_takes_no_places_for_longer_than_a_lease(few, monkeypatch):
    monkeypatch.setattr(places, "LEASE", 2)
    dead, alive = Places(), Places()
    assert await taken(dead, ADA, 2) == [True, True]
    assert await taken(alive, ADA, 2) == [True, False]
    async with asyncio.timeout(5):
        while not await alive.take(ADA):
            await asyncio.sleep(0.1)
            await alive.renew()
    assert await taken(alive, ADA, 2) == [True, False]


async def test_a_handshake_that_is_cancelled_takes_no_place(few, silent):
    process = Places()
    handshake = asyncio.create_task(process.take(ADA))
    await asyncio.sleep(0)
    handshake.cancel()
    with pytest.raises(asyncio.CancelledError):
        await handshake
    assert await taken(process, ADA, 4) == [True, True, True, False]


@pytest.mark.parametrize("is_stopped", [True, False], ids=["stopped", "gone"])
async def test_without_the_redis_each_process_bounds_its_own(few, settings, request, is_stopped):
    if is_stopped:
        request.getfixturevalue("silent")
    else:
        settings.REDIS_URLS = [f"redis://127.0.0.1:{free_port()}"]
    for process in (Places(), Places()):
        assert await taken(process, ADA, 4) == [True, True, True, False]


async def test_a_stopped_redis_is_waited_for_once(silent, settings):
    settings.SOCKETS_PER_PERSON = 1000
    process, leases, chat_id = Places(), PresenceLeases(), uuid.uuid4()
    start = time.monotonic()
    await asyncio.gather(*(process.take(ADA) for _ in range(100)))
    assert time.monotonic() - start < places.TIMEOUT + SHORT
    start = time.monotonic()
    joins = (leases.join(chat_id, user_id) for user_id in range(100))
    answers = await asyncio.gather(*joins, return_exceptions=True)
    assert time.monotonic() - start < presence_leases.TIMEOUT + SHORT
    assert all(isinstance(answer, Exception) for answer in answers)


def test_pages_wait_once_for_who_is_online(silent):
    waits = []
    for _ in range(5):
        start = time.monotonic()
        assert presence_leases.online(uuid.uuid4()) == []
        waits.append(time.monotonic() - start)
    assert presence_leases.TIMEOUT <= waits[0] < presence_leases.TIMEOUT + SHORT
    assert max(waits[1:]) < SHORT
