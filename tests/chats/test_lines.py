"""Lines between the messages of a group: who was added, who left, what it is called now."""

from __future__ import annotations

from typing import Any

import pytest

from chats import actions
from chats.models import Chat, Message, log
from chats.models.lines import Lines
from chats.models.log import LINES
from chats.pages.timeline import Timeline
from tests.commands_sent import sent_commands

pytestmark = pytest.mark.django_db


def latest(chat: Chat) -> Chat:
    return Chat.objects.get(pk=chat.pk)


def texts(chat: Chat, user: Any, **page: Any) -> dict[int, list[str]]:
    """What the lines of a page say, by the message before them."""
    places = Timeline(latest(chat), user, **page).lines
    return {seq: [line.text for line in place.lines] for seq, place in places.items()}


@pytest.fixture
def busy(group: Any, ada: Any, grace: Any, alan: Any, stranger: Any) -> Any:
    """Everything that is a line, and much that isn't, between three messages."""
    first, _ = actions.post_message(ada, group.pk, "One")
    actions.add_members(grace, latest(group), [stranger.pk])
    actions.rename_chat(ada, latest(group), "Looms")
    actions.edit_message(ada, latest(group), first, "One!")
    actions.set_permissions(ada, latest(group), grace.pk, can_remove_members=True)
    actions.post_message(ada, group.pk, "Two")
    actions.remove_member(grace, latest(group), alan.pk)
    actions.remove_member(stranger, latest(group), stranger.pk)
    actions.pin_message(ada, latest(group), Message.objects.get(pk=first.pk))
    actions.change_access(ada, latest(group), access="open", name="Mills")
    actions.join_group(stranger, group.pk)
    actions.transfer_ownership(ada, latest(group), grace.pk)
    actions.post_message(ada, group.pk, "Three")
    actions.delete_message(grace, latest(group), Message.objects.get(pk=first.pk))
    return latest(group)


def test_what_changed_is_told_where_it_happened(busy: Any, ada: Any) -> None:
    assert texts(busy, ada) == {
        0: ["Ada Lovelace created this group"],
        1: ["Grace Hopper added Joan Clarke", "Ada Lovelace named the group “Looms”"],
        2: [
            "Grace Hopper removed Alan Turing",
            "Joan Clarke left",
            "Ada Lovelace pinned a message",
            "Ada Lovelace named the group “Mills” and let anybody join",
            "Joan Clarke joined",
            "Ada Lovelace made Grace Hopper the owner",
        ],
    }
    ada.first_name = "Augusta"
    ada.save()
    assert texts(busy, ada)[0] == ["Augusta Lovelace created this group"]


def test_many_at_one_place_are_folded(
    group: Any, ada: Any, person: Any, busy: Any, alan: Any
) -> None:
    places = Timeline(busy, ada).lines
    assert [places[seq].summary for seq in (0, 1, 2)] == ["", "", "6 changes"]
    ids = [person(f"person{number}").pk for number in range(12)]
    chat = actions.create_group(ada, "Many", [])
    actions.add_members(ada, chat, ids)
    assert Timeline(latest(chat), ada).lines[0].summary == "13 changes"  # with its creation
    actions.post_message(ada, chat.pk, "Welcome")
    actions.add_members(ada, latest(chat), [alan.pk, *(person(f"new{n}").pk for n in range(4))])
    place = Timeline(latest(chat), ada).last_lines
    assert place
    assert place.summary == "Ada Lovelace added 5 people"
    assert len(place.lines) == 5


def test_the_api_lists_them_newest_first(busy: Any, ada: Any, api: Any, private_chat: Any) -> None:
    url = f"/api/v1/chats/{busy.pk}/changes"
    answer = api(ada).get(url).json()
    assert answer["count"] == len(answer["results"]) == 9
    revs = [row["rev"] for row in answer["results"]]
    assert revs == sorted(revs, reverse=True)
    assert revs[-1] == 0
    assert answer["results"][-1]["kind"] == "chat_created"
    first = answer["results"][0]
    assert (first["kind"], first["by_name"], first["user_name"], first["name"]) == (
        *("chat_updated", "Ada Lovelace", "Grace Hopper"),
        None,
    )
    pages = [api(ada).get(f"{url}?limit=4&offset={at}").json()["results"] for at in (0, 4, 8)]
    assert [row["rev"] for page in pages for row in page] == revs
    between = api(ada).get(f"{url}?after_seq=1&before_seq=2").json()["results"]
    assert {row["after_seq"] for row in between} == {1}
    assert len(between) == 2
    assert api(ada).get(f"{url}?after_seq=x").json().keys() == {"after_seq"}
    assert api(ada).get(f"/api/v1/chats/{private_chat.pk}/changes").json()["count"] == 0


