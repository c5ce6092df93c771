"""How somebody gets rid of a chat: clear it for themselves, or delete it for all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chats import actions
from chats.models import Chat

from .test_access import violations
from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]


def test_a_chat_is_cleared_for_oneself_in_all_tabs(
    window_of: OpenWindow, ada: Any, grace: Any, private_chat: Any
) -> None:
    actions.post_message(grace, private_chat.pk, "Forget this")
    path = f"/chats/{private_chat.pk}/"
    here, there, listing = window_of(ada, path), window_of(ada, path), window_of(ada)
    graces = window_of(grace, path)
    for window in (here, there, graces):
        window.is_connected()
    there.composer.fill("A draft")
    here.menu("Delete the chat")
    title = here.dialog.get_by_role("heading", name="Delete your chat with Grace Hopper?")
    expect(title).to_be_visible()
    expect(here.dialog).to_contain_text("It is deleted for both of you")
    assert violations(here) == []
    here.dialog.get_by_role("link", name="clear it for you").click()
    expect(here.dialog).to_contain_text("Grace Hopper keeps it, and isn’t told.")
    assert violations(here) == []
    here.dialog.get_by_role("button", name="Clear for me").click()
    for window in (here, there):
        expect(window.messages).to_have_count(0)
        expect(window.page.get_by_text("What was said here earlier isn’t shown")).to_be_visible()
        window.is_connected()
    expect(there.composer).to_have_value("A draft")
    expect(listing.chat_item("Grace Hopper")).to_contain_text("No messages yet")
    actions.post_message(grace, private_chat.pk, "And now?")
    for window in (here, there):
        expect(window.message("And now?")).to_be_visible()
    assert graces.texts() == ["Forget this", "And now?"]


def test_a_group_is_deleted_by_whoever_types_its_name(
    window_of: OpenWindow, ada: Any, group: Any
) -> None:
    window = window_of(ada, f"/chats/{group.pk}/", color_scheme="dark")
    window.is_connected()
    window.menu("Delete the group")
    expect(window.dialog.get_by_role("heading", name="Delete Engines?")).to_be_visible()
    name = window.dialog.get_by_label("Type the name of the group to delete it")
    expect(name).to_be_focused()
    assert violations(window) == []
    name.fill("Engine")
    window.problems_are_expected("400")
    window.dialog.get_by_role("button", name="Delete the group").click()
    expect(window.dialog).to_contain_text("This isn't the name of the group: nothing was deleted.")
    assert Chat.objects.filter(pk=group.pk).exists()
    window.dialog.get_by_label("Type the name").fill("Engines")
    window.dialog.get_by_role("button", name="Delete the group").click()
    expect(window.page.get_by_text("The chat was deleted.")).to_be_visible()
    assert not Chat.objects.filter(pk=group.pk).exists()
