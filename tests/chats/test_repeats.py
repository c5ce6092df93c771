"""What is made by a form or a call that is sent twice is made once, and answered alike."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from chats import actions
from chats.models import Chat, Message
from users.models import Invitation

pytestmark = pytest.mark.django_db

HIDDEN = re.compile(r'name="client_id"\s+value="([^"]+)"')


def client_id_of(page: Any) -> str:
    found = HIDDEN.search(page.content.decode())
    assert found
    return found[1]


def test_a_group_is_made_once_by_a_form_and_by_a_call(
    client: Any, ada: Any, grace: Any, api: Any, captured_events: Any
) -> None:
    client.force_login(ada)
    page = client.get("/chats/new/group/")
    form = {"name": "Looms", "member_ids": [grace.pk], "client_id": client_id_of(page)}
    assert client_id_of(client.get("/chats/new/group/")) != form["client_id"]
    answers = [client.post("/chats/new/group/", form) for _ in range(2)]
    assert [each.status_code for each in answers] == [302, 302]
    assert answers[0].url == answers[1].url
    body = {"name": "Mills", "member_ids": [grace.pk], "client_id": "mine"}
    made = [api(ada).post("/api/v1/chats/group", body).json()["id"] for _ in range(2)]
    assert made[0] == made[1]
    assert Chat.objects.count() == 2
    # Another group, or another person's, isn't the same; nor is one without an id.
    for user, changed in ((ada, {"name": "Mill"}), (ada, {"member_ids": []}), (grace, {})):
        other = api(user).post("/api/v1/chats/group", {**body, **changed}).json()["id"]
        assert other != made[0]
    del body["client_id"]
    assert len({api(ada).post("/api/v1/chats/group", body).json()["id"] for _ in range(2)}) == 2


def test_a_group_that_is_gone_is_not_made_again(ada: Any, grace: Any, api: Any) -> None:
    body = {"name": "Mills", "member_ids": [grace.pk], "client_id": "mine"}
    made = api(ada).post("/api/v1/chats/group", body).json()["id"]
    actions.delete_chat(ada, Chat.objects.get(pk=made))
    answer = api(ada).post("/api/v1/chats/group", body)
    assert (answer.status_code, list(answer.json())) == (400, ["client_id"])
    assert not Chat.objects.exists()


@pytest.mark.parametrize("where", ["site", "group"])
def test_an_invitation_is_made_once_with_the_same_link(
    client: Any, ada: Any, group: Any, api: Any, settings: Any, where: str
) -> None:
    settings.INVITATIONS = "members"
    client.force_login(ada)
    url = "/accounts/invitations/" if where == "site" else f"/chats/{group.pk}/invitations/"
    form = {"days": 3, "max_uses": 2, "client_id": client_id_of(client.get(url))}
    links = [client.post(url, form).context["link"] for _ in range(2)]
    assert links[0] == links[1]
    assert Invitation.objects.count() == 1
    assert client.post(url, {**form, "days": 4}).context["link"] != links[0]
    path = "/api/v1/invitations" if where == "site" else f"/api/v1/chats/{group.pk}/invitations"
    answers = [api(ada).post(path, {"client_id": "mine"}).json() for _ in range(2)]
    assert answers[0]["code"] == answers[1]["code"]
    assert answers[0]["id"] == answers[1]["id"]
    codes = {api(ada).post(path, {}).json()["code"] for _ in range(2)}
    assert len(codes) == 2


def test_a_message_of_the_form_without_scripts_is_stored_once(
    client: Any, ada: Any, group: Any
) -> None:
    client.force_login(ada)
    page = client.get(f"/chats/{group.pk}/")
    form = {"content": "Hello", "client_id": client_id_of(page)}
    answers = [client.post(f"/chats/{group.pk}/send/", form) for _ in range(2)]
    assert answers[0].url == answers[1].url
    assert Message.objects.in_chat(group.pk).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_calls_at_one_moment_make_one_group(ada: Any, grace: Any) -> None:
    def one(_: int) -> Any:
        try:
            return actions.create_group(ada, "Looms", [grace.pk], client_id="mine").pk
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(4) as several:
        assert len(set(several.map(one, range(4)))) == 1
    assert Chat.objects.count() == 1
