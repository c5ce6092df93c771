"""Everybody can use it: no scripts, no mouse, dark, small, and by assistive technology."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from chats import actions
from chats.models import Message

from .window import Window

OpenWindow = Callable[..., Window]
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def busy_group(group: Any, ada: Any, grace: Any, alan: Any) -> Any:
    """The group with every kind of row."""
    question, _ = actions.post_message(grace, group.pk, "@ai what is a loom? https://example.org")
    own, _ = actions.post_message(ada, group.pk, "I know!")
    actions.edit_message(ada, group, own, "I know it!")
    actions.post_bot_message(question, "A machine that weaves.", client_id="answer")
    gone, _ = actions.post_message(alan, group.pk, "Oops")
    actions.delete_message(alan, group, gone)
    actions.post_message(ada, group.pk, "Good!", reply_to=question.pk)
    actions.post_message(ada, group.pk, "Thank you")
    actions.mark_read(grace, group, Message.objects.in_chat(group.pk).newest_first().first())
    return group


# What moves ends: colours of a dialog that fades in are not yet its own.
STILL = """() => {
  const ends = ({ effect }) => Number.isFinite(effect.getComputedTiming().endTime)
  const finite = document.getAnimations().filter(ends)
  return Promise.allSettled(finite.map(({ finished }) => finished))
}"""


def violations(window: Window, part: str | None = None) -> list[str]:
    """What axe has to say, by WCAG 2.2 AA and its own best practices; of a part by its selector."""
    window.page.evaluate(STILL)
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    found = Axe().run(window.page, context=part, options=rules).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing(
    window_of: OpenWindow, busy_group: Any, ada: Any, scheme: str, viewport: Any
) -> None:
    window = window_of(ada, color_scheme=scheme, viewport=viewport, reduced_motion="reduce")
    expect(window.chat_item("Engines")).to_be_visible()
    assert violations(window) == []
    window.chat_item("Engines").click()
    window.is_connected()
    window.messages.last.hover()
    assert violations(window) == []
    window.page.get_by_label("More about this chat").click()
    assert violations(window) == []
    window.page.keyboard.press("Escape")
    window.page.get_by_label("Members").click()
    window.dialog.get_by_text("Manage Grace Hopper").click()
    assert violations(window) == []


@pytest.mark.parametrize(
    "path",
    [
        "/chats/new/",
        "/chats/new/group/",
        "/accounts/profile/",
        "/accounts/blocks/",
        "/accounts/sign-ins/",
        "/accounts/email/",
    ],
)
def test_axe_finds_nothing_on_other_pages(
    window_of: OpenWindow, group: Any, ada: Any, path: str
) -> None:
    window = window_of(ada, path)
    assert violations(window) == []


@pytest.mark.parametrize("path", ["sign-in", "sign-up", "password-reset"])
def test_axe_finds_nothing_on_the_pages_for_strangers(
    window_of: OpenWindow, group: Any, path: str
) -> None:
    window = window_of(None, f"/accounts/{path}/")
    expect(window.page.locator("form.form, form.card").first).to_be_visible()
    assert violations(window) == []


def test_on_a_phone_nothing_is_wider_than_the_screen(
    window_of: OpenWindow, busy_group: Any, ada: Any
) -> None:
    actions.post_message(ada, busy_group.pk, "W" * 300)
    window = window_of(ada, viewport=PHONE)
    paths = ["/chats/", f"/chats/{busy_group.pk}/", f"/chats/{busy_group.pk}/members/"]
    for path in [*paths, "/chats/new/", "/chats/new/group/"]:
        window.page.goto(path)
        width = window.page.evaluate(
            "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth,"
            " ...[...document.querySelectorAll('main *')].filter((each) => each.checkVisibility()"
            " && !each.closest('.visually-hidden, .connection'))"
            ".map((each) => each.getBoundingClientRect().right))"
        )
        assert width <= PHONE["width"], path


# What sticks out of its box: neither cut nor scrolled there.
STICKING_OUT = """() => [...document.querySelectorAll("main *, nav *")]
  .filter((each) => each.checkVisibility() && each.clientWidth)
  .filter((each) => !each.matches("input, .sheet__header"))
  .filter((each) => !each.closest(".visually-hidden, .connection, .person__avatar"))
  .filter((each) => getComputedStyle(each).overflowX !== "hidden")
  .filter((each) => each.scrollWidth > each.clientWidth + 1)
  .map((each) => `${each.localName}.${each.className} ${each.scrollWidth} > ${each.clientWidth}`)"""


@pytest.mark.parametrize("width", [1280, 768, 360])
def test_the_longest_names_stay_in_their_boxes(
    window_of: OpenWindow, busy_group: Any, ada: Any, grace: Any, width: int
) -> None:
    for person in (ada, grace):
        person.first_name = person.last_name = "W" * 150
        person.save()
    actions.rename_chat(ada, busy_group, "N" * 100)
    window = window_of(ada, viewport={"width": width, "height": 740})
    chat = f"/chats/{busy_group.pk}/"
    for path in ["/chats/", chat, f"{chat}members/", f"{chat}delete/"]:
        window.page.goto(path)
        assert window.page.evaluate(STICKING_OUT) == [], path
    window.page.goto(chat)
    window.is_connected()
    graces = window_of(grace, chat)
    graces.is_connected()
    graces.composer.press_sequentially("Well")
    expect(window.typing).to_contain_text("is typing")
    assert window.page.evaluate(STICKING_OUT) == []


def test_beside_a_chat_the_list_takes_a_third_at_most(
    window_of: OpenWindow, busy_group: Any, ada: Any
) -> None:
    window = window_of(ada, f"/chats/{busy_group.pk}/", viewport={"width": 768, "height": 1000})
    box = window.page.locator(".sidebar").bounding_box()
    assert box
    assert 200 < box["width"] <= 768 / 3


def test_the_list_and_the_chat_are_two_screens_of_a_phone(
    window_of: OpenWindow, busy_group: Any, ada: Any
) -> None:
    window = window_of(ada, viewport=PHONE)
    window.chat_item("Engines").click()
    expect(window.composer).to_be_visible()
    expect(window.chat_item("Engines")).to_be_hidden()
    window.page.get_by_label("Back to your chats").click()
    expect(window.chat_item("Engines")).to_be_visible()


def test_a_tap_shows_what_can_be_done_with_a_message(
    window_of: OpenWindow, busy_group: Any, ada: Any
) -> None:
    window = window_of(ada, f"/chats/{busy_group.pk}/", viewport=PHONE, has_touch=True)
    window.is_connected()
    row = window.message("Thank you")
    expect(row.get_by_role("button", name="More")).to_be_hidden()
    tops = (
        "[...document.querySelectorAll('.message')].map((row) => row.getBoundingClientRect().top)"
    )
    row.scroll_into_view_if_needed()
    before = window.page.evaluate(tops)
    row.tap()
    expect(row.get_by_role("button", name="More")).to_be_visible()
    assert window.page.evaluate(tops) == before  # nothing moves away from under the finger
    row.get_by_role("button", name="More").tap()
    window.page.get_by_role("menuitem", name="Edit").tap()
    expect(window.composer).to_have_value("Thank you")


def test_on_a_touch_screen_enter_is_a_new_line_and_the_button_sends(
    window_of: OpenWindow, group: Any, ada: Any
) -> None:
    window = window_of(ada, f"/chats/{group.pk}/", viewport=PHONE, has_touch=True, is_mobile=True)
    window.is_connected()
    expect(window.composer).to_have_attribute("enterkeyhint", "enter")
    window.composer.press_sequentially("One")
    window.composer.press("Enter")
    window.composer.press_sequentially("two")
    expect(window.composer).to_have_value("One\ntwo")
    window.page.get_by_label("Send", exact=True).tap()
    expect(window.page.locator(".message__content")).to_have_text("One\ntwo", use_inner_text=True)
    window.composer.press_sequentially("Three")
    window.composer.press("Control+Enter")
    expect(window.message("Three")).to_be_visible()


@pytest.mark.parametrize("path", ["/chats/", "/chats/new/", "/accounts/profile/"])
def test_on_a_touch_screen_nobody_writes_in_less_than_16_pixels(
    window_of: OpenWindow, group: Any, ada: Any, path: str
) -> None:
    window = window_of(ada, path, viewport=PHONE, has_touch=True, is_mobile=True)
    if path == "/chats/":
        window.chat_item("Engines").tap()
        expect(window.composer).to_be_visible()
    sizes = window.page.evaluate(
        "[...document.querySelectorAll('main :is(input:not([type=hidden]), textarea)')]"
        ".map((each) => parseFloat(getComputedStyle(each).fontSize))"
    )
    assert sizes
    assert min(sizes) >= 16


def test_a_theme_is_chosen_and_kept(window_of: OpenWindow, group: Any, ada: Any) -> None:
    window = window_of(ada, color_scheme="light")
    scheme = "getComputedStyle(document.documentElement).colorScheme"
    window.page.get_by_label("Account and theme").click()
    window.page.get_by_label("Dark").check()
    assert window.page.evaluate(scheme) == "dark"
    window.page.reload()
    assert window.page.evaluate(scheme) == "dark"
    window.page.get_by_label("Account and theme").click()
    window.page.get_by_label("System").check()
    assert window.page.evaluate(scheme) == "light dark"


def test_without_scripts_messages_are_sent_and_history_is_read(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any
) -> None:
    for number in range(1, 61):
        actions.post_message(grace, group.pk, f"Message {number}")
    window = window_of(ada, f"/chats/{group.pk}/", java_script_enabled=False)
    window.composer.fill("Sent by a form")
    window.page.get_by_label("Send", exact=True).click()
    expect(window.message("Sent by a form")).to_be_visible()
    window.page.get_by_role("link", name="Older messages").click()
    expect(window.message("Message 1")).to_be_visible()
    expect(window.message("Message 60")).to_have_count(0)
    window.page.get_by_role("link", name="Newer messages").click()
    expect(window.message("Message 60")).to_be_visible()


def test_without_scripts_members_are_added_and_silenced(
    window_of: OpenWindow, group: Any, ada: Any, stranger: Any
) -> None:
    window = window_of(ada, f"/chats/{group.pk}/", java_script_enabled=False)
    window.page.get_by_label("Members").click()
    window.page.get_by_label("Find people to add").fill("joan")
    window.page.get_by_role("button", name="Search").click()
    window.page.get_by_role("button", name="Add Joan Clarke").click()
    expect(window.page.get_by_role("heading", name="4 members")).to_be_visible()
    window.page.get_by_text("Manage Joan Clarke").click()
    window.page.get_by_role("switch", name="Send messages").last.uncheck()
    window.page.get_by_role("button", name="Save").last.click()
    window.page.get_by_text("Manage Joan Clarke").click()
    expect(window.page.get_by_role("switch", name="Send messages").last).not_to_be_checked()
