"""Pinned messages and former texts, in two windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chats import actions
from chats.models import Message

from .test_access import violations
from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]


def test_a_message_is_pinned_found_again_and_unpinned(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    first, _ = actions.post_message(grace, group.pk, "The room is 42")
    for number in range(70):
        actions.post_message(grace, group.pk, f"Message {number}")
    adas = window_of(ada, f"/chats/{group.pk}/?at={first.pk}")
    graces = window_of(grace, f"/chats/{group.pk}/", viewport={"width": 360, "height": 740})
    for window in (adas, graces):
        window.is_connected()
        expect(window.page.get_by_role("link", name="pinned")).to_be_hidden()
    adas.message("The room is 42").press("p")
    for window in (adas, graces):
        expect(window.page.get_by_label("1 pinned message", exact=True)).to_be_visible()
    expect(adas.message("The room is 42").get_by_text("pinned")).to_be_attached()
    graces.message("Message 69").press("Enter")
    menu = graces.page.get_by_role("menu")
    expect(menu.get_by_role("menuitem", name="Copy link")).to_be_visible()
    expect(menu.get_by_role("menuitem", name="Pin")).to_have_count(0)
    graces.page.keyboard.press("Escape")

    graces.page.get_by_label("1 pinned message").click()
    pin = graces.dialog.get_by_role("link", name="The room is 42")
    expect(pin).to_contain_text("Pinned by Ada Lovelace")
    assert violations(graces) == []
    expect(graces.dialog.get_by_role("button", name="Unpin")).to_have_count(0)
    pin.click()
    expect(graces.dialog).to_be_hidden()
    expect(graces.message("The room is 42")).to_be_in_viewport()
    expect(graces.message("The room is 42").get_by_text("pinned")).to_be_attached()

    adas.page.get_by_label("1 pinned message").click()
    adas.dialog.get_by_role("button", name="Unpin").click()
    expect(adas.dialog.get_by_text("No message is pinned.")).to_be_visible()
    for window in (adas, graces):
        expect(window.message("The room is 42").get_by_text("pinned")).to_have_count(0)
        expect(window.page.locator(".chat__pins")).to_be_hidden()


def test_an_author_sees_what_a_message_said_before(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    message, _ = actions.post_message(grace, group.pk, "At four")
    actions.edit_message(grace, group, message, "At five")
    actions.edit_message(grace, group, Message.objects.get(pk=message.pk), "At six <b>sharp</b>")
    graces = window_of(grace, f"/chats/{group.pk}/", color_scheme="dark")
    graces.act("At six <b>sharp</b>", "Show edits")
    texts = graces.dialog.locator(".kept__whole")
    expect(texts).to_have_text(["At six <b>sharp</b>", "At five", "At four"])
    assert violations(graces) == []
