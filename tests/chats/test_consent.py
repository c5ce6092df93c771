"""Who may add a person to groups is for that person to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chats import actions
from chats.errors import Invalid
from chats.explain.recorder import recorded
from chats.explain.sample import build
from chats.models import Chat
from chats.models.writers import writers
from users.models import User

pytestmark = pytest.mark.django_db

TRIES = 30


@pytest.fixture
def victim(person: Callable[..., Any]) -> Any:
    """Somebody who wants to share a chat first, and shares none with ada."""
    return person("victim", added_by="shared")


def groups_of(user: Any) -> int:
    return int(Chat.objects.for_member(user).filter(is_group=True).count())


def let_in(user: Any, other: Any) -> bool:
    """Whether a person may add another to a group; if not, there is no such group."""
    before = Chat.objects.count()
    try:
        chat = actions.create_group(user, "Looms", [other.pk])
    except Invalid as error:
        refusal = str(error)
    else:
        return other.pk in chat.member_ids
    assert refusal == f"member_ids: These people don't let you add them to groups: @{other}."
    assert Chat.objects.count() == before
    return False


def test_somebody_who_shares_no_chat_puts_a_person_into_no_group(
    ada: Any, grace: Any, victim: Any, group: Any, api: Any
) -> None:
    # The attack put a victim into 2,949 groups in 25 s, by new groups and by additions.
    client, members = api(ada), f"/api/v1/chats/{group.pk}/members"
    for number in range(TRIES):
        body = {"name": f"Looms {number}", "member_ids": [victim.pk]}
        assert client.post("/api/v1/chats/group", body).status_code == 400
        assert client.post(members, {"user_id": victim.pk}).status_code == 400
    assert groups_of(victim) == 0
    # Who minds nobody is added by the same calls.
    body = {"name": "Looms", "member_ids": [grace.pk]}
    assert client.post("/api/v1/chats/group", body).status_code == 201


def test_a_refusal_names_the_field_and_the_people_and_adds_none_of_them(
    ada: Any, stranger: Any, victim: Any, group: Any, api: Any
) -> None:
    members = f"/api/v1/chats/{group.pk}/members"
    refused = api(ada).post(members, {"user_ids": [stranger.pk, victim.pk]})
    assert refused.status_code == 400
    told = "These people don't let you add them to groups: @victim."
    assert refused.json() == {"user_ids": [told]}
    assert stranger.pk not in Chat.objects.get(pk=group.pk).member_ids
    assert api(ada).post(members, {"user_ids": [stranger.pk]}).status_code == 201


def test_a_private_chat_counts_once_the_person_has_written_in_it(ada: Any, victim: Any) -> None:
    chat, _ = actions.create_private_chat(ada, victim.pk)
    assert not let_in(ada, victim)
    asked, _ = actions.post_message(ada, chat.pk, "May I add you?")
    actions.mark_read(victim, chat, asked)
    assert not let_in(ada, victim)
    actions.post_message(victim, chat.pk, "Please do.")
    assert let_in(ada, victim)


def test_a_private_chat_counts_that_the_person_has_opened(ada: Any, victim: Any) -> None:
    actions.create_private_chat(victim, ada.pk)
    assert let_in(ada, victim)


def test_a_group_counts_while_both_are_in_it(ada: Any, grace: Any, victim: Any) -> None:
    chat = actions.create_group(victim, "Engines", [ada.pk, grace.pk])
    assert let_in(ada, victim)
    actions.remove_member(grace, chat, grace.pk)
    assert not let_in(grace, victim)


def test_an_answer_of_long_ago_counts_no_more(
    ada: Any, victim: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chats.models.writers.LATELY", 3)
    chat, _ = actions.create_private_chat(ada, victim.pk)
    actions.post_message(victim, chat.pk, "Hello")
    for _ in range(2):
        actions.post_message(ada, chat.pk, "Hello?")
    assert let_in(ada, victim)
    actions.post_message(ada, chat.pk, "Hello?")
    for left in Chat.objects.filter(is_group=True):
        actions.delete_chat(ada, left)
    assert not let_in(ada, victim)


def test_nobody_means_nobody(ada: Any, person: Callable[..., Any]) -> None:
    hermit = person("hermit", added_by="nobody")
    actions.create_group(hermit, "Engines", [ada.pk])
    assert not let_in(ada, hermit)


def test_a_private_chat_is_opened_with_anybody(ada: Any, person: Callable[..., Any]) -> None:
    # It is where one asks.
    hermit = person("hermit", added_by="nobody")
    chat, is_new = actions.create_private_chat(ada, hermit.pk)
    assert is_new
    assert hermit.pk in chat.member_ids


def test_the_page_says_who_can_t_be_added(ada: Any, victim: Any, group: Any, client: Any) -> None:
    client.force_login(ada)
    page = client.post(f"/chats/{group.pk}/members/add/", {"user_id": victim.pk})
    assert page.status_code == 400
    assert "let you add them to groups: @victim." in page.content.decode()
    picked = {"name": "Looms", "member_ids": [victim.pk]}
    page = client.post("/chats/new/group/", picked)
    assert page.status_code == 400
    assert "let you add them to groups: @victim." in page.content.decode()


# The setting -------------------------------------------------------------------------------------


def test_a_person_chooses_over_the_api(ada: Any, api: Any) -> None:
    assert api(ada).get("/api/v1/users/me").json()["added_by"] == "anyone"
    answer = api(ada).patch("/api/v1/users/me", {"added_by": "nobody"})
    assert (answer.status_code, answer.json()["added_by"]) == (200, "nobody")
    for wrong in ("friends", "", None, 1, ["nobody"]):
        refused = api(ada).patch("/api/v1/users/me", {"added_by": wrong}, format="json")
        assert refused.status_code == 400
        assert refused.json().keys() == {"added_by"}
    assert User.objects.get(pk=ada.pk).added_by == "nobody"


def test_a_person_chooses_on_the_page(ada: Any, client: Any) -> None:
    client.force_login(ada)
    names = {"first_name": "Ada", "last_name": "Lovelace"}
    assert "Who may add me to groups" in client.get("/accounts/profile/").content.decode()
    assert client.post("/accounts/profile/", {**names, "added_by": "shared"}).status_code == 302
    assert User.objects.get(pk=ada.pk).added_by == "shared"
    # A form that is older than the choice leaves it as it is.
    assert client.post("/accounts/profile/", names).status_code == 302
    assert User.objects.get(pk=ada.pk).added_by == "shared"
    assert client.post("/accounts/profile/", {**names, "added_by": "x"}).status_code == 200
    assert User.objects.get(pk=ada.pk).added_by == "shared"


def test_an_account_begins_with_the_site_s_choice(settings: Any, person: Any) -> None:
    settings.ADDED_BY = "nobody"
    assert person("mary").added_by == "nobody"


# What it costs -----------------------------------------------------------------------------------


def test_it_asks_twice_however_many_people_are_added(ada: Any, person: Callable[..., Any]) -> None:
    people = [person(f"person{number}", added_by="shared") for number in range(12)]
    for user in people:
        actions.create_private_chat(ada, user.pk)
    ids = [user.pk for user in people]
    queries = CaptureQueriesContext(connection)
    with recorded() as commands, queries as asked, pytest.raises(Invalid):
        actions.create_group(ada, "Looms", ids)
    assert [command.collection for command in commands] == ["chats_chat", "chats_message"]
    assert len(asked) == 2  # their accounts, and their blocks
    get_user_model().objects.update(added_by="anyone")
    with recorded() as commands:
        actions.create_group(ada, "Looms", ids)
    assert not commands


def test_it_reads_the_chats_of_who_adds_and_the_end_of_private_ones_by_their_indexes(
    db: None,
) -> None:
    long = build(3_000, short_chats=20)
    others = list(range(2, 42))
    with recorded() as commands:
        shared = Chat.objects.shared_with(1, others)
        seqs = {one.chat_id: one.last_seq for one in shared if not one.is_group}
        seqs[long.pk.hex] = long.last_seq
        found = writers(seqs, others)
    assert {one.member_id for one in shared} == set(others) - {41}
    assert len(found) == 39
    chats, messages = (command.explain() for command in commands)
    assert (chats.indexes, chats.documents) == (("chat_member",), 21)
    assert set(messages.indexes) == {"message_seq"}
    assert messages.documents <= 20 * 10 + 100
