"""Which messages a page shows, and where the new ones begin."""

from typing import Any

import pytest

from chats.models import Chat, ReadMarker
from chats.models.read_marker import Readers
from chats.pages import timeline as timelines
from chats.pages.timeline import Timeline
from chats.protocol import PAGE_SIZE, READERS_SHOWN
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


# Receipts ----------------------------------------------------------------------------------------


def receipts(timeline: Timeline) -> dict[int, tuple[int, list[str]]]:
    return {row.message["seq"]: (row.read_count, row.read_by) for row in timeline.rows()}


def test_a_page_of_a_large_group_has_the_markers_that_its_receipts_need(
    group: Any, ada: Any, grace: Any, alan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(group, [ada, grace, grace], COUNT)  # ada sends 3, 6, 9 ...
    read_all(group, [ada, grace], COUNT)
    ReadMarker.objects.create(chat_id=group.pk, user_id=alan.pk, seq=20)
    chat = Chat.objects.get(pk=group.pk)
    small = Timeline(chat, ada)
    monkeypatch.setattr(timelines, "PEOPLE", 2)
    large = Timeline(chat, ada)
    assert receipts(large) == receipts(small)
    assert receipts(large)[COUNT - 1] == (1, [grace.name])
    assert small.markers == {ada.pk: COUNT, grace.pk: COUNT, alan.pk: 20}
    assert large.markers == {ada.pk: COUNT, grace.pk: COUNT}  # alan has read none of the page
    assert Timeline(chat, alan).markers == {alan.pk: 20}  # whose messages aren't on it
    early = Timeline(chat, ada, before=40)
    assert receipts(early)[18] == (2, [grace.name, alan.name])


@pytest.mark.parametrize("members", [1, 3, READERS_SHOWN + 1, 300])
def test_readers_are_those_whose_marker_is_at_the_message_or_later(members: int) -> None:
    markers = {user_id: user_id * user_id % 17 for user_id in range(1, members + 1)}
    groups = [
        {"_id": seq, "user_ids": [one for one, read in markers.items() if read == seq]}
        for seq in set(markers.values())
    ]
    readers = Readers.among(markers, [*groups, {"_id": 18, "user_ids": [members + 1]}])
    assert readers.markers == markers  # without the one who is no member
    for seq in range(1, 19):
        for sender in (1, 2, members, members + 1):
            ranked = sorted((-read, one) for one, read in markers.items() if read >= seq)
            others = [one for _, one in ranked if one != sender]
            assert readers.of(seq, sender) == (len(others), others[:READERS_SHOWN])
