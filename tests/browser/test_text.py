"""What the server and the browser make of a text: the same lines, blanks and plain text in both."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chatproject.text import bidi, markdown, names
from chatproject.text.cuts import cut
from chats import actions
from tests.project.test_text import CUTS

from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]

LINES = ["a\rb", "a\r\nb\n\rc", "\r", "a\x85b\x1cc\u2028d", "\ufeffa", "a\tb\x0bc"]
UNSEEN = [
    *(" ", "\t\r\n", "\ufeff", "\x85", "\x1c", "\u200b", "\u2800", "\u3164 \u034f", "\u0301"),
    *("\u2028", "\u00a0\u3000", "\U0001d159", "\ue000", "\u061c", "\u202e", "\u17b4", ""),
]
SEEN = ["a", "\u200ba", ".", "👍", "ا", "\u2060-", "_", "\x00a"]


MARKED = [
    *("**a** *b*", "a\n*b*", "# A\nb\n- c\n  - d\n\n1. e", "> a\n\n*b*", "|a|b|\n|-|-|\n|c|`d`|"),
    *("```py\nif a:\n  b\n```\nc", "[a.b](https://example.org) &amp; *c*  d", "*a*\n\n---\n\nb"),
]


def test_the_browser_takes_the_same_plain_text_from_a_message(
    window_of: OpenWindow, ada: Any, group: Any
) -> None:
    page = window_of(ada, f"/chats/{group.pk}/").page
    rendered = [markdown.render(text) or "" for text in MARKED]
    assert all(rendered)
    found = page.evaluate(
        """async (rendered) => {
          const { nodesOf, plainText } = await import("helpers/markup.js")
          return rendered.map((html) => plainText(nodesOf(html)))
        }""",
        rendered,
    )
    assert found == [markdown.text_of(html, 1000) for html in rendered]


def test_lines_are_those_of_the_server(window_of: OpenWindow, ada: Any, group: Any) -> None:
    page = window_of(ada, f"/chats/{group.pk}/").page
    found = page.evaluate(
        """async (lines) => {
          const { shown } = await import("helpers/text.js")
          return lines.map((text) => shown(text))
        }""",
        LINES,
    )
    assert found == [bidi.shown(text) for text in LINES]


def test_server_and_browser_agree_on_what_is_blank(
    window_of: OpenWindow, ada: Any, group: Any
) -> None:
    page = window_of(ada, f"/chats/{group.pk}/").page
    found = page.evaluate(
        """async (texts) => {
          const { isBlank } = await import("helpers/text.js")
          return texts.map(isBlank)
        }""",
        UNSEEN + SEEN,
    )
    assert found == [True] * len(UNSEEN) + [False] * len(SEEN)
    assert found == [names.is_blank(text) for text in UNSEEN + SEEN]


def test_server_and_browser_cut_a_text_at_the_same_place(
    window_of: OpenWindow, ada: Any, group: Any
) -> None:
    page = window_of(ada, f"/chats/{group.pk}/").page
    found = page.evaluate(
        """async (cuts) => {
          const { cut } = await import("helpers/text.js")
          return cuts.map(([text, most]) => cut(text, most))
        }""",
        [[text, most] for text, most, _ in CUTS],
    )
    assert found == [cut(text, most) for text, most, _ in CUTS]


def test_a_message_looks_the_same_live_and_after_a_reload(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    actions.post_message(ada, group.pk, "one\rtwo www.example.org.\r\nthree")
    expect(window.messages).to_have_count(1)
    content = window.page.locator(".message__content")
    live = content.inner_html()
    window.row_menu(window.messages.first).get_by_role("menuitem", name="Edit").click()
    expect(window.composer).to_have_value("one\ntwo www.example.org.\nthree")
    window.page.reload()
    assert content.inner_html() == live
    assert content.inner_text() == "one\ntwo www.example.org.\nthree"


def test_what_nobody_could_see_is_neither_sent_nor_saved_and_says_so(
    window_of: OpenWindow, ada: Any, group: Any
) -> None:
    actions.post_message(ada, group.pk, "Hello")
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    error = window.page.locator(".composer__error:visible")
    window.composer.fill("\u200b\u2800")
    window.composer.press("Enter")
    expect(error).to_have_text("There is nothing to see in this message.")
    window.composer.fill("")
    window.act("Hello", "Edit")
    window.composer.fill(" ")
    window.composer.press("Enter")
    expect(error).to_have_text("There is nothing to see in this message.")
    expect(window.messages).to_have_count(1)


def test_one_character_too_many_is_one(window_of: OpenWindow, ada: Any, group: Any) -> None:
    window = window_of(ada, f"/chats/{group.pk}/")
    window.composer.fill("a" * 10_001)
    window.composer.press("Enter")
    error = window.page.locator(".composer__error:visible")
    expect(error).to_contain_text("This is 1 character too long")


# Directions --------------------------------------------------------------------------------------

HEBREW = "שלום עולם!"
SIDES = """(element, line) => {
  const box = element.closest(".message__bubble, .quote, textarea, .chat-item__preview, h1")
  const { left, right } = box.getBoundingClientRect()
  const node = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode()
  const start = node.data.indexOf(line)
  const range = document.createRange()
  range.setStart(node, start)
  range.setEnd(node, start + line.length)
  const rect = range.getBoundingClientRect()
  return rect.left - left > right - rect.right ? "right" : "left"
}"""


def test_each_line_of_a_message_begins_on_its_own_side(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    lines = ["A line in English, the longest of the three by far", HEBREW, "Back", "ועוד אחת"]
    actions.post_message(grace, group.pk, "\n".join(lines))
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    actions.post_message(grace, group.pk, "\n".join(lines))
    contents = window.page.locator(".message__content")
    expect(contents).to_have_count(2)
    for content in contents.all():
        sides = [content.evaluate(SIDES, line) for line in lines]
        assert sides == ["left", "right", "left", "right"]


def test_the_composer_a_quote_a_preview_and_a_title_take_the_direction_of_their_text(
    window_of: OpenWindow, ada: Any, person: Callable[..., Any]
) -> None:
    other = person("hebrew", "עדה")
    chat, _ = actions.create_private_chat(ada, other.pk)
    message, _ = actions.post_message(other, chat.pk, HEBREW)
    actions.post_message(other, chat.pk, HEBREW, reply_to=message.pk)
    window = window_of(ada, f"/chats/{chat.pk}/")
    window.is_connected()
    window.composer.fill(HEBREW)
    window.messages.first.hover()
    window.messages.first.get_by_role("button", name="Reply").click()
    texts = (".chat__title", ".composer__content", ".composer .quote__content")
    for text in (*texts, ".chat-item__title", ".chat-item__preview", ".message .quote__content"):
        direction = window.page.locator(text).evaluate("each => getComputedStyle(each).direction")
        assert direction == "rtl", text


# Days --------------------------------------------------------------------------------------------

DAYS = """async ([shown, now]) => {
  const { dayText, listTime } = await import("helpers/dates.js")
  return [dayText(new Date(shown), new Date(now)), listTime(new Date(shown), new Date(now))]
}"""


def test_yesterday_is_the_day_before_on_days_of_23_and_25_hours(
    window_of: OpenWindow, ada: Any
) -> None:
    page = window_of(ada, "/chats/", timezone_id="Europe/Berlin", locale="en-GB").page
    # The clocks go forward on Sunday, 29 March 2026, and back on Sunday, 25 October.
    assert page.evaluate(DAYS, ["2026-03-28T12:00", "2026-03-30T00:30"]) == [
        "Saturday 28 March",
        "28 Mar",
    ]
    assert page.evaluate(DAYS, ["2026-03-29T12:00", "2026-03-30T00:30"])[0] == "Yesterday"
    assert page.evaluate(DAYS, ["2026-10-25T00:10", "2026-10-26T23:50"])[0] == "Yesterday"
    assert page.evaluate(DAYS, ["2025-11-26T12:00", "2026-11-30T12:00"]) == [
        "Wednesday, 26 November 2025",
        "26 Nov 2025",
    ]


def test_dates_are_those_of_the_reader_s_english(window_of: OpenWindow, ada: Any) -> None:
    moments = ["2026-11-26T12:00", "2026-11-30T12:00"]
    found = [
        window_of(ada, "/chats/", locale=locale).page.evaluate(DAYS, moments)
        for locale in ("en-US", "en-AU", "de-DE")
    ]
    assert found == [
        ["Thursday, November 26", "Nov 26"],
        ["Thursday 26 November", "26 Nov"],
        ["Thursday, November 26", "Nov 26"],
    ]


def test_today_is_yesterday_after_midnight(window_of: OpenWindow, ada: Any, group: Any) -> None:
    window = window_of(ada, "/chats/", timezone_id="UTC")
    actions.post_message(ada, group.pk, "Late")
    window.page.clock.install()
    window.page.goto(f"/chats/{group.pk}/")
    time = window.page.locator(".chat-item__time")
    expect(window.page.locator(".day")).to_have_text("Today")
    expect(time).to_have_text(re.compile(r"\d\d:\d\d"))
    window.page.clock.fast_forward("24:00:00")
    expect(window.page.locator(".day")).to_have_text("Yesterday")
    expect(time).to_have_text("Yesterday")


def test_no_time_of_another_zone_is_shown_before_the_script_runs(
    window_of: OpenWindow, ada: Any, group: Any
) -> None:
    actions.post_message(ada, group.pk, "Hello")
    window = window_of(ada, "/chats/", timezone_id="Asia/Kolkata")
    scripts = re.compile(r"/static/js/application")
    window.page.route(scripts, lambda route: None)  # it never comes
    window.page.goto(f"/chats/{group.pk}/", wait_until="commit")
    times = [".message time", ".day time", ".chat-item__time"]
    for time in times:
        expect(window.page.locator(time)).to_be_hidden()
    window.page.unroute(scripts)
    window.page.goto(f"/chats/{group.pk}/")
    for time in times:
        expect(window.page.locator(time)).to_be_visible()
