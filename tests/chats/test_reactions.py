"""Reactions to messages: who may, what is stored, told and answered, and what ends them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from channels.db import database_sync_to_async as do
from django.db import connections

from chats import actions, events
from chats.errors import Invalid, Refused
from chats.models import Change, Chat, Message, ReadMarker, log
from chats.protocol import REACTIONS_MAX, REACTORS_SHOWN
from tests.commands_sent import sent_commands
from tests.jobs import run_due
from users import blocks

from .test_access_matrix import Socket

pytestmark = pytest.mark.django_db

HEART, HEART_AS_TEXT = "\u2764\ufe0f", "\u2764"
THUMB, DARK_THUMB = "\U0001f44d", "\U0001f44d\U0001f3ff"
KINDS = [chr(code) for code in range(0x1F600, 0x1F600 + REACTIONS_MAX + 1)]  # faces


@pytest.fixture
def message(group: Any, grace: Any) -> Message:
    """A message of grace in the group."""
    sent, _ = actions.post_message(grace, group.pk, "It works")
    return sent


def url_of(message: Message, rest: str = "") -> str:
    return f"/api/v1/chats/{message.chat_id}/messages/{message.pk}{rest}"


def stored(message: Message) -> Any:
    return Message.objects.get(pk=message.pk).reactions


def rows(message: Message) -> list[Any]:
    """The rows of the log about a message."""
    of_it = {"chat_id": message.chat_id.hex, "message_id": message.pk.hex}
    return list(log.rows().find(of_it, sort={"rev": 1}))


# One change --------------------------------------------------------------------------------------


def test_who_sends_after_a_reaction_reads_the_chat_no_more(
    message: Message, group: Any, ada: Any, grace: Any
) -> None:
    actions.add_reaction(ada, group, message, THUMB)
    with sent_commands() as sent:
        actions.post_message(grace, group.pk, "Thanks")
    read = [(one.name, one.collection) for one in sent if one.name in ("find", "aggregate")]
    assert read == [("find", "chats_message")]


def test_a_reaction_is_one_change_with_its_row_and_its_event(
    message: Message, group: Any, ada: Any, alan: Any, captured_events: Any
) -> None:
    told = captured_events(events.chat_group(group.pk))
    actions.add_reaction(ada, group, message, THUMB)
    actions.add_reaction(alan, group, message, THUMB)
    changed, is_new = actions.add_reaction(ada, group, message, DARK_THUMB)
    assert is_new
    assert (changed.rev, changed.changed_rev) == (1, 4)
    actions.remove_reaction(ada, changed, THUMB)
    both = [{"emoji": THUMB, "user_ids": [alan.pk]}, {"emoji": DARK_THUMB, "user_ids": [ada.pk]}]
    assert stored(message) == both
    assert [(row["rev"], row["kind"], row["by"], row["emoji"]) for row in rows(message)] == [
        (2, Change.Kind.REACTION_ADDED, ada.pk, THUMB),
        (3, Change.Kind.REACTION_ADDED, alan.pk, THUMB),
        (4, Change.Kind.REACTION_ADDED, ada.pk, DARK_THUMB),
        (5, Change.Kind.REACTION_REMOVED, ada.pk, THUMB),
    ]
    frames = told.of_type("message_reaction")
    assert told.types() == ["message_reaction"] * 4
    assert frames[-1] == {
        "message_id": str(message.pk),
        "chat_id": str(group.pk),
        "seq": 1,
        "rev": 5,
        "user_id": ada.pk,
        "emoji": THUMB,
        "is_added": False,
        "reactions": [{**one, "count": 1} for one in both],
    }


def test_the_same_again_changes_nothing(
    message: Message, group: Any, ada: Any, captured_events: Any
) -> None:
    told = captured_events(events.chat_group(group.pk))
    stale = Message.objects.get(pk=message.pk)
    assert actions.add_reaction(ada, group, message, HEART)[1]
    for known in (stale, Message.objects.get(pk=message.pk)):
        again, is_new = actions.add_reaction(ada, group, known, HEART_AS_TEXT)
        assert (again.changed_rev, is_new) == (2, False)
    actions.remove_reaction(ada, stale, THUMB)  # isn't there
    assert stored(message) == [{"emoji": HEART, "user_ids": [ada.pk]}]
    known = Message.objects.get(pk=message.pk)
    actions.remove_reaction(ada, known, HEART_AS_TEXT)
    for each in (known, Message.objects.get(pk=message.pk)):
        actions.remove_reaction(ada, each, HEART)
    assert stored(message) is None
    assert log.head(group.pk).rev == 3
    assert told.types() == ["message_reaction"] * 2


@pytest.mark.django_db(transaction=True)
def test_what_many_do_at_once_is_all_there(
    message: Message, group: Any, ada: Any, person: Callable[..., Any]
) -> None:
    people = [person(f"person{number}") for number in range(6)]
    chat = actions.add_members(ada, group, [each.pk for each in people])
    before = log.head(group.pk).rev

    def react(user: Any) -> None:
        try:
            for emoji in (THUMB, HEART, THUMB):
                actions.add_reaction(user, chat, message, emoji)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(people)) as pool:
        list(pool.map(react, people))
    found = {one["emoji"]: sorted(one["user_ids"]) for one in stored(message)}
    everybody = sorted(each.pk for each in people)
    assert found == {THUMB: everybody, HEART: everybody}
    assert log.head(group.pk).rev == before + 2 * len(people)


# Limits ------------------------------------------------------------------------------------------


def test_the_21st_kind_is_refused_and_the_others_go_on(
    message: Message, group: Any, ada: Any, alan: Any, api: Any
) -> None:
    for emoji in KINDS[:REACTIONS_MAX]:
        actions.add_reaction(ada, group, message, emoji)
    refused = api(alan).post(url_of(message, "/reactions"), {"emoji": KINDS[-1]})
    assert refused.status_code == 400
    assert refused.json() == {"emoji": ["A message has at most 20 kinds of reactions."]}
    assert actions.add_reaction(alan, group, message, KINDS[0])[1]
    actions.remove_reaction(ada, Message.objects.get(pk=message.pk), KINDS[1])
    assert actions.add_reaction(alan, group, message, KINDS[-1])[1]
    assert len(stored(message)) == REACTIONS_MAX


@pytest.mark.parametrize(
    "emoji", ["", "a", ":heart:", THUMB * 2, "\u2764\ufe0e", 7, None, "x" * 99]
)
def test_what_is_no_emoji_is_refused_by_name(
    message: Message, ada: Any, api: Any, emoji: Any
) -> None:
    client = api(ada)
    refused = client.post(url_of(message, "/reactions"), {"emoji": emoji}, format="json")
    assert refused.status_code == 400
    assert refused.json().keys() == {"emoji"}
    if isinstance(emoji, str) and emoji:
        for method in (client.get, client.delete):
            answer = method(url_of(message, f"/reactions/{emoji}"))
            assert (answer.status_code, answer.json().keys()) == (400, {"emoji"})
    assert rows(message) == []


# Who may -----------------------------------------------------------------------------------------


def test_a_silenced_member_takes_back_and_adds_nothing(
    message: Message, group: Any, ada: Any, alan: Any
) -> None:
    actions.add_reaction(alan, group, message, THUMB)
    actions.set_permissions(ada, group, alan.pk, can_send_messages=False)
    silenced = Chat.objects.get(pk=group.pk)
    for chat in (group, silenced):  # also by a request that was let in before
        with pytest.raises(Refused):
            actions.add_reaction(alan, chat, message, HEART)
    actions.remove_reaction(alan, Message.objects.get(pk=message.pk), THUMB)
    assert stored(message) is None


def test_a_former_member_changes_nothing_by_a_request_that_was_let_in_before(
    message: Message, group: Any, ada: Any, alan: Any
) -> None:
    actions.add_reaction(alan, group, message, THUMB)
    known = Message.objects.get(pk=message.pk)
    actions.remove_member(ada, group, alan.pk)
    with pytest.raises(Chat.DoesNotExist):
        actions.add_reaction(alan, group, known, HEART)
    with pytest.raises(Chat.DoesNotExist):
        actions.remove_reaction(alan, known, THUMB)
    assert stored(message) == [{"emoji": THUMB, "user_ids": [alan.pk]}]


def test_nobody_reacts_to_who_blocks_them_in_their_private_chat(
    private_chat: Any, ada: Any, grace: Any, api: Any
) -> None:
    message, _ = actions.post_message(ada, private_chat.pk, "Hello")
    assert api(grace).post(url_of(message, "/reactions"), {"emoji": THUMB}).status_code == 201
    blocks.block(ada, grace.pk)
    for user in (ada, grace):
        refused = api(user).post(url_of(message, "/reactions"), {"emoji": HEART})
        assert refused.status_code == 403
    assert api(grace).delete(url_of(message, f"/reactions/{THUMB}")).status_code == 204
    assert stored(message) is None


def test_a_message_from_before_one_came_takes_no_reaction_and_tells_none(
    group: Any, ada: Any, grace: Any, stranger: Any, api: Any
) -> None:
    actions.change_access(ada, group, history_for_new_members=False)
    old, _ = actions.post_message(grace, group.pk, "Old")
    actions.add_members(ada, Chat.objects.get(pk=group.pk), [stranger.pk])
    new, _ = actions.post_message(grace, group.pk, "New")
    for message, code in ((old, 404), (new, 201)):
        answer = api(stranger).post(url_of(message, "/reactions"), {"emoji": THUMB})
        assert answer.status_code == code
        listed = api(stranger).get(url_of(message, "/reactions"))
        assert listed.status_code == (404 if code == 404 else 200)
    assert stored(old) is None


def test_a_deleted_message_has_no_reactions_and_takes_none(
    message: Message, group: Any, ada: Any, grace: Any, api: Any
) -> None:
    actions.add_reaction(ada, group, message, THUMB)
    known = Message.objects.get(pk=message.pk)
    actions.delete_message(grace, group, message)
    assert stored(message) is None
    for each in (known, Message.objects.get(pk=message.pk)):
        with pytest.raises(Refused, match="deleted"):
            actions.add_reaction(ada, group, each, HEART)
    actions.remove_reaction(ada, known, THUMB)
    assert [row["kind"] for row in rows(message)] == ["reaction_added", "message_deleted"]
    assert api(ada).get(url_of(message)).json()["reactions"] == []


# What is answered --------------------------------------------------------------------------------


def test_the_api_tells_the_first_ten_how_many_and_which_are_ones_own(
    message: Message, group: Any, ada: Any, alan: Any, person: Callable[..., Any], api: Any
) -> None:
    people = [person(f"person{number}") for number in range(REACTORS_SHOWN + 1)]
    chat = actions.add_members(ada, group, [each.pk for each in people])
    for user in people:
        actions.add_reaction(user, chat, message, THUMB)
    created = api(ada).post(url_of(message, "/reactions"), {"emoji": THUMB})
    assert created.status_code == 201
    assert api(ada).post(url_of(message, "/reactions"), {"emoji": THUMB}).status_code == 200
    first = [each.pk for each in people[:REACTORS_SHOWN]]
    thumbs = [{"emoji": THUMB, "count": REACTORS_SHOWN + 2, "user_ids": first}]
    history = api(ada).get(f"/api/v1/chats/{group.pk}/messages").json()["results"]
    changes = api(ada).get(f"/api/v1/chats/{group.pk}/messages?changed_after=1").json()["results"]
    for data in (created.json(), api(ada).get(url_of(message)).json(), *history, *changes):
        assert (data["reactions"], data["own_reactions"]) == (thumbs, [THUMB])
    assert len(history) == len(changes) == 1
    assert api(alan).get(url_of(message)).json()["own_reactions"] == []


def test_who_reacted_is_listed_in_pages(
    message: Message, group: Any, ada: Any, grace: Any, alan: Any, api: Any
) -> None:
    for user, emoji in ((alan, HEART), (ada, THUMB), (grace, HEART)):
        actions.add_reaction(user, group, message, emoji)
    everybody = api(ada).get(url_of(message, "/reactions")).json()
    shown = [(one["emoji"], one["name"], one["user_id"]) for one in everybody["results"]]
    assert shown == [
        (HEART, "Alan Turing", alan.pk),
        (HEART, "Grace Hopper", grace.pk),
        (THUMB, "Ada Lovelace", ada.pk),
    ]
    page = api(ada).get(url_of(message, "/reactions?limit=1&offset=1")).json()
    assert (page["count"], [one["username"] for one in page["results"]]) == (3, ["grace"])
    assert page["next"]
    assert page["previous"]
    hearts = api(ada).get(url_of(message, f"/reactions/{HEART_AS_TEXT}")).json()
    assert [one["user_id"] for one in hearts["results"]] == [alan.pk, grace.pk]
    assert api(ada).get(url_of(message, f"/reactions/{DARK_THUMB}")).json()["count"] == 0
    assert api(ada).get(url_of(message, "/reactions?limit=101")).status_code == 400


def test_reactions_make_nothing_unread_and_no_activity(
    message: Message, group: Any, ada: Any, grace: Any, alan: Any, api: Any
) -> None:
    def seen_by(user: Any) -> tuple[int, str]:
        [chat] = api(user).get("/api/v1/chats").json()["results"]
        return chat["unread_count"], chat["last_message_at"]

    before = [seen_by(user) for user in (ada, grace, alan)]
    markers = ReadMarker.objects.of_chat(group)
    actions.add_reaction(ada, group, message, THUMB)
    assert [seen_by(user) for user in (ada, grace, alan)] == before
    assert before[0][0] == 1
    assert ReadMarker.objects.of_chat(group) == markers


def test_an_edit_keeps_reactions_and_tells_them(
    message: Message, group: Any, ada: Any, grace: Any, captured_events: Any
) -> None:
    actions.add_reaction(ada, group, message, THUMB)
    told = captured_events(events.chat_group(group.pk))
    actions.edit_message(grace, group, message, "It works!")
    [edited] = told.of_type("message_edited")
    assert edited["reactions"] == [{"emoji": THUMB, "count": 1, "user_ids": [ada.pk]}]


def test_a_page_with_reactions_asks_for_no_more(
    message: Message, group: Any, ada: Any, alan: Any, api: Any
) -> None:
    client, url = api(ada), f"/api/v1/chats/{group.pk}/messages"
    client.get(url)

    def commands() -> int:
        with sent_commands() as sent:
            assert client.get(url).status_code == 200
        return len(sent)

    plain = commands()
    actions.add_reaction(alan, group, message, THUMB)
    assert commands() == plain > 0


def test_what_is_left_of_a_deleted_chat_tells_no_reactions(
    message: Message, group: Any, ada: Any
) -> None:
    actions.add_reaction(ada, group, message, THUMB)
    actions.delete_chat(ada, Chat.objects.get(pk=group.pk))
    run_due()
    left = list(log.rows().find({"chat_id": group.pk.hex}))
    assert left
    assert not any(row.get("reactions") or row.get("emoji") for row in left)


# Sockets -----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
async def test_sockets_are_told_and_who_came_later_hears_only_of_a_change(
    group: Any, ada: Any, grace: Any, stranger: Any
) -> None:
    await do(actions.change_access)(ada, group, history_for_new_members=False)
    old, _ = await do(actions.post_message)(grace, group.pk, "Old")
    chat = await do(actions.add_members)(ada, group, [stranger.pk])
    member, late, chats = (
        Socket(ada, f"/api/v1/chats/{group.pk}"),
        Socket(stranger, f"/api/v1/chats/{group.pk}"),
        Socket(ada, "/api/v1/users/me"),
    )
    for socket in (member, late, chats):
        assert await socket.open()
    await do(actions.add_reaction)(grace, chat, old, THUMB)
    await do(actions.post_message)(grace, group.pk, "New")
    told = (await member.next("message_reaction", "text_message"))["data"]
    assert (told["emoji"], told["user_id"], told["is_added"]) == (THUMB, grace.pk, True)
    hidden = await late.next("message_hidden", "message_reaction", "text_message")
    assert hidden == {
        "type": "message_hidden",
        "data": {"chat_id": str(group.pk), "rev": told["rev"]},
    }
    activity = await chats.next("chat_activity")  # of the message: the reaction is none
    assert activity["data"]["preview"] == "New"
    for socket in (member, late, chats):
        await socket.close()


def test_an_action_names_what_it_refuses(message: Message, group: Any, ada: Any) -> None:
    with pytest.raises(Invalid) as refused:
        actions.add_reaction(ada, group, message, "no")
    assert refused.value.field == "emoji"


# The page ----------------------------------------------------------------------------------------


def test_the_page_lists_all_who_reacted_to_members_alone(
    message: Message, group: Any, ada: Any, stranger: Any, person: Any, client: Any
) -> None:
    people = [person(f"person{number}") for number in range(60)]
    chat = actions.add_members(ada, group, [each.pk for each in people])
    for user in people:
        actions.add_reaction(user, chat, Message.objects.get(pk=message.pk), THUMB)
    actions.add_reaction(ada, chat, Message.objects.get(pk=message.pk), HEART)
    url = f"/chats/{group.pk}/messages/{message.pk}/reactions/"
    client.force_login(ada)
    first, second = client.get(url), client.get(f"{url}?page=2")
    shown = [
        (kind["emoji"], kind["count"], [each.username for each in kind["people"]])
        for page in (first, second)
        for kind in page.context["kinds"]
    ]
    assert shown == [
        (THUMB, 60, [each.username for each in people[:50]]),
        (THUMB, 60, [each.username for each in people[50:]]),
        (HEART, 1, [ada.username]),
    ]
    assert f'href="{url}?page=2"' in first.content.decode()
    client.force_login(stranger)
    assert client.get(url).status_code == 404
    actions.change_access(ada, chat, history_for_new_members=False)
    actions.add_members(ada, Chat.objects.get(pk=group.pk), [stranger.pk])
    assert client.get(f"/chats/{group.pk}/").status_code == 200
    assert client.get(url).status_code == 404  # from before they came
