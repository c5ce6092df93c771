"""A chat that is marked as unread, in two tabs of one person and beside another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chats import actions
from chats.models import Chat

from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]


def test_messages_are_marked_as_unread_until_the_chat_is_opened_again(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any, private_chat: Any
) -> None:
    for number in range(5):
        actions.post_message(ada, group.pk, f"Message {number}")
    graces = window_of(grace, f"/chats/{group.pk}/")
    list_tab = window_of(grace, f"/chats/{private_chat.pk}/")
    adas = window_of(ada, f"/chats/{group.pk}/")
    count = list_tab.chat_item("Engines").locator("[data-part=count]")
    for window in (graces, adas, list_tab):
        window.is_connected()
    expect(list_tab.chat_item("Engines").locator(".chat-item__unread")).to_be_hidden()
    receipt = adas.message("Message 4").locator(".message__status")
    expect(receipt).to_have_attribute("title", "Read by Grace Hopper")

    graces.act("Message 2", "Unread from here")
    expect(graces.page.locator(".timeline__note")).to_have_text("Unread from here")
    expect(count).to_have_text("3")
    expect(list_tab.page).to_have_title("(3) Ada Lovelace · Chat")
    line = graces.page.locator(".unread + .message")
    expect(line).to_contain_text("Message 2")
    # It stays so while one looks on, and the sender is told nothing.
    actions.post_message(ada, group.pk, "Message 5")
    expect(graces.message("Message 5")).to_be_visible()
    expect(count).to_have_text("4")
    expect(receipt).to_have_attribute("title", "Read by Grace Hopper")
    assert Chat.objects.get(pk=group.pk).unread_from == {str(grace.pk): 3}

    list_tab.page.reload()
    expect(count).to_have_text("4")
    list_tab.chat_item("Engines").click()
    expect(list_tab.page.locator(".unread + .message")).to_contain_text("Message 2")
    graces.page.goto(f"/chats/{private_chat.pk}/")
    expect(graces.chat_item("Engines").locator(".chat-item__unread")).to_be_hidden()
    assert Chat.objects.get(pk=group.pk).unread_from == {}
