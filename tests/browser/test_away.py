"""What arrives in the open chat while its reader is in another tab, or further up."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chats import actions
from chats.models import ReadMarker

from .long_chat import fill, read_all
from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true })
  document.dispatchEvent(new Event("visibilitychange"))
}"""
SCROLL = "(log, to) => log.scrollTop = to"


def icon_of(window: Window) -> str:
    return str(window.page.locator("link[rel=icon]").evaluate("each => each.href"))


def below_the_line(window: Window) -> str | None:
    return window.page.locator(".unread + .message").get_attribute("data-seq")


def test_what_arrives_in_a_hidden_page_is_counted_and_marked(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    fill(group, [ada, grace], 40)
    read_all(group, [ada, grace], 40)
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    expect(window.page).to_have_title("Engines · Chat")
    badge = window.chat_item("Engines").locator(".chat-item__unread")
    line = window.page.locator(".unread")
    plain = icon_of(window)
    window.page.evaluate(HIDE, True)
    for text in ("One", "Two", "Three"):
        actions.post_message(grace, group.pk, text)
    expect(window.page).to_have_title("(3) Engines · Chat")
    expect(badge).to_have_text("3 unread")
    expect(badge).to_be_visible()
    assert "logo-unread" in icon_of(window) != plain
    assert window.page.request.get(icon_of(window)).ok
    expect(window.message("Three")).to_be_visible()
    assert below_the_line(window) == "41"
    assert ReadMarker.objects.of_member(group.pk, ada.pk) == 40
    # More than fits: reading goes on at the line.
    for number in range(40):
        actions.post_message(grace, group.pk, f"More {number}")
    expect(window.page).to_have_title("(43) Engines · Chat")
    expect(line).to_be_in_viewport(ratio=1)
    window.page.evaluate(HIDE, False)
    down = window.page.get_by_label(re.compile("^To the newest message, [0-9]+ new$"))
    expect(down).to_be_visible()
    expect(badge).to_be_visible()
    assert below_the_line(window) == "41"
    down.click()
    expect(down).to_be_hidden()
    expect(badge).to_be_hidden()
    expect(window.page).to_have_title("Engines · Chat")
    assert icon_of(window) == plain
    # The next time it is above what is new then.
    window.page.evaluate(HIDE, True)
    actions.post_message(grace, group.pk, "Later")
    expect(window.message("Later")).to_be_visible()
    assert below_the_line(window) == "84"
    expect(line).to_have_count(1)


def test_further_up_the_way_down_says_how_many_are_new(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    fill(group, [ada, grace], 60)
    read_all(group, [ada, grace], 60)
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    log = window.page.get_by_role("log")
    log.evaluate(SCROLL, 300)
    down = window.page.locator(".timeline__down")
    expect(down).to_be_visible()
    for text in ("One", "Two", "Three"):
        actions.post_message(grace, group.pk, text)
    expect(down).to_have_text("3 new")
    expect(window.page).to_have_title("(3) Engines · Chat")
    badge = window.chat_item("Engines").locator(".chat-item__unread")
    expect(badge).to_have_text("3 unread")
    expect(badge).to_be_visible()
    assert below_the_line(window) == "61"
    assert ReadMarker.objects.of_member(group.pk, ada.pk) == 60
    down.click()
    expect(window.page).to_have_title("Engines · Chat")
    expect(badge).to_be_hidden()
    # At the bottom of a page in sight nothing is new.
    actions.post_message(grace, group.pk, "Seen at once")
    expect(window.message("Seen at once")).to_be_in_viewport()
    assert below_the_line(window) == "61"
