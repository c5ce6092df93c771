"""Messages that somebody has marked as unread: for them alone, until they read on."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from chats import actions, events
from chats.models import Chat, Message, ReadMarker
from chats.pages.chat_list import chat_items
from chats.pages.timeline import Timeline

pytestmark = pytest.mark.django_db


def latest(chat: Chat) -> Chat:
    return Chat.objects.get(pk=chat.pk)


@pytest.fixture
def said(group: Any, ada: Any, grace: Any) -> list[Message]:
    """Five messages of ada, which grace has read."""
    said = [actions.post_message(ada, group.pk, f"No {number}")[0] for number in range(5)]
    actions.mark_read(grace, group, said[-1])
    return said


def mark(api: Any, user: Any, message: Message) -> int:
    url = f"/api/v1/chats/{message.chat_id}/unread"
    code: int = api(user).post(url, {"message_id": str(message.pk)}).status_code
    return code


def unread(api: Any, user: Any, chat: Chat) -> tuple[int, Any]:
    one = api(user).get(f"/api/v1/chats/{chat.pk}").json()
    [listed] = api(user).get("/api/v1/chats").json()["results"]
    assert listed["unread_count"] == one["unread_count"]
    items, _ = chat_items(user)
    assert items[0].unread == one["unread_count"]
    return one["unread_count"], one["unread_from"]


def test_what_is_marked_counts_as_unread_everywhere_and_others_are_told_nothing(
    said: list[Message], group: Any, ada: Any, grace: Any, api: Any, captured_events: Any
) -> None:
    assert unread(api, grace, group) == (0, None)
    told, own = (
        captured_events(name) for name in (events.chat_group(group.pk), events.user_group(grace.pk))
    )
    rev = latest(group).last_rev
    assert mark(api, grace, said[2]) == 204
    assert unread(api, grace, group) == (3, 3)
    assert Timeline(latest(group), grace).read_seq == 2
    assert own.of_type("chat_unread") == [
        {"chat_id": str(group.pk), "user_id": grace.pk, "unread_from": 3}
    ]
    assert told.all() == []
    assert latest(group).last_rev == rev
    # Ada was told that it was read, and still is.
    assert ReadMarker.objects.of_chat(group)[grace.pk] == 5
    message = api(ada).get(f"/api/v1/chats/{group.pk}/messages/{said[4].pk}").json()
    assert (message["is_read"], message["read_by"]) == (True, [grace.pk])
    actions.post_message(ada, group.pk, "New")
    assert unread(api, grace, group) == (4, 3)


@pytest.mark.parametrize("how", ["api", "sockets"])
def test_it_ends_as_soon_as_one_reads_on(
    said: list[Message], group: Any, grace: Any, api: Any, captured_events: Any, how: str
) -> None:
    mark(api, grace, said[2])
    own = captured_events(events.user_group(grace.pk))

    def read(message: Message) -> None:
        if how == "sockets":
            assert actions.mark_read_together(group.pk, [(grace.pk, message.pk)]) == [True]
            return
        url = f"/api/v1/chats/{group.pk}/messages/{message.pk}/read"
        assert api(grace).post(url).status_code == 204

    read(said[1])  # what is above it changes nothing
    assert unread(api, grace, group) == (3, 3)
    read(said[3])
    assert unread(api, grace, group) == (0, None)
    assert [each["unread_from"] for each in own.of_type("chat_unread")] == [None]


def test_a_mark_of_what_is_unread_anyway_counts_nothing_as_read(
    said: list[Message], group: Any, alan: Any, api: Any
) -> None:
    mark(api, alan, said[3])
    assert unread(api, alan, group) == (5, 4)


def test_nobody_marks_what_they_do_not_see(
    said: list[Message],
    group: Any,
    ada: Any,
    grace: Any,
    stranger: Any,
    private_chat: Any,
    api: Any,
) -> None:
    other, _ = actions.post_message(grace, private_chat.pk, "Elsewhere")
    url = f"/api/v1/chats/{group.pk}/unread"
    for message_id in (other.pk, uuid4()):
        refused = api(grace).post(url, {"message_id": str(message_id)})
        assert (refused.status_code, refused.json().keys()) == (400, {"message_id"})
    assert api(stranger).post(url, {"message_id": str(said[0].pk)}).status_code == 404
    actions.change_access(ada, group, history_for_new_members=False)
    actions.add_members(ada, latest(group), [stranger.pk])
    assert mark(api, stranger, said[0]) == 400
    assert latest(group).unread_from == {}


def test_who_leaves_or_clears_the_chat_leaves_no_mark(
    said: list[Message], group: Any, grace: Any, alan: Any, api: Any
) -> None:
    for user in (grace, alan):
        mark(api, user, said[2])
    assert latest(group).unread_from.keys() == {str(grace.pk), str(alan.pk)}
    actions.remove_member(grace, latest(group), grace.pk)
    actions.clear_chat(alan, latest(group))
    assert latest(group).unread_from == {}
    assert unread(api, alan, group) == (0, None)
