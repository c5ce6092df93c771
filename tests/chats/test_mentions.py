"""Mentions: whom a message mentions, who may mention all, and what is unread of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chatproject.limits.rates import Rate
from chats import actions, events
from chats.actions import mentions as mention_actions
from chats.actions import sending
from chats.explain.recorder import recorded
from chats.explain.sample import build
from chats.models import EVERYBODY_ID, Chat, Message, MessageRow
from chats.pages.chat_list import chat_items
from chats.permissions import permissions_for
from chats.protocol import MENTIONS_MAX, UNREAD_MENTIONS_LISTED
from chats.representation import with_own
from chats.representation.mentions import shown_html
from tests.commands_sent import sent_commands
from users import blocks
from users.actions import delete_account
from users.models import User
from users.names import forget

pytestmark = pytest.mark.django_db


def latest(chat: Any) -> Chat:
    found: Chat = Chat.objects.get(pk=chat.pk)
    return found


def say(user: Any, chat: Any, content: str) -> Message:
    message, _ = actions.post_message(user, chat.pk, content)
    return message


@pytest.fixture
def mentions(api: Any) -> Callable[..., tuple[list[int], bool]]:
    """Whom a message mentions, as the API says."""

    def read(user: Any, message: Message) -> tuple[list[int], bool]:
        path = f"/api/v1/chats/{message.chat_id}/messages/{message.pk}"
        data = api(user).get(path).json()
        return data["mention_ids"], data["mentions_all"]

    return read


@pytest.fixture
def unread(api: Any) -> Callable[..., list[int]]:
    """The numbers of a person's unread messages of a chat that mention them."""

    def read(user: Any, chat: Any) -> list[int]:
        listed = api(user).get("/api/v1/chats/").json()["results"]
        one = api(user).get(f"/api/v1/chats/{chat.pk}").json()
        [row] = [row for row in listed if row["id"] == str(chat.pk)]
        [item] = [item for item in chat_items(User.objects.get(pk=user.pk))[0] if item.chat == chat]
        seqs: list[int] = row["unread_mention_seqs"]
        assert one["unread_mention_seqs"] == seqs == list(item.mentions.seqs)
        assert one["unread_mentions"] == row["unread_mentions"] == item.mentions.count
        assert len(seqs) == min(item.mentions.count, UNREAD_MENTIONS_LISTED)
        return seqs

    return read


# Who is mentioned --------------------------------------------------------------------------------


def test_what_looks_like_the_element_of_a_mention_is_text(group: Any, ada: Any) -> None:
    text = 'class="mention" data-user-id="0"'
    message = say(ada, group, f"**@all** {text}")
    row = MessageRow.of(Message.objects.document(message))
    html = with_own(shown_html(row, {}) or "", ada.pk)
    assert html.count("mention--own") == 1
    assert html.endswith(f" {text}</p>")


def test_long_names_make_no_page_too_large(group: Any, ada: Any, grace: Any, api: Any) -> None:
    grace.first_name = grace.last_name = "\u6f22" * 150
    grace.save()
    for _ in range(8):
        say(ada, group, "@grace " * 250)
    page = api(ada).get(f"/api/v1/chats/{group.pk}/messages")
    assert 0 < len(page.content) < 1024 * 1024 + 50_000
    assert len(page.json()["results"]) < 8
    assert page.json()["next"]


def test_a_message_mentions_the_members_whom_it_names(
    group: Any, ada: Any, grace: Any, alan: Any, stranger: Any, mentions: Any, api: Any
) -> None:
    text = f"@Grace, @{stranger.username}, @nobody, @assistant and @alan: see `@ada`"
    message = say(ada, group, text)
    assert mentions(ada, message) == ([grace.pk, alan.pk], False)
    data = api(ada).get(f"/api/v1/chats/{group.pk}/messages/{message.pk}").json()
    assert data["mention_names"] == {"grace": grace.name, "alan": alan.name}
    assert data["content"] == text
    for plain in ("Nobody", "me@grace.org", "@ai who is grace?"):
        assert mentions(ada, say(ada, group, plain)) == ([], False)


