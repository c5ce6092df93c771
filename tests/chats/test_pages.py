"""The pages without a browser: who sees what, and what each form does."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pymongo.errors import ConnectionFailure

from chats import actions
from chats.models import Chat, Message
from chats.pages.template_tags import initials
from chats.permissions import permissions_for
from tests.commands_sent import sent_commands

Pages = Callable[[Any], Client]


@pytest.fixture
def pages() -> Pages:
    """A function: the browser of a user."""

    def of(user: Any) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return of


def rows(html: str) -> list[str]:
    """The contents of the messages of a page, without those of its template."""
    html = re.sub(r"<template.*?</template>", "", html, flags=re.DOTALL)
    return re.findall(r'data-part="content">(.*?)</div>', html, flags=re.DOTALL)


def fetch(client: Client, name: str, /, *args: Any, **query: Any) -> str:
    response = client.get(reverse(f"chats:{name}", args=args), query)
    assert response.status_code == 200
    return response.content.decode()


# Who may see what --------------------------------------------------------------------------------

OF_A_CHAT = ("detail", "members", "rename", "delete", "leave", "send", "add_member")


@pytest.mark.parametrize("name", OF_A_CHAT)
def test_a_chat_does_not_exist_for_a_stranger_or_a_former_member(
    name: str, group: Any, ada: Any, alan: Any, stranger: Any, pages: Pages
) -> None:
    path = reverse(f"chats:{name}", args=[group.pk])
    data = {"content": "Hi", "user_id": stranger.pk, "name": "Mine"}
    actions.remove_member(ada, group, alan.pk)
    for outsider in (stranger, alan):
        client = pages(outsider)
        assert client.post(path, data).status_code in (404, 405)
        assert client.get(path).status_code in (404, 405)
    group.refresh_from_db()
    assert (group.name, group.last_seq, stranger.pk in group.member_ids) == ("Engines", 0, False)


@pytest.mark.parametrize("name", ["list", "new", "new_group"])
def test_who_is_not_signed_in_is_sent_to_do_so(name: str, db: None, client: Client) -> None:
    path = reverse(f"chats:{name}")
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('users:sign_in')}?next={path}"


def test_an_unknown_or_bad_address_is_not_found(ada: Any, pages: Pages) -> None:
    client = pages(ada)
    assert client.get(reverse("chats:detail", args=[uuid.uuid4()])).status_code == 404
    nowhere = client.get("/chats/nonsense/")
    assert nowhere.status_code == 404
    assert "Nothing here" in nowhere.content.decode()


def test_what_may_not_be_done_is_refused_with_the_reason(
    group: Any, grace: Any, alan: Any, pages: Pages
) -> None:
    client = pages(grace)
    refused = {
        "rename": ({"name": "Mine"}, []),
        "delete": ({}, []),
        "remove_member": ({}, [alan.pk]),
        "make_owner": ({}, [grace.pk]),
        "permissions": ({"can_remove_members": "on"}, [alan.pk]),
    }
    for name, (data, args) in refused.items():
        response = client.post(reverse(f"chats:{name}", args=[group.pk, *args]), data)
        assert response.status_code == 403, name
        assert b"Not allowed" in response.content
    group.refresh_from_db()
    assert group.name == "Engines"
    assert len(group.member_ids) == 3


def test_a_store_that_is_away_is_a_page_that_says_so(
    group: Any, ada: Any, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any) -> None:
        raise ConnectionFailure("no server")

    monkeypatch.setattr("chats.pages.views.find_chat", away)
    response = pages(ada).get(reverse("chats:detail", args=[group.pk]))
    assert response.status_code == 503
    assert response["Retry-After"]
    assert "try again in a moment" in response.content.decode()


# What pages show ---------------------------------------------------------------------------------


def test_the_newest_fifty_messages_are_shown_and_links_lead_to_the_others(
    group: Any, ada: Any, grace: Any, pages: Pages
) -> None:
    for number in range(1, 121):
        message, _ = actions.post_message(grace, group.pk, f"Message {number}")
    client = pages(ada)
    actions.mark_read(ada, group, message)
    newest = fetch(client, "detail", group.pk)
    assert rows(newest) == [f"Message {number}" for number in range(71, 121)]
    assert '"?before=71"' in newest
    older = fetch(client, "detail", group.pk, before=71)
    assert rows(older) == [f"Message {number}" for number in range(21, 71)]
    assert '"?before=21"' in older
    assert '"?before=121"' in older
    oldest = fetch(client, "detail", group.pk, before=21)
    assert rows(oldest) == [f"Message {number}" for number in range(1, 21)]
    assert re.search(r'data-messages-target="older"\s+hidden>', oldest)


def test_a_link_to_a_message_shows_those_around_it(group: Any, ada: Any, pages: Pages) -> None:
    messages = [actions.post_message(ada, group.pk, f"{number}")[0] for number in range(1, 101)]
    contents = rows(fetch(pages(ada), "detail", group.pk, at=str(messages[39].pk)))
    assert "40" in contents
    assert len(contents) == 50
    assert contents[-1] != "100"


@pytest.mark.parametrize(
    "number",
    [
        *("0", "x", "-1", "1.5", " 1", "\x00", "1\x00", "١", "²", str(2**63), "9" * 40),
        *("9" * 5_000, "0" * 18 + "12" + "0" * 30, "0" * 19 + "1" + "0" * 5_000),
    ],
)
def test_a_bad_number_is_a_bad_request(number: str, group: Any, ada: Any, pages: Pages) -> None:
    path = reverse("chats:detail", args=[group.pk])
    assert pages(ada).get(path, {"before": "9" * 18}).status_code == 200
    assert pages(ada).get(path, {"before": number}).status_code == 400


def test_a_page_around_nothing_is_not_found(group: Any, ada: Any, pages: Pages) -> None:
    path = reverse("chats:detail", args=[group.pk])
    assert pages(ada).get(path, {"at": str(uuid.uuid4())}).status_code == 404
    assert pages(ada).get(path, {"at": "x"}).status_code == 400


def test_what_people_write_is_escaped(group: Any, ada: Any, pages: Pages) -> None:
    actions.post_message(ada, group.pk, "<script>alert(1)</script> & \"'")
    html = fetch(pages(ada), "detail", group.pk)
    assert "<script>alert" not in html
    assert rows(html) == ["&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;&#39;"]


def test_a_tombstone_says_nothing_of_what_was_deleted(group: Any, ada: Any, pages: Pages) -> None:
    message, _ = actions.post_message(ada, group.pk, "Secret")
    assert "Secret" in fetch(pages(ada), "detail", group.pk)
    actions.delete_message(ada, group, message)
    html = fetch(pages(ada), "detail", group.pk)
    assert rows(html) == ["This message was deleted."]
    assert "Secret" not in html


def test_the_list_shows_titles_previews_and_unread_counts(
    group: Any, private_chat: Any, ada: Any, grace: Any, pages: Pages
) -> None:
    actions.post_message(grace, group.pk, "Hello, all")
    actions.post_message(grace, group.pk, "Anybody?")
    actions.post_message(ada, private_chat.pk, "Only you")
    response = pages(ada).get(reverse("chats:list"))
    items = response.context["chat_items"]
    assert [(item.title, item.preview, item.unread) for item in items] == [
        ("Grace Hopper", "You: Only you", 0),
        ("Engines", "Grace Hopper: Anybody?", 2),
    ]


def test_a_list_of_many_chats_costs_as_many_queries_as_one_of_few(
    group: Any, ada: Any, pages: Pages, django_assert_num_queries: Any
) -> None:
    client = pages(ada)
    client.get(reverse("chats:list"))

    def sql_queries() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("chats:list"))
        return len(queries)

    few = sql_queries()
    for number in range(10):
        chat = actions.create_group(ada, f"Group {number}", [])
        actions.post_message(ada, chat.pk, "Hello")
    assert sql_queries() == few + 1  # names, now that there are messages


def test_every_page_has_a_policy_that_forbids_what_is_inline(
    group: Any, ada: Any, pages: Pages
) -> None:
    response = pages(ada).get(reverse("chats:detail", args=[group.pk]))
    policy = response["Content-Security-Policy"]
    nonce = re.search(r"script-src 'self' 'nonce-([\w-]{20,})';", policy)
    assert nonce
    assert "unsafe" not in policy
    html = response.content.decode()
    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", html)
    data = '<script id="protocol" type="application/json">'  # which no browser runs
    assert inline == [data, f'<script type="importmap" nonce="{nonce[1]}">']
    assert not re.search(r'\s(style|on[a-z]+)="', html)
    again = pages(ada).get(reverse("chats:detail", args=[group.pk]))
    assert nonce[1] not in again["Content-Security-Policy"]


def test_a_part_for_a_dialog_comes_without_the_frame(group: Any, ada: Any, pages: Pages) -> None:
    path = reverse("chats:members", args=[group.pk])
    client = pages(ada)
    whole = client.get(path)
    part = client.get(path, headers={"X-Partial": "dialog"})
    assert b"<html" in whole.content
    assert b"<html" not in part.content
    assert part["X-Partial"] == whole.context["origin"]
    assert "X-Partial" in whole["Vary"]


def test_the_pane_comes_without_the_list_and_does_not_ask_for_it(
    group: Any, private_chat: Any, ada: Any, pages: Pages
) -> None:
    actions.post_message(ada, group.pk, "Hello")
    client, path = pages(ada), reverse("chats:detail", args=[group.pk])
    with sent_commands() as of_page:
        whole = client.get(path)
    with sent_commands() as of_pane:
        pane = client.get(path, headers={"X-Partial": "pane"})
    html = pane.content.decode()
    assert html.startswith("<title>Engines · Chat</title>")
    assert "Hello" in html
    assert "chat-item" not in html
    assert pane["X-Partial"] == whole.context["origin"]
    assert len(of_pane) == len(of_page) - 2


def test_a_pane_of_another_sign_in_says_so(group: Any, ada: Any, pages: Pages) -> None:
    path = reverse("chats:detail", args=[group.pk])
    one, other = (pages(ada).get(path, headers={"X-Partial": "pane"}) for _ in range(2))
    assert one["X-Partial"] != other["X-Partial"]


# What forms do -----------------------------------------------------------------------------------


def post(client: Client, name: str, /, *args: Any, **data: Any) -> Any:
    return client.post(reverse(f"chats:{name}", args=args), data, follow=True)


def test_a_form_sends_a_message_with_a_reply(group: Any, ada: Any, pages: Pages) -> None:
    first, _ = actions.post_message(ada, group.pk, "Question")
    response = post(pages(ada), "send", group.pk, content=" Two\r\nlines", reply_to=str(first.pk))
    message = Message.objects.in_chat(group.pk).newest_first().first()
    shown = reverse("chats:thread", args=[group.pk, first.pk])
    assert response.redirect_chain == [(shown, 302)]
    assert (message.content, message.reply_to) == (" Two\nlines", first.pk)


@pytest.mark.parametrize(
    ("content", "reason"), [("", "required"), (" ", "blank"), ("x" * 10_001, "10000 characters")]
)
def test_a_bad_message_is_not_sent_and_the_reason_is_shown(
    content: str, reason: str, group: Any, ada: Any, pages: Pages
) -> None:
    response = post(pages(ada), "send", group.pk, content=content)
    assert "Not sent." in response.content.decode()
    assert reason in response.content.decode()
    assert not Message.objects.in_chat(group.pk).exists()


def test_who_was_silenced_is_refused_and_shown_no_form(
    group: Any, ada: Any, grace: Any, pages: Pages
) -> None:
    assert rows(fetch(pages(grace), "detail", group.pk)) == []
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    assert post(pages(grace), "send", group.pk, content="Hi").status_code == 403
    assert not Message.objects.in_chat(group.pk).exists()
    form = re.search(
        r'<form class="composer__form".*?>', fetch(pages(grace), "detail", group.pk), re.DOTALL
    )
    assert form
    assert form[0].endswith("hidden>")


def test_a_private_chat_is_opened_once(ada: Any, grace: Any, pages: Pages) -> None:
    for _ in range(2):
        response = post(pages(ada), "new_private", grace.pk)
        assert response.status_code == 200
    assert Chat.objects.for_member(ada).count() == 1


def test_a_private_chat_with_oneself_is_refused(ada: Any, pages: Pages) -> None:
    response = post(pages(ada), "new_private", ada.pk)
    assert "somebody else" in response.content.decode()
    assert not Chat.objects.for_member(ada).exists()


def test_people_are_found_by_the_beginning_of_a_name(
    ada: Any, grace: Any, stranger: Any, pages: Pages
) -> None:
    page = fetch(pages(ada), "new", q="jo")
    assert "Joan Clarke" in page
    assert "Grace Hopper" not in page
    assert "Nobody is called" in fetch(pages(ada), "new", q="zz")


@pytest.mark.parametrize("query", ["Joan\x00", "Joan" + " " * 5_000 + "x", "_" * 60_000])
def test_what_can_be_no_name_finds_nobody(
    query: str, group: Any, ada: Any, stranger: Any, pages: Pages
) -> None:
    client = pages(ada)
    for name, args in {"new": [], "new_group": [], "members": [group.pk]}.items():
        assert "Joan Clarke" in fetch(client, name, *args, q="Joan")
        page = fetch(client, name, *args, q=query)
        assert "Nobody" in page
        assert "Joan Clarke" not in page


def test_a_group_form_keeps_what_was_picked_while_searching(
    ada: Any, grace: Any, stranger: Any, pages: Pages
) -> None:
    page = fetch(pages(ada), "new_group", name="Looms", member_ids=[grace.pk, "x"], q="joan")
    assert 'value="Looms"' in page
    assert re.search(rf'value="{grace.pk}"\s+checked', page)
    assert re.search(rf'value="{stranger.pk}">', page)


def test_a_group_is_created(ada: Any, grace: Any, pages: Pages) -> None:
    post(pages(ada), "new_group", name="Looms", member_ids=[grace.pk])
    chat = Chat.objects.for_member(ada).get()
    assert (chat.name, chat.owner_id, chat.member_ids) == ("Looms", ada.pk, [ada.pk, grace.pk])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"name": "", "member_ids": "{grace}"}, "This field is required."),
        ({"name": "x" * 101, "member_ids": "{grace}"}, "at most 100 characters"),
        ({"name": "Looms"}, "Pick at least one person."),
        ({"name": "Looms", "member_ids": "abc"}, "These aren&#x27;t people."),
        ({"name": "Looms", "member_ids": "999999"}, "No such user"),
    ],
)
def test_a_bad_group_is_refused_and_the_field_says_why(
    data: dict[str, str], reason: str, ada: Any, grace: Any, pages: Pages
) -> None:
    filled = {name: value.format(grace=grace.pk) for name, value in data.items()}
    response = post(pages(ada), "new_group", **filled)
    assert response.status_code == 400
    assert reason in response.content.decode()
    assert not Chat.objects.for_member(ada).exists()


def test_the_owner_renames_and_deletes(group: Any, ada: Any, pages: Pages) -> None:
    client = pages(ada)
    post(client, "rename", group.pk, name="Looms")
    group.refresh_from_db()
    assert group.name == "Looms"
    assert post(client, "rename", group.pk, name=" ").status_code == 400
    assert "Delete <bdi>Looms</bdi>?" in fetch(client, "delete", group.pk)
    for wrong in ("", "Engines", "looms"):
        assert post(client, "delete", group.pk, name=wrong).status_code == 400
    assert Chat.objects.filter(pk=group.pk).exists()
    response = post(client, "delete", group.pk, name=" Looms ")
    assert "The chat was deleted." in response.content.decode()
    assert not Chat.objects.filter(pk=group.pk).exists()


def test_a_member_leaves_and_the_owner_may_not(
    group: Any, ada: Any, grace: Any, pages: Pages
) -> None:
    assert post(pages(ada), "leave", group.pk).status_code == 403
    assert "You left Engines." in post(pages(grace), "leave", group.pk).content.decode()
    group.refresh_from_db()
    assert grace.pk not in group.member_ids
    assert ada.pk in group.member_ids


def test_members_are_added_removed_and_given_permissions(
    group: Any, ada: Any, grace: Any, stranger: Any, pages: Pages
) -> None:
    client = pages(ada)
    post(client, "add_member", group.pk, user_id=stranger.pk)
    post(client, "remove_member", group.pk, grace.pk)
    post(client, "permissions", group.pk, stranger.pk, can_remove_members="on")
    group.refresh_from_db()
    assert stranger.pk in group.member_ids
    assert grace.pk not in group.member_ids
    assert permissions_for(group, stranger.pk).as_flags() == {
        "can_send_messages": False,
        "can_change_permissions": False,
        "can_remove_members": True,
        "can_delete_other_messages": False,
    }


@pytest.mark.parametrize("user_id", ["", "x", "0", "9" * 30, "999999"])
def test_a_bad_member_is_refused(user_id: str, group: Any, ada: Any, pages: Pages) -> None:
    response = post(pages(ada), "add_member", group.pk, user_id=user_id)
    assert response.status_code == 400
    group.refresh_from_db()
    assert len(group.member_ids) == 3


def test_a_group_is_handed_over(group: Any, ada: Any, grace: Any, pages: Pages) -> None:
    assert "Make Grace Hopper the owner?" in fetch(pages(ada), "make_owner", group.pk, grace.pk)
    post(pages(ada), "make_owner", group.pk, grace.pk)
    group.refresh_from_db()
    assert group.owner_id == grace.pk


@pytest.mark.parametrize("name", ["remove_member", "make_owner"])
def test_questions_about_somebody_who_is_no_member_say_so(
    name: str, group: Any, ada: Any, stranger: Any, pages: Pages
) -> None:
    for method in ("get", "post"):
        request = getattr(pages(ada), method)
        response = request(reverse(f"chats:{name}", args=[group.pk, stranger.pk]))
        assert response.status_code == 400


# Filters -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Lovelace", "AL"),
        ("grace", "G"),
        ("Émile", "É"),
        ("(x) Ada King Lovelace", "AL"),
        ("", "?"),
    ],
)
def test_initials_are_of_the_first_and_last_word(name: str, letters: str) -> None:
    assert initials(name) == letters
