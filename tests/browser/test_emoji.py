"""Emoji in the composer: names that are completed, and the picker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from playwright.sync_api import expect

from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]


def test_a_name_between_colons_becomes_an_emoji(
    window_of: OpenWindow, ada: Any, group: Any
) -> None:
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    page, composer = window.page, window.composer
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url) if "emoji" in each.url else None)
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")

    composer.press_sequentially("At 10:30 :) nothing is offered")
    expect(options).to_have_count(0)
    assert not [url for url in asked if url.endswith(".json")]  # fetched only when needed

    composer.fill("")
    composer.press_sequentially("Well done :tada")
    expect(options.first).to_have_text("🎉:tada:")
    chosen = options.first.get_attribute("id")
    expect(composer).to_have_attribute("aria-activedescendant", chosen or "")
    expect(options.first).to_have_attribute("aria-selected", "true")
    composer.press("Enter")  # takes it, and sends nothing
    expect(composer).to_have_value("Well done 🎉")
    expect(options).to_have_count(0)

    composer.press_sequentially(" :heart")
    expect(options.nth(1)).to_be_visible()
    composer.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    composer.press("ArrowUp")
    composer.press("Escape")  # the text stays, and nothing is offered for it
    expect(options).to_have_count(0)
    expect(composer).to_have_value("Well done 🎉 :heart")
    composer.press_sequentially(":")  # a whole name needs no choice
    expect(composer).to_have_value("Well done 🎉 ❤️")
    composer.press("Control+z")
    expect(composer).to_have_value("Well done 🎉 :heart:")
    composer.press("Control+y")
    composer.press("Enter")
    expect(window.message("Well done 🎉 ❤️")).to_be_visible()
    assert len([url for url in asked if url.endswith(".json")]) == 1


def rows_are_large(window: Window, sizes: Sequence[bool]) -> None:
    """Whether the rows have large texts, or not."""
    expect(window.messages).to_have_count(len(sizes))
    for row, large in zip(window.messages.all(), sizes, strict=True):
        size = "36px" if large else "15px"
        expect(row.locator(".message__content")).to_have_css("font-size", size)


def test_few_emoji_alone_are_large_live_after_an_edit_and_a_reload(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    window, graces = (window_of(person, f"/chats/{group.pk}/") for person in (ada, grace))
    for each in (window, graces):
        each.is_connected()

    def are_large(*sizes: bool) -> None:
        """Whether the rows are: live and, the page loaded anew, for both."""
        for each in (window, graces):
            rows_are_large(each, sizes)
            each.page.reload()
            rows_are_large(each, sizes)
            each.is_connected()

    window.send("👍🏽 🇫🇷")
    graces.send("Hello")
    window.send("👍 ok")
    are_large(True, False, False)
    window.act("👍🏽 🇫🇷", "Edit")
    window.composer.fill("👍🏽👍🏽👍🏽👍🏽")
    window.composer.press("Enter")
    expect(graces.message("👍🏽👍🏽👍🏽👍🏽")).to_be_visible()
    graces.act("Hello", "Edit")
    graces.composer.fill("❤️")
    graces.composer.press("Enter")
    expect(window.message("❤️")).to_be_visible()
    are_large(False, True, False)
    window.act("👍 ok", "Delete")
    window.dialog.get_by_role("button", name="Delete").click()
    expect(graces.messages.nth(2)).to_contain_text("This message was deleted.")
    are_large(False, True, False)
