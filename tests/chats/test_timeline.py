"""Which messages a page shows, and where the new ones begin."""

from typing import Any

import pytest

from chats.models import Chat
from chats.pages.timeline import Timeline
from chats.protocol import PAGE_SIZE
from tests.browser.long_chat import fill, read_all

COUNT = 130


@pytest.fixture
def long_chat(group: Any, grace: Any) -> Any:
    fill(group, [grace], COUNT)
    return Chat.objects.get(pk=group.pk)


def shown(timeline: Timeline) -> tuple[int, int]:
    seqs = [message.seq for message in timeline.messages]
    assert timeline.oldest_seq == seqs[0]
    assert timeline.high == seqs[-1]
    return seqs[0], seqs[-1]


def first_unread(timeline: Timeline) -> list[int]:
    """Above which messages the line "New messages" stands."""
    return [row.message["seq"] for row in timeline.rows() if row.first_unread]


@pytest.mark.parametrize(
    ("marker", "first", "last"),
    [
        (COUNT, 81, COUNT),
        (COUNT - PAGE_SIZE, 81, COUNT),
        (79, 56, 105),
        (40, 17, 66),
        (0, 1, PAGE_SIZE),
    ],
)
def test_a_page_shows_the_newest_messages_or_the_first_unread_one_where_more_are_unread(
    long_chat: Any, ada: Any, marker: int, first: int, last: int
) -> None:
    read_all(long_chat, [ada], marker)
    timeline = Timeline(long_chat, ada)
    assert shown(timeline) == (first, last)
    assert first_unread(timeline) == ([marker + 1] if marker < COUNT else [])


def test_the_line_is_on_no_page_but_that_of_the_first_unread_message(
    long_chat: Any, ada: Any
) -> None:
    read_all(long_chat, [ada], 40)
    assert first_unread(Timeline(long_chat, ada, before=91)) == [41]
    assert first_unread(Timeline(long_chat, ada, before=92)) == []
    assert first_unread(Timeline(long_chat, ada, before=41)) == []
