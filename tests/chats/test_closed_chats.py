"""Private chats of which one account is deactivated or deleted, and of which both are deleted."""

from __future__ import annotations

from typing import Any

import pytest

from chats import actions, events
from chats.models import Chat, Message, Pair, ReadMarker
from tests.jobs import run_due
from users.actions import activate, deactivate, delete_account

pytestmark = pytest.mark.django_db

CLOSED = "The other person's account isn't active: nobody can write in this chat."
SAID_ON_PAGES = "This person’s account isn’t active: nobody can write in this chat."


def end(user: Any, how: str) -> None:
    (deactivate if how == "deactivated" else delete_account)(user)
    run_due()


@pytest.mark.parametrize("how", ["deactivated", "deleted"])
def test_nobody_writes_to_who_is_not_active_and_is_told_why(
    private_chat: Any, ada: Any, grace: Any, api: Any, client: Any, captured_events: Any, how: str
) -> None:
    url, asks = f"/api/v1/chats/{private_chat.pk}", api(ada)
    client.force_login(ada)
    said = asks.post(f"{url}/messages", {"content": "Hello"}, format="json").json()
    assert asks.get(url).json()["closed"] is False
    told = captured_events(events.chat_group(private_chat.pk))
    end(grace, how)
    flags = {
        row["user_id"]: row["can_send_messages"] for row in told.of_type("permissions_changed")
    }
    assert flags == {ada.pk: False, grace.pk: False}
    answer = asks.post(f"{url}/messages", {"content": "Are you there?"}, format="json")
    assert (answer.status_code, answer.json()) == (403, {"detail": CLOSED})
    assert asks.patch(f"{url}/messages/{said['id']}", {"content": "x"}).status_code == 403
    chat = asks.get(url).json()
    assert (chat["closed"], chat["permissions"]["can_send_messages"]) == (True, False)
    page = client.get(f"/chats/{private_chat.pk}/").content.decode()
    assert SAID_ON_PAGES in page
    form = page.index('class="composer__form"')
    assert "hidden" in page[form : page.index(">", page.index("composer#submit:prevent", form))]
    existing = asks.post(f"/api/v1/chats/private/{grace.pk}")
    assert (existing.status_code, existing.json()["id"]) == (200, str(private_chat.pk))
    assert Message.objects.in_chat(private_chat.pk).count() == 1


def test_who_is_active_again_is_written_to_unless_a_block_is_between_them(
    private_chat: Any, ada: Any, grace: Any, alan: Any, api: Any
) -> None:
    from users.blocks import block

    other, _ = actions.create_private_chat(alan, grace.pk)
    block(grace, alan.pk)
    end(grace, "deactivated")
    assert set(Chat.objects.get(pk=private_chat.pk).silenced_ids) == {ada.pk, grace.pk}
    activate(grace)
    run_due()
    assert Chat.objects.get(pk=private_chat.pk).silenced_ids == []
    assert set(Chat.objects.get(pk=other.pk).silenced_ids) == {alan.pk, grace.pk}
    url = f"/api/v1/chats/{private_chat.pk}"
    assert api(ada).get(url).json()["closed"] is False
    sent = api(ada).post(f"{url}/messages", {"content": "Welcome back"}, format="json")
    assert sent.status_code == 201
    refused = api(alan).post(f"/api/v1/chats/{other.pk}/messages", {"content": "?"}, format="json")
    assert refused.json() == {"detail": "You may not send messages in this chat."}


def test_a_private_chat_ends_with_the_second_account_that_is_deleted(
    private_chat: Any, ada: Any, grace: Any
) -> None:
    message, _ = actions.post_message(ada, private_chat.pk, "Hello")
    actions.mark_read(grace, private_chat, message)
    end(grace, "deleted")
    assert Chat.objects.filter(pk=private_chat.pk).exists()  # it is still ada's
    end(ada, "deactivated")
    assert Chat.objects.filter(pk=private_chat.pk).exists()  # who may come back
    end(ada, "deleted")
    assert not Chat.objects.filter(pk=private_chat.pk).exists()
    assert not Pair.objects.filter(chat_id=private_chat.pk).exists()
    assert not ReadMarker.objects.filter(chat_id=private_chat.pk).exists()
    assert not Message.objects.in_chat(private_chat.pk).exists()
