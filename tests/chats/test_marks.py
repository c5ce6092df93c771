"""Marks of sockets: written together, each answered by itself."""

import asyncio
import uuid
from typing import Any

import pytest
from channels.db import database_sync_to_async
from pymongo.errors import AutoReconnect

from chats import actions
from chats.live import marks as marks_module
from chats.live.marks import Marks
from chats.models import ReadMarker
from tests.commands_sent import sent_commands

pytestmark = pytest.mark.django_db(transaction=True)

do = database_sync_to_async


@pytest.fixture
async def marks() -> Marks:
    return Marks()


@pytest.fixture
async def message(group: Any, ada: Any) -> Any:
    return (await do(actions.post_message)(ada, group.pk, "Read this"))[0]


async def test_marks_that_come_at_once_take_a_few_commands(
    marks: Marks, message: Any, group: Any, ada: Any, grace: Any, alan: Any, stranger: Any
) -> None:
    people = [ada.pk, grace.pk, alan.pk, stranger.pk] * 25
    with sent_commands() as sent:
        found = await asyncio.gather(*(marks.read(group.pk, one, message.pk) for one in people))
    assert found == [one != stranger.pk for one in people]
    assert len(sent) <= 10
    markers = await do(ReadMarker.objects.of_chat)(group)
    assert markers == dict.fromkeys([ada.pk, grace.pk, alan.pk], 1)


async def test_more_than_a_batch_is_written_in_several(
    marks: Marks, message: Any, group: Any, grace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks_module, "MARKS_AT_ONCE", 3)
    ids = [message.pk if number % 2 else uuid.uuid4() for number in range(10)]
    found = await asyncio.gather(*(marks.read(group.pk, grace.pk, one) for one in ids))
    assert found == [one == message.pk for one in ids]


async def test_a_socket_that_goes_leaves_the_marks_of_others(
    marks: Marks, message: Any, group: Any, grace: Any, alan: Any
) -> None:
    gone = asyncio.create_task(marks.read(group.pk, grace.pk, message.pk))
    stays = asyncio.create_task(marks.read(group.pk, alan.pk, message.pk))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays


async def test_a_failure_is_everyones_and_the_next_marks_are_written(
    marks: Marks,
    message: Any,
    group: Any,
    grace: Any,
    alan: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*args: Any) -> list[bool]:
        raise AutoReconnect("gone")

    with monkeypatch.context() as broken:
        broken.setattr(actions, "mark_read_together", away)
        both = (marks.read(group.pk, one.pk, message.pk) for one in (grace, alan))
        failures = await asyncio.gather(*both, return_exceptions=True)
    assert [type(failure) for failure in failures] == [AutoReconnect, AutoReconnect]
    assert await marks.read(group.pk, grace.pk, message.pk)
