"""A form that ends something and is sent twice, as by a double click, is answered alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from django.db import connections
from django.test import Client

from chatproject import doubled_forms
from chats import actions
from chats.models import Chat
from tests.conftest import PASSWORD
from users import blocks, invitations
from users.models import SignIn

pytestmark = pytest.mark.django_db

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
OLD = "a" * 64  # the token of a form on some page


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def same_browser(client: Client) -> Client:
    """The browser as it is before any answer has come."""
    twin = Client()
    twin.cookies.load(client.cookies.output(header="", sep=";"))
    return twin


Answer = tuple[int, str, list[str]]  # status, where it leads, and what is told there


def sent(client: Client, url: str, **fields: Any) -> Answer:
    answer = client.post(url, {"csrfmiddlewaretoken": OLD, **fields})
    if answer.status_code != 302:
        return answer.status_code, "", []
    page = client.get(answer.url)
    return 302, answer.url, [str(each) for each in page.context["messages"]]


def twice(client: Client, url: str, **fields: Any) -> list[Answer]:
    browsers = [same_browser(client), same_browser(client)]
    return [sent(browser, url, **fields) for browser in browsers]


@pytest.fixture(
    params=[
        "delete",
        "delete private",
        "leave",
        "remove",
        "owner",
        "accept",
        "refuse",
        "lift",
        "unpin",
        "withdraw an invitation",
        "withdraw a request",
    ]
)
def ending(
    request: Any,
    ada: Any,
    grace: Any,
    alan: Any,
    stranger: Any,
    group: Any,
    private_chat: Any,
    settings: Any,
) -> tuple[Any, str, dict[str, Any]]:
    """Who ends something, by which form, with which fields."""
    at, fields, user = f"/chats/{group.pk}/", {}, ada
    match request.param:
        case "delete":
            at, fields = f"{at}delete/", {"name": group.name}
        case "delete private":
            at = f"/chats/{private_chat.pk}/delete/"
        case "leave":
            user, at = grace, f"{at}leave/"
        case "remove":
            at += f"members/{grace.pk}/remove/"
        case "owner":
            at += f"members/{grace.pk}/owner/"
        case "lift":
            actions.remove_member(ada, group, grace.pk)
            at += f"bans/{grace.pk}/lift/"
        case "unpin":
            message, _ = actions.post_message(ada, group.pk, "Hello")
            actions.pin_message(ada, group, message)
            at += f"messages/{message.pk}/unpin/"
        case "withdraw an invitation":
            settings.INVITATIONS = "members"
            invitation, _ = actions.make_invitation(ada, group)
            at += f"invitations/{invitation.pk}/revoke/"
        case asked:
            actions.change_access(ada, group, access=Chat.Access.REQUEST)
            actions.join_group(stranger, group.pk)
            at += f"requests/{stranger.pk}/{asked}/"
            if asked == "withdraw a request":
                user, at = stranger, f"/chats/groups/{group.pk}/withdraw/"
    return user, at, fields


def test_what_ends_something_is_answered_alike(ending: tuple[Any, str, dict[str, Any]]) -> None:
    user, url, fields = ending
    first, second = twice(signed_in(user), url, **fields)
    assert first[0] == 302
    assert second == first


def test_the_message_is_shown_once(ada: Any, private_chat: Any) -> None:
    client = signed_in(ada)
    page = client.get(f"/chats/{private_chat.pk}/delete/").content.decode()
    form = {"csrfmiddlewaretoken": TOKEN.findall(page)[0]}
    client.post(f"/chats/{private_chat.pk}/delete/", form)
    page = client.post(f"/chats/{private_chat.pk}/delete/", form, follow=True).content.decode()
    assert page.count("The chat was deleted.") == 1


def test_another_form_of_the_same_is_told_what_is_so(ada: Any, private_chat: Any) -> None:
    client, url = signed_in(ada), f"/chats/{private_chat.pk}/delete/"
    assert client.post(url, {"csrfmiddlewaretoken": OLD}).status_code == 302
    assert client.post(url, {"csrfmiddlewaretoken": "b" * 64}).status_code == 404
    assert signed_in(ada).post(url, {"csrfmiddlewaretoken": OLD}).status_code == 404  # elsewhere
    assert client.post(url).status_code == 404


def test_what_was_refused_is_tried_again(ada: Any, grace: Any, group: Any) -> None:
    client, url = signed_in(grace), f"/chats/{group.pk}/members/{ada.pk}/owner/"
    form = {"csrfmiddlewaretoken": OLD}
    assert client.post(url, form).status_code == 403
    actions.transfer_ownership(ada, group, grace.pk)
    assert client.post(url, form).status_code == 302
    assert Chat.objects.get(pk=group.pk).owner_id == ada.pk


def test_the_same_form_does_it_again_where_it_is_to_be_done_again(
    ada: Any, grace: Any, group: Any
) -> None:
    client, url = signed_in(ada), f"/chats/{group.pk}/members/{grace.pk}/remove/"
    form = {"csrfmiddlewaretoken": OLD}
    assert client.post(url, form).status_code == 302
    actions.add_members(ada, Chat.objects.get(pk=group.pk), [grace.pk])
    assert client.post(url, form).status_code == 302
    assert grace.pk not in Chat.objects.get(pk=group.pk).member_ids


@pytest.fixture(params=["account", "sign-in here", "sign-in elsewhere", "invitation", "block"])
def own_ending(request: Any, ada: Any, grace: Any, settings: Any) -> tuple[Client, str]:
    client = signed_in(ada)
    client.get("/accounts/profile/")
    here = SignIn.objects.of(ada.pk).get()
    match request.param:
        case "account":
            return client, "/accounts/delete/"
        case "sign-in here":
            return client, f"/accounts/sign-ins/{here.pk}/end/"
        case "sign-in elsewhere":
            signed_in(ada).get("/accounts/profile/")
            other = SignIn.objects.of(ada.pk).exclude(pk=here.pk).get()
            return client, f"/accounts/sign-ins/{other.pk}/end/"
        case "invitation":
            settings.INVITATIONS = "members"
            made, _ = invitations.make(ada)
            return client, f"/accounts/invitations/{made.pk}/revoke/"
    blocks.block(ada, grace.pk)
    return client, f"/accounts/blocks/{grace.pk}/end/"


def test_what_ends_something_of_an_account_is_answered_alike(own_ending: Any) -> None:
    client, url = own_ending
    first, second = twice(client, url, password=PASSWORD)
    assert first[0] == 302
    assert second == first


@pytest.fixture
def no_redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def ask(*_: Any) -> Any:
        raise redis.ConnectionError

    doubled_forms._client.cache_clear()
    monkeypatch.setattr(doubled_forms.RedisClient, "ask", ask)
    yield
    doubled_forms._client.cache_clear()


def test_without_redis_the_form_is_done(no_redis: None, ada: Any, private_chat: Any) -> None:
    url = f"/chats/{private_chat.pk}/delete/"
    first, second = twice(signed_in(ada), url)
    assert (first[0], second[0]) == (302, 404)


@pytest.mark.django_db(transaction=True)
def test_two_at_one_moment_are_answered_alike(ada: Any, grace: Any) -> None:
    chat, _ = actions.create_private_chat(ada, grace.pk)
    client = signed_in(ada)

    def one(_: int) -> Answer:
        try:
            return sent(same_browser(client), f"/chats/{chat.pk}/delete/")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(one, range(2)))
    assert answers == [(302, "/chats/", ["The chat was deleted."])] * 2
