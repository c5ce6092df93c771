# ruff: noqa: F811 - a fixture is named by what it gives
"""Blocks and sockets: no typing and no presence between the two, at once and in any process."""

import pytest
from channels.db import database_sync_to_async

from chats import events
from chats.live.apart import Apart
from chats.live.process import live_process
from chats.permissions import online_to
from users import blocks

from .test_consumers import connect  # noqa: F401

do = database_sync_to_async
live = pytest.mark.django_db(transaction=True)


async def seen(client, until):
    """The ids of those whom a socket sees come, go or type, until this one types."""
    ids, kinds = set(), ("typing_indicator", "user_joined", "user_left")
    while True:
        told = await client.receive(*kinds)
        if told["user_id"] == until and "is_typing" in told:
            return ids
        ids.add(told["user_id"])


async def receive_of(client, kind, user):
    """The data of the next event of this kind about this person."""
    while (told := await client.receive(kind))["user_id"] != user.pk:
        pass
    return told


@live
async def test_neither_sees_the_other_type_come_or_go_and_others_see_both(
    group,
    ada,
    grace,
    alan,
    api,
    connect,
):
    await do(blocks.block)(ada, grace.pk)
    witness, blocker = await connect(alan, group), await connect(ada, group)
    blocked = await connect(grace, group)
    assert blocked.welcome["online"] == sorted([alan.pk, grace.pk])
    assert blocker.welcome["online"] == sorted([alan.pk, ada.pk])
    await blocker.send("typing_indicator", is_typing=True)
    await blocked.send("typing_indicator", is_typing=True)
    typing = {(await witness.receive("typing_indicator"))["user_id"] for _ in range(2)}
    assert typing == {ada.pk, grace.pk}
    await witness.send("typing_indicator", is_typing=True)
    assert ada.pk not in await seen(blocked, alan.pk)
    assert grace.pk not in await seen(blocker, alan.pk)
    # Nor by the API.
    assert await do(online_to)(ada.pk, group) == {ada.pk, alan.pk}
    assert await do(online_to)(grace.pk, group) == {grace.pk, alan.pk}
    assert await do(online_to)(alan.pk, group) == {ada.pk, grace.pk, alan.pk}
    url = f"/api/v1/chats/{group.pk}/members"
    for user, other, is_online in ((grace, ada, False), (ada, grace, False), (alan, ada, True)):
        shown = await do(lambda u, o: api(u).get(f"{url}/{o.pk}"))(user, other)
        assert shown.json()["online"] is is_online


@live
async def test_a_block_takes_effect_in_open_chats_and_so_does_its_end(
    group,
    ada,
    grace,
    alan,
    connect,
):
    blocker, blocked = await connect(ada, group), await connect(grace, group)
    assert blocked.welcome["online"] == sorted([ada.pk, grace.pk])
    await do(blocks.block)(ada, grace.pk)
    await receive_of(blocker, "user_left", grace)
    await receive_of(blocked, "user_left", ada)
    await blocked.send("typing_indicator", is_typing=True)
    witness = await connect(alan, group)
    await witness.send("typing_indicator", is_typing=True)
    assert grace.pk not in await seen(blocker, alan.pk)
    await do(blocks.unblock)(ada, grace.pk)
    assert (await receive_of(blocker, "user_joined", grace))["username"] == "grace"
    await receive_of(blocked, "user_joined", ada)
    await blocked.send("typing_indicator", is_typing=False)
    await receive_of(blocker, "typing_indicator", grace)


@live
async def test_a_block_whose_event_was_lost_takes_effect_within_seconds(
    group,
    ada,
    grace,
    connect,
    monkeypatch,
):
    monkeypatch.setattr(events, "look_at_blocks", lambda group: None)
    blocker = await connect(ada, group)
    await connect(grace, group)
    await receive_of(blocker, "user_joined", grace)
    await do(blocks.block)(ada, grace.pk)
    assert live_process().hubs.apart.of(ada.pk) == frozenset()
    await live_process().blocks.look()  # as every twenty seconds
    await receive_of(blocker, "user_left", grace)


@live
async def test_only_the_blocker_s_lists_are_told(ada, grace, connect):
    own, others = await connect(ada), await connect(grace)
    await do(blocks.block)(ada, grace.pk)
    told = await own.receive("block_changed")
    assert told == {"user_id": grace.pk, "is_blocked": True}
    await do(blocks.unblock)(ada, grace.pk)
    assert (await own.receive("block_changed"))["is_blocked"] is False
    with pytest.raises(TimeoutError):
        await others.receive("block_changed", seconds=0.3)


@live
async def test_those_who_leave_are_forgotten(group, ada, grace, connect):
    await do(blocks.block)(ada, grace.pk)
    await connect(ada, group)
    apart = live_process().hubs.apart
    assert apart.here(grace.pk) == {ada.pk}
    apart.keep([])
    assert apart.here(grace.pk) == apart.of(ada.pk) == frozenset()
    assert [len(one) for one in (apart._of, apart._here, apart._taken)] == [0, 0, 0]


def test_of_reads_that_end_in_another_order_the_later_one_counts():
    apart = Apart()
    first, second, third = (apart.begin() for _ in range(3))
    assert apart.take(1, second, [2]) == frozenset()  # there was none before
    assert apart.take(1, first, [3, 4]) == frozenset()
    assert apart.of(1) == {2}
    assert apart.take(1, third, [2, 5]) == {5}
    assert apart.here(5) == {1}
    assert apart.take(1, apart.begin(), []) == {2, 5}
    assert apart.here(5) == frozenset()
