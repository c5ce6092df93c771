"""Who comes, goes and types: one event each to the chat, at most one a second a person."""

import time
from itertools import pairwise

import pytest
from channels.db import database_sync_to_async

from chatproject.sockets import presence_leases
from chatproject.sockets.presence_leases import PresenceLeases
from chats import events
from chats.live import presence
from chats.live.presence import Presence
from chats.live.process import LiveProcess
from tests.waiting import wait_for_async

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

do = database_sync_to_async


@pytest.fixture
def told(monkeypatch):
    """What a chat is told, with the time of each event."""
    told = []

    async def abroadcast(group, event):
        told.append((time.monotonic(), event))

    monkeypatch.setattr(events, "abroadcast", abroadcast)
    return told


@pytest.fixture
async def here(told):
    """The people in the chats of one process."""
    live = LiveProcess()
    yield live.presence
    live.stop()


def types(told):
    return [event.type for _, event in told]


async def test_a_page_that_is_loaded_again_tells_nobody_anything(group, grace, here, told):
    await here.join(group.pk, grace.pk, "grace")
    await wait_for_async(lambda: told)
    for _ in range(3):
        here.leave(group.pk, grace.pk, "grace")
        assert await here.join(group.pk, grace.pk, "grace") == [grace.pk]
    assert not here._leaving
    here.leave(group.pk, grace.pk, "grace")
    await wait_for_async(lambda: len(told) > 1)
    assert types(told) == ["user_joined", "user_left"]
    assert told[1][0] - told[0][0] > presence.GRACE - 0.1
    assert not here._sockets


async def test_a_page_that_is_loaded_again_on_another_process_tells_nobody_anything(
    group, grace, here, told, monkeypatch
):
    monkeypatch.setattr(presence, "GRACE", 1.0)  # longer than coming back takes on a busy machine
    other = Presence(here._spawn)
    await here.join(group.pk, grace.pk, "grace")
    here.leave(group.pk, grace.pk, "grace")
    await other.join(group.pk, grace.pk, "grace")
    await wait_for_async(lambda: not here._sockets)
    other.leave(group.pk, grace.pk, "grace")
    await wait_for_async(lambda: "user_left" in types(told))
    assert types(told) == ["user_joined", "user_left"]


async def test_who_comes_and_goes_quickly_is_told_of_once_a_second(
    group, grace, here, told, monkeypatch
):
    monkeypatch.setattr(presence, "GRACE", 0)
    for _ in range(20):
        await here.join(group.pk, grace.pk, "grace")
        here.leave(group.pk, grace.pk, "grace")
        await wait_for_async(lambda: not here._sockets)
    await wait_for_async(lambda: types(told)[-1:] == ["user_left"])
    times = [moment for moment, _ in told]
    assert all(later - earlier > 0.95 for earlier, later in pairwise(times))
    assert presence_leases.online(group.pk) == []


async def test_typing_is_told_once_a_second_and_its_last_state_always(group, grace, here, told):
    def typing(is_typing):
        event = events.TypingIndicator(user_id=grace.pk, username="grace", is_typing=is_typing)
        here.typing.tell((group.pk, grace.pk), event)

    for _ in range(50):
        typing(True)
        typing(False)
    await wait_for_async(lambda: len(told) == 2)
    assert [event.is_typing for _, event in told] == [True, False]
    assert told[1][0] - told[0][0] > 0.95
    typing(False)  # told already
    await wait_for_async(lambda: not here.typing._told)
    typing(True)
    await wait_for_async(lambda: len(told) == 3)


async def test_one_renewal_holds_every_lease_and_tells_of_a_dead_process(
    group, ada, grace, alan, here, told, monkeypatch
):
    monkeypatch.setattr(presence_leases, "LEASE", 2)
    dead = PresenceLeases()
    assert await dead.join(group.pk, grace.pk) == (True, [grace.pk])
    await here.join(group.pk, ada.pk, "ada")
    await here.join(group.pk, alan.pk, "alan")

    async def renew():
        await here.renew()
        return "user_left" in types(told)

    deadline = time.monotonic() + 10
    while not await renew():
        assert time.monotonic() < deadline
    assert told[-1][1] == events.UserLeft(user_id=grace.pk, username="grace")
    assert await do(presence_leases.online)(group.pk) == sorted([ada.pk, alan.pk])
    assert types(told) == ["user_joined", "user_joined", "user_left"]
