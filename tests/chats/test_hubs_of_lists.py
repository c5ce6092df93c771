"""What a chat list's socket hears of chats, and which hubs it keeps."""

from __future__ import annotations

from typing import Any

import pytest
from channels.db import database_sync_to_async as do

from chats import actions, events
from chats.live import hubs as live_hubs
from chats.live import process
from chats.live.process import live_process
from chats.models import Chat
from tests.waiting import wait_for_async

from .test_hub import Reader, post

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


async def opened(user: Any) -> Reader:
    """A chat list of somebody, which has begun."""
    reader = Reader(user, takes_frames=False)
    person = await live_process().hubs.user(user.pk, reader.connection)
    await live_process().chat_lists.open(person, reader.connection)
    return reader


async def test_a_list_keeps_no_hub_of_a_chat_that_its_person_was_removed_from(
    group: Any, ada: Any, grace: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(process, "POLL", 0.05)
    monkeypatch.setattr(live_hubs, "IDLE_SECONDS", 0.0)
    hubs, chat_list = live_process().hubs, await opened(grace)
    assert hubs.follows(group.pk)
    await do(actions.remove_member)(ada, group, grace.pk)
    await wait_for_async(lambda: chat_list.of_type("chat_removed"))
    await wait_for_async(lambda: not hubs.follows(group.pk))
    assert {hub.group for hub in hubs.kept[chat_list.connection]} == {events.user_group(grace.pk)}
    await do(actions.add_members)(ada, await do(Chat.objects.get)(pk=group.pk), [grace.pk])
    await wait_for_async(lambda: chat_list.of_type("chat_added"))
    await do(post)(ada, group)
    await wait_for_async(lambda: chat_list.of_type("chat_activity"))
    hubs.drop(chat_list.connection)


async def test_lists_are_told_of_every_deleted_message_but_of_none_that_is_not_seen(
    group: Any, ada: Any, grace: Any, stranger: Any
) -> None:
    await do(actions.change_access)(ada, group, history_for_new_members=False)
    old, _, _ = [await do(post)(ada, group) for _ in range(3)]
    await do(actions.add_members)(ada, await do(Chat.objects.get)(pk=group.pk), [stranger.pk])
    lists = [await opened(user) for user in (grace, stranger)]
    new, last = [await do(post)(ada, group) for _ in range(2)]
    for message in (old, new, last):
        await do(actions.delete_message)(ada, group, message)
    told = [list_.of_type for list_ in lists]
    await wait_for_async(lambda: all(of("message_deleted")[-1:] for of in told))
    await wait_for_async(lambda: all(of("message_deleted")[-1]["seq"] == 5 for of in told))
    seqs = [[data["seq"] for data in of("message_deleted")] for of in told]
    assert seqs == [[1, 4, 5], [4, 5]]
    assert "content" not in told[0]("message_deleted")[0]
    for each in lists:
        live_process().hubs.drop(each.connection)
