"""What a message offers: by a button, a right click, a long press, and keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chats import actions

from .test_access import violations
from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]
PHONE = {"width": 360, "height": 740}
COPIED = "navigator.clipboard.readText()"


def test_a_message_offers_the_same_by_a_button_a_right_click_and_keys(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    message, _ = actions.post_message(grace, group.pk, "Look at this")
    actions.post_message(ada, group.pk, "Mine")
    window = window_of(
        ada,
        f"/chats/{group.pk}/",
        permissions=["clipboard-read", "clipboard-write"],
    )
    window.is_connected()
    page, row = window.page, window.message("Look at this")
    menu = window.row_menu(row)
    offered = menu.get_by_role("menuitem").all_inner_texts()
    assert [text.split("\n")[0] for text in offered][:4] == [
        "React",
        "Reply",
        "Reply in thread",
        "Copy text",
    ]
    assert violations(window) == []
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(row.get_by_role("button", name="More")).to_be_focused()

    row.locator(".message__content").click(button="right")
    expect(menu).to_be_visible()
    assert menu.get_by_role("menuitem").all_inner_texts() == offered
    expect(menu.get_by_role("menuitemcheckbox").first).to_be_focused()  # an emoji
    page.keyboard.press("ArrowUp")
    expect(menu.get_by_role("menuitem").last).to_be_focused()
    menu.get_by_role("menuitem").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")  # Copy text
    expect(page.get_by_text("Copied")).to_be_visible()
    expect(row).to_be_focused()
    assert page.evaluate(COPIED) == "Look at this"

    row.locator(".message__content").click(button="right", modifiers=["Shift"])
    expect(menu).to_be_hidden()

    row.press("Enter")
    expect(menu).to_be_visible()
    page.mouse.click(2, 2)  # beside it
    expect(menu).to_be_hidden()
    expect(row).to_be_focused()

    row.press("l")
    address = f"/chats/{group.pk}/?at={message.pk}#message-{message.pk}"
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate(COPIED).endswith(address)

    row.press("?")
    keys = page.get_by_role("dialog", name="Keys for a message")
    expect(keys.get_by_text("Copy link")).to_be_visible()
    assert violations(window) == []
    page.keyboard.press("Escape")

    window.message("Mine").press("e")
    expect(window.composer).to_have_value("Mine")
    window.composer.press("Escape")
    row.press("r")
    expect(page.get_by_text("Reply to Grace Hopper")).to_be_visible()
    expect(window.composer).to_have_value("")


# A finger that stays for a second; the browser of a test tells no long press of its own.
PRESS = """(row) => {
  const { left, top } = row.getBoundingClientRect()
  const finger = { pointerType: "touch", isPrimary: true, clientX: left + 9, clientY: top + 9 }
  row.dispatchEvent(new PointerEvent("pointerdown", { ...finger, bubbles: true }))
}"""


def test_a_long_press_opens_a_sheet_at_the_bottom(
    window_of: OpenWindow, ada: Any, group: Any
) -> None:
    for text in ("One", "Two"):
        actions.post_message(ada, group.pk, text)
    window = window_of(
        ada, f"/chats/{group.pk}/", viewport=PHONE, has_touch=True, color_scheme="dark"
    )
    window.is_connected()
    menu = window.page.get_by_role("menu", name="What to do with the message")
    window.message("One").evaluate(PRESS)
    expect(menu).to_be_visible()
    expect(menu).to_have_css("animation-name", "sheet-in")
    menu.evaluate("menu => Promise.all(menu.getAnimations().map((each) => each.finished))")
    box = menu.bounding_box()
    assert box
    assert (box["x"], box["width"]) == (0, PHONE["width"])
    assert box["y"] + box["height"] == PHONE["height"]
    assert violations(window) == []
    window.page.touchscreen.tap(180, 40)
    expect(menu).to_be_hidden()
    window.message("Two").tap()
    window.message("Two").get_by_role("button", name="More").tap()
    menu.get_by_role("menuitem", name="Edit").tap()
    expect(window.composer).to_have_value("Two")


def test_a_copied_link_shows_its_message_to_members_and_nothing_to_others(
    window_of: OpenWindow, ada: Any, stranger: Any, group: Any, client: Any
) -> None:
    texts = [f"Message {number}" for number in range(120)]
    first = [actions.post_message(ada, group.pk, text)[0] for text in texts][3]
    address = f"/chats/{group.pk}/?at={first.pk}#message-{first.pk}"
    window = window_of(ada, address)
    expect(window.message("Message 3")).to_be_in_viewport()
    client.force_login(ada)
    assert client.get(address).status_code == 200
    client.force_login(stranger)
    assert client.get(address).status_code == 404


def test_by_touch_a_part_of_a_text_is_selected_until_something_else_is_tapped(
    window_of: OpenWindow, ada: Any, group: Any
) -> None:
    for text in ("One or two words", "Another"):
        actions.post_message(ada, group.pk, text)
    window = window_of(ada, f"/chats/{group.pk}/", viewport=PHONE, has_touch=True, is_mobile=True)
    window.is_connected()
    page, row = window.page, window.message("One or two words")
    content, menu = row.locator(".message__content"), page.get_by_role("menu")
    expect(content).to_have_css("user-select", "none")
    row.evaluate(PRESS)
    menu.get_by_role("menuitem", name="Select text").tap()
    expect(menu).to_be_hidden()
    assert page.evaluate("getSelection().toString()") == "One or two words"
    expect(content).to_have_css("user-select", "auto")
    content.evaluate(PRESS)  # the browser's, which moves the selection
    page.wait_for_timeout(600)  # longer than a long press
    expect(menu).to_be_hidden()
    expect(content).to_have_css("user-select", "auto")
    window.message("Another").tap()
    expect(content).to_have_css("user-select", "none")
    assert page.evaluate("getSelection().toString()") == ""
    row.evaluate(PRESS)
    expect(menu).to_be_visible()
