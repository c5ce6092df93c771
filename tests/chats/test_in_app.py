# ruff: noqa: F811 - a fixture is named by what it gives
"""In a private chat whoever is in the app is online, whichever chat they have open."""

import pytest
from channels.db import database_sync_to_async

from chatproject.sockets import places
from chats import actions
from chats.live import in_app
from chats.live.process import live_process
from chats.permissions import online_to
from users import blocks

from .test_consumers import connect  # noqa: F401

do = database_sync_to_async
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


async def left(client, seconds=15):
    return (await client.receive("user_left", seconds=seconds))["user_id"]


@pytest.mark.parametrize("opened", ["the list", "another chat"])
async def test_who_is_in_the_app_is_online_to_the_other_of_a_private_chat(
    private_chat, group, ada, grace, connect, opened
):
    adas = await connect(ada, private_chat)
    assert adas.welcome["online"] == [ada.pk]
    assert await do(online_to)(ada.pk, private_chat) == {ada.pk}
    there = await connect(grace, group if opened == "another chat" else None)
    joined = await adas.receive("user_joined")
    while joined["user_id"] == ada.pk:  # her own
        joined = await adas.receive("user_joined")
    assert joined == {"user_id": grace.pk, "username": "grace"}
    second = await connect(ada, private_chat)
    assert second.welcome["online"] == sorted([ada.pk, grace.pk])
    assert await do(online_to)(ada.pk, private_chat) == {ada.pk, grace.pk}
    assert await do(online_to)(ada.pk, group) == ({grace.pk} if opened == "another chat" else set())
    await there.close()
    assert await left(adas) == await left(second) == grace.pk
    assert await do(online_to)(ada.pk, private_chat) == {ada.pk}


async def test_who_goes_to_another_chat_is_still_online(private_chat, group, ada, grace, connect):
    adas, graces = await connect(ada, private_chat), await connect(grace, private_chat)
    other = await connect(grace, group)
    await graces.close()
    for _ in range(in_app.MISSES + 1):
        await live_process().places.tell()
        await live_process().in_app.look()
    with pytest.raises(TimeoutError):
        await left(adas, seconds=3)  # longer than a page may take to come back
    await other.close()
    assert await left(adas) == grace.pk


async def test_a_page_that_is_loaded_again_leaves_nobody_offline(private_chat, ada, grace, connect):
    adas, listing = await connect(ada, private_chat), await connect(grace)
    process = live_process()
    await process.in_app.look()
    await listing.close()
    await process.places.tell()
    await process.in_app.look()  # in between
    await connect(grace)
    await process.in_app.look()
    await process.in_app.look()
    with pytest.raises(TimeoutError):
        await left(adas, seconds=0.3)


async def test_who_comes_while_another_tab_opens_is_shown_in_both(
    private_chat, ada, grace, connect, monkeypatch
):
    async def nothing():
        """No look finds it."""

    monkeypatch.setattr(live_process().in_app, "look", nothing)
    first = await connect(ada, private_chat)
    await connect(grace)
    second = await connect(ada, private_chat)
    assert grace.pk in second.welcome["online"]
    while (await first.receive("user_joined"))["user_id"] != grace.pk:
        pass


async def test_nobody_who_is_kept_apart_learns_it(private_chat, ada, grace, connect):
    await do(blocks.block)(grace, ada.pk)
    adas = await connect(ada, private_chat)
    listing = await connect(grace)
    process = live_process()
    await process.in_app.look()
    assert process.in_app._hubs.of_chats()[0].in_app == {ada.pk, grace.pk}  # the premise
    assert await do(online_to)(ada.pk, private_chat) == {ada.pk}
    second = await connect(ada, private_chat)
    assert second.welcome["online"] == [ada.pk]
    await do(blocks.unblock)(grace, ada.pk)
    while (await adas.receive("user_joined"))["user_id"] != grace.pk:
        pass
    await do(blocks.block)(grace, ada.pk)
    assert await left(adas) == grace.pk
    await listing.close()


async def test_a_look_is_one_round_trip_however_many_chats_are_open(
    private_chat, ada, grace, person, connect, monkeypatch
):
    others = [await do(person)(f"other{number}") for number in range(5)]
    for other in others:
        chat, _ = await do(actions.create_private_chat)(ada, other.pk)
        await connect(ada, chat)
    asked = []
    ask = places.AsyncRedisClients.ask

    async def counted(self, url, *commands):
        asked.append([command[1] for command in commands])
        return await ask(self, url, *commands)

    monkeypatch.setattr(places.AsyncRedisClients, "ask", counted)
    await live_process().in_app.look()
    assert asked == [[places.ONLINE]]
