"""Lines between the messages of a group: live as after a reload."""

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

# What the log shows, from top to bottom, but for days and times.
SHOWN = """() => {
  const line = ({ dataset, children: [text] }) => [
    text.textContent, text.getAttribute("href"), { ...dataset }]
  const shown = (each) => each.matches(".message")
    ? each.querySelector(".message__content").textContent
    : [each.querySelector("summary")?.textContent, ...[...each.querySelectorAll(".line")].map(line)]
  return [...document.querySelectorAll(".log__rows > .message, .log__rows .lines")].map(shown)
}"""


def test_lines_are_the_same_live_and_after_a_reload(
    window_of: OpenWindow, ada: Any, grace: Any, alan: Any, group: Any, person: Any
) -> None:
    def latest() -> Any:
        return Chat.objects.get(pk=group.pk)

    first, _ = actions.post_message(ada, group.pk, "One")
    window = window_of(grace, f"/chats/{group.pk}/")
    window.is_connected()
    rows = window.page.locator(".line")
    expect(rows).to_contain_text(["Ada Lovelace created this group"])
    joan = person("joan", "Joan", "Clarke")
    actions.add_members(ada, latest(), [joan.pk])
    expect(rows.last).to_contain_text("Ada Lovelace added Joan Clarke")
    actions.rename_chat(ada, latest(), "Looms")
    actions.pin_message(ada, latest(), first)
    expect(rows).to_have_count(4)
    actions.post_message(ada, group.pk, "Two")
    actions.remove_member(joan, latest(), joan.pk)
    actions.post_message(ada, group.pk, "Three")
    people = [person(f"p{number}", f"Person{number}") for number in range(5)]
    actions.add_members(ada, latest(), [one.pk for one in people])
    summary = window.page.locator("summary.lines__summary")
    expect(summary).to_have_text("Ada Lovelace added 5 people")
    summary.click()
    expect(rows.last).to_be_in_viewport()
    assert violations(window) == []
    live = window.page.evaluate(SHOWN)
    window.page.reload()
    window.is_connected()
    assert window.page.evaluate(SHOWN) == live
    assert [each if isinstance(each, str) else len(each) - 1 for each in live] == [
        *(1, "One", 3, "Two", 1, "Three", 5)
    ]
    expect(window.chat_item("Looms").locator(".chat-item__unread")).to_be_hidden()

    # What one missed, and the lines of messages that are loaded later.
    window.cut()
    actions.change_access(ada, latest(), access="open")
    actions.post_message(ada, group.pk, "Four")
    window.mend()
    expect(rows.last).to_contain_text("Ada Lovelace let anybody join")
    expect(window.message("Four")).to_be_visible()
    for number in range(60):
        actions.post_message(ada, group.pk, f"Message {number}")
    window.page.goto(f"/chats/{group.pk}/?before={latest().last_seq + 1}")
    window.is_connected()
    expect(rows).to_have_count(0)
    window.page.get_by_role("log").evaluate("(log) => log.scrollTo(0, 0)")
    expect(rows.first).to_contain_text("Ada Lovelace created this group")
    expect(rows).to_have_count(11)
