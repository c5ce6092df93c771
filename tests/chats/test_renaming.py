"""A new name of a person is told to all who see them."""

from __future__ import annotations

from typing import Any

import pytest

from chats import events
from chats.models import Chat
from users.actions import delete_account

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(ada: Any, group: Any, private_chat: Any, captured_events: Any) -> Any:
    """What her chats and her own lists are told."""
    chats = {
        str(chat.pk): captured_events(events.chat_group(chat.pk)) for chat in (group, private_chat)
    }
    return {**chats, None: captured_events(events.user_group(ada.pk))}


def test_each_of_a_person_s_chats_and_their_own_lists_are_told_once(
    ada: Any, grace: Any, api: Any, client: Any, told: Any
) -> None:
    ada.last_login = ada.date_joined
    ada.save()
    client.force_login(ada)
    same = {"first_name": "Ada", "last_name": "Lovelace", "added_by": "nobody"}
    assert client.post("/accounts/profile/", same).status_code == 302
    assert not any(each.of_type("user_renamed") for each in told.values())
    assert api(ada).patch("/api/v1/users/me", {"last_name": "King"}).status_code == 200
    for chat_id, each in told.items():
        [event] = each.of_type("user_renamed")
        names = {"username": "ada", "name": "Ada King"}
        assert event == {"chat_id": chat_id, "user_id": ada.pk, **names}


def test_a_deleted_account_is_told_by_the_name_that_is_left(ada: Any, told: Any) -> None:
    delete_account(ada)
    for each in told.values():
        assert [event["name"] for event in each.of_type("user_renamed")] == ["Deleted user"]


def test_a_name_that_cannot_be_told_is_saved(
    ada: Any, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("MongoDB is away")

    monkeypatch.setattr(Chat.objects.all().__class__, "found", fail)
    ada.last_name = "King"
    ada.save()
    ada.refresh_from_db()
    assert ada.name == "Ada King"
