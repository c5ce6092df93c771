"""What clients of the original send is taken: docs/original.md."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

import pytest
from rest_framework.test import APIClient

from chats import actions
from chats.models import Chat
from tests.conftest import PASSWORD
from users.models import User

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"


def test_history_is_ordered_by_asc_and_desc(group: Any, ada: Any, api: Any) -> None:
    for number in range(3):
        actions.post_message(ada, group.pk, str(number))
    path = f"/api/v1/chats/{group.pk}/messages"

    def seqs(ordering: str) -> list[int]:
        answer = api(ada).get(path, {"ordering": ordering, "skip": 0, "limit": 2})
        return [row["seq"] for row in answer.json()["results"]]

    assert seqs("asc") == seqs("created_at") == [1, 2]
    assert seqs("desc") == seqs("-created_at") == [3, 2]
    assert "asc" in api(ada).get(path, {"ordering": "up"}).json()["ordering"][0]


def test_a_member_is_named_in_the_query_string(
    group: Any, ada: Any, stranger: Any, api: Any
) -> None:
    path = f"/api/v1/chats/{group.pk}/members"
    both = api(ada).post(f"{path}?user_id={stranger.pk}", {"user_id": stranger.pk})
    assert (both.status_code, list(both.json())) == (400, ["user_id"])
    assert api(ada).post(f"{path}?user_id=x").status_code == 400
    assert stranger.pk not in Chat.objects.get(pk=group.pk).member_ids
    assert api(ada).post(f"{path}?user_id={stranger.pk}").status_code == 201
    assert stranger.pk in Chat.objects.get(pk=group.pk).member_ids


def test_a_private_chat_takes_a_name_and_keeps_none(ada: Any, grace: Any, api: Any) -> None:
    path = f"/api/v1/chats/private/{grace.pk}"
    answer = api(ada).post(path, {"name": "Us"})
    assert (answer.status_code, answer.json()["name"]) == (201, "Grace Hopper")
    assert Chat.objects.get().name == ""
    assert api(ada).post(path, {"title": "Us"}).json() == {"title": ["There is no such field."]}


def test_an_account_is_made_with_no_phone_number(db: None) -> None:
    account = {"username": "new", "password": "correct horse battery"}
    path = "/api/v1/auth/register"
    refused = APIClient().post(path, {**account, "phone_number": "+1 555"}, format="json")
    assert (refused.status_code, list(refused.json())) == (400, ["phone_number"])
    made = APIClient().post(path, {**account, "phone_number": None}, format="json")
    assert made.status_code == 201
    assert User.objects.filter(username="new").exists()


def test_one_signs_in_by_the_form_of_oauth2(ada: Any) -> None:
    password = quote_plus(PASSWORD)
    form = f"grant_type=password&username=ada&password={password}&scope=&client_id=&client_secret="
    path = "/api/v1/auth/login"
    answer = APIClient().post(path, form, content_type=FORM)
    assert answer.status_code == 200
    form = form.replace("=password&", "=client_credentials&", 1)
    other = APIClient().post(path, form, content_type=FORM)
    assert (other.status_code, list(other.json())) == (400, ["grant_type"])
    renewed = APIClient().post(
        "/api/v1/auth/refresh", {"refresh_token": answer.json()["refresh"]}, format="json"
    )
    assert renewed.status_code == 200
    both = {"refresh": renewed.json()["refresh"], "refresh_token": "x"}
    refused = APIClient().post("/api/v1/auth/refresh", both, format="json")
    assert (refused.status_code, list(refused.json())) == (400, ["refresh_token"])
