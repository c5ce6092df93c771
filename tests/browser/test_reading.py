"""By keyboard and by screen reader: where the focus is, and what is said."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chats import actions
from chats.models import Message

from .window import Window

OpenWindow = Callable[..., Window]


@pytest.fixture
def adas(window_of: OpenWindow, group: Any, ada: Any) -> Window:
    """Her window of the group, in which two of her messages follow each other."""
    actions.post_message(ada, group.pk, "One")
    actions.post_message(ada, group.pk, "Two")
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    return window


@pytest.mark.parametrize("how", ["Escape", "Cancel"])
def test_after_the_question_before_a_deletion_the_focus_is_on_its_message(
    adas: Window, how: str
) -> None:
    adas.act("One", "Delete")
    if how == "Escape":
        adas.page.keyboard.press("Escape")
    else:
        adas.dialog.get_by_role("button", name="Cancel").click()
    expect(adas.message("One")).to_be_focused()


def test_after_a_deletion_the_focus_is_where_one_writes(adas: Window) -> None:
    adas.act("One", "Delete")
    adas.dialog.get_by_role("button", name="Delete").click()
    expect(adas.page.get_by_text("This message was deleted.")).to_be_visible()
    expect(adas.composer).to_be_focused()


def test_after_a_dialog_the_focus_of_who_may_not_write_is_on_the_page(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any
) -> None:
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    window = window_of(grace, f"/chats/{group.pk}/")
    window.is_connected()
    window.menu("Leave the group")
    expect(window.dialog).to_be_visible()
    window.page.keyboard.press("Escape")
    expect(window.page.get_by_role("main")).to_be_focused()


def test_after_adding_a_member_the_focus_stays_in_the_dialog(adas: Window, stranger: Any) -> None:
    adas.page.get_by_label("Members").click()
    adas.dialog.get_by_label("Find people to add").fill("stranger")
    adas.dialog.get_by_role("button", name=re.compile("^Add")).click()
    title = adas.dialog.get_by_role("heading", name="4 members")
    expect(title).to_be_focused()
    with adas.page.expect_response("**/members/"):
        adas.page.evaluate("dispatchEvent(new CustomEvent('chat:changed', {detail: {name: null}}))")
    adas.page.wait_for_timeout(0)
    expect(title).to_be_focused()


@pytest.mark.parametrize("label", ["More about this chat", "Account and theme"])
def test_a_menu_closes_when_the_focus_leaves_it(adas: Window, label: str) -> None:
    menu = adas.page.locator("details.menu", has=adas.page.get_by_label(label))
    adas.page.get_by_label(label).focus()
    adas.page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    adas.page.keyboard.press("Tab")
    assert menu.evaluate("each => each.contains(document.activeElement)")
    expect(menu).to_have_attribute("open", "")
    for _ in range(6):
        adas.page.keyboard.press("Tab")
    expect(menu).not_to_have_attribute("open", "")


def test_each_message_says_who_sent_what(
    adas: Window, window_of: OpenWindow, private_chat: Any, ada: Any, grace: Any
) -> None:
    for text in ("One", "Two"):
        expect(adas.message(text)).to_have_accessible_name(
            re.compile(f"^Ada Lovelace {text} .*Sent$")
        )
    live = adas.send("Three")
    expect(live).to_have_accessible_name(re.compile("^Ada Lovelace Three .*Sent$"))
    live.hover()
    expect(live.get_by_role("button", name="Reply")).to_be_visible()
    expect(live).not_to_have_accessible_name(re.compile("Reply"))
    actions.post_message(grace, private_chat.pk, "Hello")
    other = window_of(ada, f"/chats/{private_chat.pk}/")
    expect(other.message("Hello")).to_have_accessible_name(re.compile("^Grace Hopper Hello "))


def test_a_receipt_is_not_announced_as_a_message(adas: Window) -> None:
    expect(adas.page.get_by_role("log")).to_be_visible()
    status = adas.message("Two").locator(".message__status")
    nearest = status.evaluate("each => each.closest('[aria-live], [role=log]').ariaLive")
    assert nearest == "off"


def test_what_a_form_said_is_a_status_and_no_list(window_of: OpenWindow, ada: Any) -> None:
    window = window_of(ada, "/accounts/profile/")
    window.page.get_by_role("button", name="Save").click()
    expect(window.page.get_by_role("status")).to_have_text("Your profile was saved.")
    assert window.page.locator("ul[role], ol[role]").count() == 0


def test_forced_colours_keep_a_switch_a_switch(adas: Window) -> None:
    adas.page.emulate_media(forced_colors="active")
    adas.page.get_by_label("Members").click()
    adas.dialog.get_by_text("Manage Grace Hopper").click()
    on = adas.dialog.get_by_role("switch", name="Send messages").first
    off = adas.dialog.get_by_role("switch", name="Remove members").first
    colours = """each => [null, "::before"]
      .map((part) => getComputedStyle(each, part).backgroundColor)"""
    (track, knob), (other_track, other_knob) = on.evaluate(colours), off.evaluate(colours)
    assert track != knob
    assert other_track != other_knob
    assert track != other_track


def test_the_time_of_a_chat_ends_where_its_count_does(adas: Window) -> None:
    item = adas.chat_item("Engines")
    ends = item.evaluate(  # in one go: the list may be refreshed meanwhile
        """each => {
          each.classList.remove("chat-item--current")
          each.querySelector("[data-part=unread]").hidden = false
          each.querySelector("[data-part=count]").textContent = "99+"
          each.querySelector("time").textContent = "1 Jan"
          return [".chat-item__time", ".chat-item__unread"].map(
            (part) => each.querySelector(part).getBoundingClientRect().right
          )
        }"""
    )
    assert ends[0] == pytest.approx(ends[1], abs=1)


def test_the_line_above_what_is_new_is_not_cut(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any
) -> None:
    for number in range(40):
        actions.post_message(grace, group.pk, f"{number}\n" * (1 + number % 3))
    first = Message.objects.in_chat(group.pk).get(seq=10)
    actions.mark_read(ada, group, first)
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    line = window.page.locator(".unread")
    expect(line).to_be_in_viewport(ratio=1)
    top, log = (
        each.evaluate("each => each.getBoundingClientRect().top")
        for each in (line, window.page.locator(".log"))
    )
    assert log + 8 <= top <= log + 56  # below the day, which sticks