def test_lines_are_no_messages_and_never_unread(
    group: Any, ada: Any, grace: Any, api: Any, person: Any
) -> None:
    actions.post_message(ada, group.pk, "One")
    url = f"/api/v1/chats/{group.pk}"
    before = api(grace).get(url).json()
    actions.add_members(ada, latest(group), [person(f"new{n}").pk for n in range(5)])
    after = api(grace).get(url).json()
    for name in ("unread_count", "last_seq", "last_message", "read_markers"):
        if name == "read_markers":
            assert after[name].get(str(grace.pk)) == before[name].get(str(grace.pk))
        else:
            assert after[name] == before[name], name
    assert api(grace).get(f"{url}/messages").json()["count"] == 1


def test_who_does_not_read_what_was_before_sees_no_lines_from_before(
    group: Any, ada: Any, stranger: Any, person: Any, api: Any
) -> None:
    actions.change_access(ada, group, history_for_new_members=False)
    actions.post_message(ada, group.pk, "Before")
    actions.rename_chat(ada, latest(group), "Canary")
    actions.rename_chat(ada, latest(group), "Looms")
    actions.add_members(ada, latest(group), [stranger.pk])
    later = person("later", "Mary", "Somerville")
    actions.add_members(ada, latest(group), [later.pk])
    assert texts(group, ada)[1][:2] == [
        "Ada Lovelace named the group “Canary”",
        "Ada Lovelace named the group “Looms”",
    ]
    assert texts(group, stranger) == {
        1: ["Ada Lovelace added Joan Clarke", "Ada Lovelace added Mary Somerville"]
    }
    answer = api(stranger).get(f"/api/v1/chats/{group.pk}/changes").json()
    assert (answer["count"], len(answer["results"])) == (2, 2)


def test_nor_does_who_came_before_anything_was_said(
    group: Any, ada: Any, stranger: Any, api: Any
) -> None:
    actions.change_access(ada, group, history_for_new_members=False)
    actions.rename_chat(ada, latest(group), "Canary")
    actions.rename_chat(ada, latest(group), "Looms")
    actions.add_members(ada, latest(group), [stranger.pk])
    assert texts(group, stranger) == {0: ["Ada Lovelace added Joan Clarke"]}
    answer = api(stranger).get(f"/api/v1/chats/{group.pk}/changes").json()
    assert (answer["count"], len(answer["results"])) == (1, 1)


def test_a_page_shows_the_lines_between_its_messages_alone(group: Any, ada: Any) -> None:
    for number in range(60):
        actions.post_message(ada, group.pk, f"No {number}")
        if number in (4, 9, 30):
            actions.rename_chat(ada, latest(group), f"Name {number}")
    assert sorted(texts(group, ada)) == [10, 31]
    assert sorted(texts(group, ada, before=11)) == [0, 5]


def test_lines_cost_a_group_one_command_and_a_private_chat_none(
    busy: Any, private_chat: Any, ada: Any
) -> None:
    def finds(chat: Chat) -> list[str]:
        with sent_commands() as sent:
            Timeline(chat, ada)
        return [one.name for one in sent if "kind" in one.document.get("filter", {})]

    assert (finds(busy), finds(private_chat)) == (["find"], [])


def test_lines_are_read_from_their_index_alone(busy: Any, ada: Any) -> None:
    rows = log.rows()
    query = {**Lines(busy, ada.pk)._query}
    plan = rows.find(query, sort={"after_seq": -1, "rev": -1}, limit=200).explain()
    stats = plan["executionStats"]
    shown = rows.count_documents({"chat_id": busy.pk.hex, "kind": {"$in": list(LINES)}})
    assert "message_lines" in str(plan["queryPlanner"]["winningPlan"])
    assert "SORT" not in str(plan["queryPlanner"]["winningPlan"]).replace("sortPattern", "")
    assert stats["totalDocsExamined"] == stats["nReturned"] == shown
    assert stats["totalKeysExamined"] <= shown + 1