def test_names_are_the_present_ones(
    group: Any, ada: Any, grace: Any, api: Any, captured_events: Any
) -> None:
    message = say(ada, group, "Hello @grace, " + "x" * 200)
    reply, _ = actions.post_message(ada, group.pk, "So", reply_to=message.pk)
    grace.first_name, grace.last_name = "Amazing", "Grace"
    grace.save()
    path = f"/api/v1/chats/{group.pk}/messages/{reply.pk}"
    assert api(ada).get(path).json()["reply"]["content"].startswith("Hello @Amazing Grace, xxx")
    told = captured_events(events.chat_group(group.pk))
    actions.edit_message(ada, group, message, "Hello, @grace")
    [edited] = told.of_type("message_edited")
    assert edited["mention_names"] == {"grace": "Amazing Grace"}
    activity, _ = events.MessageEdited.of(edited).for_chat_list() or (None, None)
    assert isinstance(activity, events.ChatActivity)
    assert activity.preview == "Hello, @Amazing Grace"
    actions.delete_message(ada, group, reply)
    say(ada, group, "And @grace again")
    delete_account(grace)
    User.objects.filter(pk=grace.pk).delete()
    row = api(ada).get("/api/v1/chats/").json()["results"][0]
    assert row["last_message"]["content"] == "And @Deleted user again"
    assert chat_items(ada)[0][0].preview == "You: And @Deleted user again"


def test_html_leads_to_those_whom_it_mentions_by_their_present_names(
    group: Any, ada: Any, grace: Any, stranger: Any, api: Any
) -> None:
    text = f"@grace & @{stranger.username}, `@grace` @all"
    message = say(ada, group, text)
    path = f"/api/v1/chats/{group.pk}/messages/{message.pk}"
    grace.first_name, grace.last_name = "Am<z>ing", "Grace"
    grace.save()
    link = f'class="mention" data-user-id="{grace.pk}" href="/chats/{group.pk}/members/?person='
    html = api(ada).get(path).json()["html"]
    assert html == (
        f'<p dir="auto"><a {link}{grace.pk}" dir="auto">@Am&lt;z&gt;ing Grace</a> &amp; '
        f"@{stranger.username}, <code>@grace</code> "
        '<span class="mention" data-user-id="0">@all</span></p>'
    )
    User.objects.filter(pk=grace.pk).delete()
    forget(grace.pk)
    assert '<span class="mention">@Deleted user</span> &amp;' in api(ada).get(path).json()["html"]


def test_an_entry_of_a_member_is_shown_where_a_mention_of_them_leads(
    group: Any, ada: Any, grace: Any, client: Any
) -> None:
    client.force_login(ada)
    url = f"/chats/{group.pk}/members/?person="
    page = client.get(f"{url}{grace.pk}").content.decode()
    entry = page.split(f'id="member-{grace.pk}"')[1].split("</details>")[0]
    assert entry.split(">")[0].split() == ["open"]
    assert "autofocus" in entry
    assert f"/chats/private/{grace.pk}/" in entry
    for nobody in ("", "x", "9" * 5000, "1"):
        answer = client.get(f"{url}{nobody}")
        assert answer.status_code == 200
        assert "autofocus" not in answer.content.decode()


def test_an_edit_settles_anew_whom_it_mentions_and_a_deletion_mentions_nobody(
    group: Any, ada: Any, grace: Any, alan: Any, mentions: Any, unread: Any
) -> None:
    message = say(ada, group, "Hello @grace")
    assert (unread(grace, group), unread(alan, group)) == ([1], [])
    actions.edit_message(ada, group, message, "Hello @alan")
    assert mentions(ada, message) == ([alan.pk], False)
    assert (unread(grace, group), unread(alan, group)) == ([], [1])
    actions.delete_message(ada, group, Message.objects.get(pk=message.pk))
    assert mentions(ada, message) == ([], False)
    assert unread(alan, group) == []


