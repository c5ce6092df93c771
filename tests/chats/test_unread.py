"""What counts as unread for somebody, and what others are told that they have read."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chats import actions
from chats.models import Chat, Message, ReadMarker
from chats.pages.timeline import Timeline
from tests.commands_sent import sent_commands
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db

URL = "/api/v1/chats"


def post(user: Any, chat: Chat, content: str = "Hello") -> Message:
    return actions.post_message(user, chat.pk, content)[0]


def latest(chat: Chat) -> Chat:
    return Chat.objects.get(pk=chat.pk)


def unread(client: Any, chat: Chat) -> int:
    """How many messages are unread: the same wherever the API says it."""
    listed = client.get(URL).json()["results"]
    counts = {
        next(row for row in listed if row["id"] == str(chat.pk))["unread_count"],
        client.get(f"{URL}/{chat.pk}").json()["unread_count"],
        client.get(f"{URL}/{chat.pk}/messages").json()["chat"]["unread_count"],
        client.get(f"{URL}/{chat.pk}/messages?changed_after=0").json()["chat"]["unread_count"],
    }
    (count,) = counts
    return count


def readers(client: Any, chat: Chat) -> list[list[int]]:
    """Who has read each message, the oldest first."""
    rows = client.get(f"{URL}/{chat.pk}/messages?ordering=created_at").json()["results"]
    assert all((row["read_count"], row["is_read"]) for row in rows if row["read_by"])
    return [row["read_by"] for row in rows]


# Coming to a group -------------------------------------------------------------------------------


@pytest.fixture
def old(group: Any, ada: Any) -> list[Message]:
    return [post(ada, group) for _ in range(3)]


@pytest.fixture
def late(old: list[Message], group: Any, ada: Any, stranger: Any) -> Any:
    actions.add_members(ada, latest(group), [stranger.pk])
    return stranger


def test_who_is_added_has_nothing_unread_and_nobody_is_told_that_they_read(
    late: Any, group: Any, ada: Any, grace: Any, api: Any
) -> None:
    client = api(ada)
    assert readers(client, group) == [[], [], []]
    assert str(late.pk) not in client.get(f"{URL}/{group.pk}").json()["read_markers"]
    assert late.pk not in dict(Timeline(latest(group), ada).markers)
    timeline = Timeline(latest(group), late)
    assert timeline.markers == {ada.pk: 3, late.pk: 0}
    assert [row.first_unread for row in timeline.rows()] == [False] * 3
    assert unread(api(late), group) == 0
    assert api(late).get(f"{URL}/{group.pk}").json()["read_seq"] == 3
    post(ada, group)
    assert unread(api(late), group) == 1
    assert [row.first_unread for row in Timeline(latest(group), late).rows()][3]


def test_what_a_new_member_reads_is_told_up_to_there(
    late: Any, old: list[Message], group: Any, ada: Any, api: Any
) -> None:
    client, theirs = api(ada), api(late)
    assert theirs.post(f"{URL}/{group.pk}/messages/{old[1].pk}/read").status_code == 204
    assert readers(client, group) == [[late.pk], [late.pk], []]
    assert unread(theirs, group) == 0
    assert actions.mark_read_together(group.pk, [(late.pk, old[2].pk)]) == [True]
    assert readers(client, group) == [[late.pk]] * 3
    wait_for(lambda: latest(group).floors == {})  # needed no more
    assert unread(theirs, group) == 0


@pytest.mark.parametrize("history", [True, False])
def test_a_new_member_who_writes_has_nothing_unread_and_has_read_nothing(
    old: list[Message], group: Any, ada: Any, stranger: Any, api: Any, history: bool
) -> None:
    actions.change_access(ada, group, history_for_new_members=history)
    actions.add_members(ada, latest(group), [stranger.pk])
    late = stranger
    post(late, group)
    post(late, group)
    wait_for(lambda: latest(group).floors == {str(late.pk): 5})
    assert unread(api(late), group) == 0
    assert readers(api(ada), group) == [[]] * 5
    post(ada, group)
    post(late, group)
    assert unread(api(late), group) == 2  # ada's they haven't seen


def test_who_leaves_takes_along_how_far_they_had_read(
    old: list[Message], group: Any, ada: Any, grace: Any, alan: Any, api: Any
) -> None:
    for person in (grace, alan):
        actions.mark_read(person, group, old[2])
    assert readers(api(ada), group)[2] == [grace.pk, alan.pk]
    actions.remove_member(grace, latest(group), grace.pk)
    actions.remove_member(ada, latest(group), alan.pk)
    markers = ReadMarker.objects.filter(chat_id=group.pk)
    assert set(markers.values_list("user_id", flat=True)) == {ada.pk}
    actions.add_members(ada, latest(group), [grace.pk])
    assert readers(api(ada), group) == [[]] * 3
    assert unread(api(grace), group) == 0
    actions.remove_member(grace, latest(group), grace.pk)
    assert latest(group).floors == {}


# Deleted messages --------------------------------------------------------------------------------


def test_a_deleted_message_is_not_unread(
    group: Any, ada: Any, grace: Any, alan: Any, api: Any, client: Any
) -> None:
    said = [post(ada, group) for _ in range(4)]
    actions.mark_read(grace, group, said[0])
    assert (unread(api(grace), group), unread(api(alan), group)) == (3, 4)
    for message in (said[0], said[2]):
        actions.delete_message(ada, group, message)
    assert (unread(api(grace), group), unread(api(alan), group)) == (2, 2)
    client.force_login(alan)
    badges = re.findall(r'data-part="count">(\d+)<', client.get("/chats/").content.decode())
    assert badges[0] == "2"
    actions.mark_read(alan, group, said[1])
    assert unread(api(alan), group) == 1
    for message in (said[1], said[3]):
        actions.delete_message(ada, group, message)
    assert (unread(api(grace), group), unread(api(alan), group)) == (0, 0)
    assert not any(row.first_unread for row in Timeline(latest(group), grace).rows())
    post(ada, group)
    assert (unread(api(grace), group), unread(api(alan), group)) == (1, 1)


def test_only_chats_with_deleted_unread_messages_are_counted_and_together(
    ada: Any, grace: Any, api: Any
) -> None:
    chats = [actions.create_group(ada, f"Group {number}", [grace.pk]) for number in range(4)]
    said = [post(ada, chat) for chat in chats]
    actions.mark_read(grace, chats[0], said[0])
    actions.delete_message(ada, chats[0], said[0])  # read before

    def commands() -> list[str]:
        with sent_commands() as sent:
            assert len(api(grace).get(URL).json()["results"]) == 4
        return [command.collection for command in sent]

    before = commands()
    for chat, message in zip(chats[1:3], said[1:3], strict=True):
        actions.delete_message(ada, chat, message)
    assert commands() == [*before, "chats_message"]
    assert [unread(api(grace), chat) for chat in chats] == [0, 0, 0, 1]
