"""An id may be written in each form of a UUID, in paths as in bodies."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from chats import actions
from chats.live.routing import websocket_urlpatterns
from users.signing_in import tokens

pytestmark = pytest.mark.django_db

FORMS: list[Callable[[uuid.UUID], str]] = [
    str,
    lambda value: str(value).upper(),
    lambda value: value.hex,
    lambda value: value.hex.upper(),
]


@pytest.mark.parametrize("form", FORMS)
def test_the_api_takes_an_id_in_any_form(form: Any, group: Any, ada: Any, api: Any) -> None:
    message, _ = actions.post_message(ada, group.pk, "Hello")
    chat = f"/api/v1/chats/{form(group.pk)}"
    for path in (chat, f"{chat}/", f"{chat}/messages/{form(message.pk)}"):
        answer = api(ada).get(path)
        assert (answer.status_code, answer.json()["id"]) in [
            (200, str(group.pk)),
            (200, str(message.pk)),
        ]
    data = {"content": "Hi", "reply_to": form(message.pk)}
    assert api(ada).post(f"{chat}/messages", data).json()["reply_to"] == str(message.pk)
    assert api(ada).post(f"{chat}/messages/{form(message.pk)}/read").status_code in (200, 204)
    tokens.sign_in(ada)
    [session, *_] = api(ada).get("/api/v1/users/me/sessions").json()["results"]
    ended = api(ada).delete(f"/api/v1/users/me/sessions/{form(uuid.UUID(session['id']))}")
    assert ended.status_code in (204, 403)


@pytest.mark.parametrize("form", FORMS)
def test_a_page_leads_to_its_one_address(form: Any, group: Any, ada: Any) -> None:
    client = Client()
    client.force_login(ada)
    answer = client.get(f"/chats/{form(group.pk)}/?before=7", follow=True)
    assert answer.status_code == 200
    assert answer.request["PATH_INFO"] == f"/chats/{group.pk}/"
    assert answer.request["QUERY_STRING"] == "before=7"
    assert len(answer.redirect_chain) == (form is not str)


@pytest.mark.parametrize("form", FORMS)
def test_a_socket_takes_an_id_in_any_form(form: Any, group: Any) -> None:
    found = [each.resolve(f"api/v1/chats/{form(group.pk)}") for each in websocket_urlpatterns]
    [kwargs] = [match.kwargs for match in found[:-1] if match]
    assert kwargs == {"chat_id": group.pk}


@pytest.mark.parametrize(
    "text", ["7", "0" * 31, "0" * 33, "-" * 36, "g" * 32, f"{{{uuid.UUID(int=7)}}}"]
)
def test_what_is_no_id_is_not_found(text: str, ada: Any, api: Any) -> None:
    assert api(ada).get(f"/api/v1/chats/{text}").status_code == 404