def test_only_who_is_a_member_when_it_is_stored_is_mentioned(
    group: Any, ada: Any, grace: Any, alan: Any, mentions: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(ada, group, "This process knows the chat")
    send = sending.send

    def removed_meanwhile(*arguments: Any) -> Any:
        monkeypatch.undo()
        actions.remove_member(ada, latest(group), grace.pk)
        return send(*arguments)

    monkeypatch.setattr(sending, "send", removed_meanwhile)
    message = say(ada, group, "Hello @grace and @alan")
    assert mentions(ada, message) == ([alan.pk], False)
    actions.add_members(ada, latest(group), [grace.pk])
    assert mentions(ada, message) == ([alan.pk], False)


def test_the_bot_mentions_nobody(group: Any, ada: Any, mentions: Any) -> None:
    question = say(ada, group, "Hello")
    answer = actions.post_bot_message(question, "@all @ada", client_id="1")
    assert mentions(ada, answer) == ([], False)


def test_a_message_mentions_so_many_by_name(
    group: Any, ada: Any, person: Callable[..., Any], api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MENTIONS_MAX == 50
    monkeypatch.setattr(mention_actions, "MENTIONS_MAX", 1)
    path = f"/api/v1/chats/{group.pk}/messages"
    refused = api(ada).post(path, {"content": "@grace @alan"})
    assert refused.status_code == 400
    assert "this mentions 2" in refused.json()["content"][0]
    # Others than members don't count.
    person("mary")
    assert api(ada).post(path, {"content": "@grace @mary @grace"}).status_code == 201


# All ---------------------------------------------------------------------------------------------


def test_in_a_large_group_all_are_mentioned_by_those_who_may_remove_members(
    group: Any, ada: Any, grace: Any, mentions: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mentions(grace, say(grace, group, "@all")) == ([], True)
    for module in ("chats.actions.mentions", "chats.permissions"):
        monkeypatch.setattr(f"{module}.MENTION_ALL_MEMBERS", 2)
    assert not permissions_for(latest(group), grace.pk).can_mention_all
    # It is said, but mentions nobody; also by an edit.
    message = say(grace, group, "@all")
    assert mentions(grace, message) == ([], False)
    actions.edit_message(grace, group, message, "@all @ada")
    assert mentions(grace, message) == ([ada.pk], False)
    assert mentions(ada, say(ada, group, "@all")) == ([], True)
    actions.set_permissions(ada, latest(group), grace.pk, can_remove_members=True)
    assert mentions(grace, say(grace, group, "@All!")) == ([], True)
    actions.edit_message(grace, group, message, "@all @ada, again")
    assert mentions(grace, message) == ([ada.pk], True)


def test_who_lost_the_right_meanwhile_mentions_nobody(
    group: Any, ada: Any, grace: Any, mentions: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mention_actions, "MENTION_ALL_MEMBERS", 2)
    monkeypatch.setattr("chats.permissions.MENTION_ALL_MEMBERS", 2)
    actions.set_permissions(ada, latest(group), grace.pk, can_remove_members=True)
    say(grace, group, "This process knows the chat")
    send = sending.send

    def taken_meanwhile(*arguments: Any) -> Any:
        monkeypatch.setattr(sending, "send", send)
        actions.set_permissions(ada, latest(group), grace.pk, can_remove_members=False)
        return send(*arguments)

    monkeypatch.setattr(sending, "send", taken_meanwhile)
    assert mentions(grace, say(grace, group, "@all")) == ([], False)


def test_mentions_have_allowances(group: Any, ada: Any, api: Any, settings: Any) -> None:
    settings.LIMIT_MENTIONS, settings.LIMIT_MENTIONS_OF_ALL = Rate(2, 3600), Rate(1, 3600)
    path = f"/api/v1/chats/{group.pk}/messages"

    def sent(content: str) -> Any:
        return api(ada).post(path, {"content": content})

    assert sent("@all").status_code == 201
    refused = sent("@all")
    assert refused.status_code == 429
    assert "everybody" in refused.json()["detail"]
    assert sent("@grace").status_code == 201
    refused = sent("@grace")
    assert (refused.status_code, refused["Retry-After"].isdigit()) == (429, True)
    # What mentions nobody isn't counted.
    assert sent("@nobody").status_code == sent("Hello").status_code == 201


# What is unread ----------------------------------------------------------------------------------


def test_unread_mentions_are_counted_until_they_are_read(
    group: Any, ada: Any, grace: Any, alan: Any, unread: Any
) -> None:
    said = [say(ada, group, text) for text in ("@grace", "Hello", "@all @grace", "@alan", "@all")]
    assert unread(grace, group) == [1, 3, 5]
    assert unread(alan, group) == [3, 4, 5]
    assert unread(ada, group) == []  # one's own
    actions.mark_read(grace, group, said[1])
    assert unread(grace, group) == [3, 5]
    actions.mark_read(grace, group, said[4])
    assert unread(grace, group) == []


def test_who_is_blocked_mentions_nobody_who_blocks_them(
    group: Any, ada: Any, grace: Any, alan: Any, unread: Any
) -> None:
    say(ada, group, "@grace")
    say(alan, group, "@grace")
    blocks.block(grace, ada.pk)
    assert unread(User.objects.get(pk=grace.pk), group) == [2]
    blocks.unblock(grace, ada.pk)
    assert unread(User.objects.get(pk=grace.pk), group) == [1, 2]


@pytest.mark.parametrize("history", [True, False])
def test_who_comes_later_wasnt_mentioned(
    group: Any, ada: Any, stranger: Any, unread: Any, history: bool
) -> None:
    if not history:
        actions.change_access(ada, group, history_for_new_members=False)
    say(ada, group, f"@all @{stranger.username}")
    actions.add_members(ada, latest(group), [stranger.pk])
    assert unread(stranger, group) == []
    message = say(ada, group, f"@{stranger.username}")
    assert unread(stranger, group) == [message.seq]


def test_many_unread_mentions_are_counted_and_the_latest_listed(
    group: Any, ada: Any, grace: Any, alan: Any, unread: Any
) -> None:
    for number in range(UNREAD_MENTIONS_LISTED + 2):
        say((ada, alan)[number % 2], group, "@grace")
    seqs = unread(grace, group)
    assert seqs == list(range(3, UNREAD_MENTIONS_LISTED + 3))


# What it costs -----------------------------------------------------------------------------------


def test_the_list_asks_for_mentions_only_if_something_is_unread(
    ada: Any, grace: Any, api: Any
) -> None:
    client, said = api(grace), []
    for number in range(12):
        chat = actions.create_group(ada, str(number), [grace.pk])
        said.append((chat, say(ada, chat, "@grace")))
    with sent_commands() as sent, CaptureQueriesContext(connection) as asked:
        assert client.get("/api/v1/chats/").json()["results"][0]["unread_mentions"] == 1
    assert [one.collection for one in sent] == ["chats_chat", "chats_message", "chats_message"]
    for chat, message in said:
        actions.mark_read(grace, chat, message)
    assert any("users_block" in query["sql"] for query in asked)
    with sent_commands() as sent, CaptureQueriesContext(connection) as asked:
        assert client.get("/api/v1/chats/").json()["results"][0]["unread_mentions"] == 0
    assert [one.collection for one in sent] == ["chats_chat", "chats_message"]
    assert not any("users_block" in query["sql"] for query in asked)


def test_a_message_without_a_mention_asks_for_nobody(
    group: Any, ada: Any, grace: Any, django_assert_num_queries: Any
) -> None:
    say(ada, group, "Hello")
    with sent_commands() as sent, django_assert_num_queries(0):
        say(ada, group, "me@@ `@` @ai")
    assert [one.name for one in sent if one.acknowledged] == ["insert"]
    forget(grace.pk)
    with sent_commands() as sent, django_assert_num_queries(2):  # the ids, and the names
        say(ada, group, "@grace")
    assert [one.name for one in sent if one.acknowledged] == ["insert"]


def test_unread_mentions_are_read_from_the_index_alone() -> None:
    chat = build(3_000, short_chats=50)
    rows = Message.objects.collection()
    everybody = {"mention_ids": [EVERYBODY_ID], "mention_names": ["all"]}
    rows.update_many({"seq": {"$mod": [100, 7]}}, {"$set": everybody})
    others = {"mention_ids": [2, 3], "mention_names": ["two", "three"]}
    rows.update_many({"seq": {"$mod": [2, 0]}}, {"$set": others})
    chats = [Chat.objects.document(one) for one in Chat.objects.all()]
    with recorded() as commands:
        found = Message.objects.unread_mentions(chats, {}, User(pk=1))
    [command] = commands
    plan = command.explain()
    assert found[chat.pk.hex].count == rows.count_documents(
        {"chat_id": chat.pk.hex, "mention_ids": {"$in": [1, EVERYBODY_ID]}, "sender_id": {"$ne": 1}}
    )
    assert found[chat.pk.hex].count > 100
    assert set(plan.indexes) == {"message_mentions"}
    assert (plan.documents, plan.scans) == (0, False)
    mentioning = rows.count_documents({"mention_ids": {"$in": [1, EVERYBODY_ID]}})
    assert plan.keys <= mentioning + plan.ranges
