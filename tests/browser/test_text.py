"""What the server and the browser make of a text: the same links, lines and blanks in both."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chatproject.text import bidi, names
from chatproject.text.cuts import cut
from chats import actions
from chats.pages.template_tags import linkify
from tests.project.test_text import CUTS

from .test_spoofing import NODES, OF_HTML
from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]

BLUR = "https://en.wikipedia.org/wiki/Blur_(band)"
A = "https://example.org/a"
# What is written, and where its links lead.
LINKS: dict[str, list[str]] = {
    BLUR: [BLUR],
    f"({BLUR})": [BLUR],
    f"(see {A}).": [A],
    f"(see {A}/b(c)d).": [f"{A}/b(c)d"],
    f"[{A}], {{{A}}}": [A, A],
    f"{A}?x[]=1": [f"{A}?x[]=1"],
    f"{A}。谢谢": [A],
    f"看{A}，好": [A],
    f"「{A}」": [A],
    f"（{A}）": [A],
    f"{A}、{A}！": [A, A],
    f"\u201c{A}\u201d": [A],
    f"\u2018{A}\u2019": [A],
    f"\u00ab{A}\u00bb": [A],
    f"'{A}'": [A],
    f'"{A}"': [A],
    f"<{A}>": [A],
    f"**{A}** _{A}_": [A, A],
    f"{A}\u2026 {A}... {A}!?": [A, A, A],
    "https://example.org/L\u2019Aquila": ["https://example.org/L\u2019Aquila"],
    "https://ja.wikipedia.org/wiki/日本語": ["https://ja.wikipedia.org/wiki/日本語"],
    f"{A}/~ada/*": [f"{A}/~ada/"],
    "Https://example.org": ["Https://example.org"],
    "HTTP://EXAMPLE.ORG/A": ["HTTP://EXAMPLE.ORG/A"],
    "www.example.org": ["https://www.example.org"],
    "Www.Example.org/a?b#c.": ["https://Www.Example.org/a?b#c"],
    "(www.example.org)": ["https://www.example.org"],
    "看www.example.org。": ["https://www.example.org"],
    "https://हिन्दी.भारत/a": ["https://हिन्दी.भारत/a"],
    f"{A}\ufeff {A}\x85b {A}\x1cb {A}\u3000b {A}\u2028b": [A, A, A, A, A],
    f"{A}\r{A}\r\nb": [A, A],
    "xhttps://example.org me@www.example.org http://www": ["http://www"],
    "www www. www.a www.a.1 awww.example.org /www.example.org": [],
    "javascript://example.org ftp://example.org http:// https://.": [],
    "httpſ://example.org ʷʷʷ.example.org": [],
}
LINES = ["a\rb", "a\r\nb\n\rc", "\r", "a\x85b\x1cc\u2028d", "\ufeffa", "a\tb\x0bc"]
UNSEEN = [
    *(" ", "\t\r\n", "\ufeff", "\x85", "\x1c", "\u200b", "\u2800", "\u3164 \u034f", "\u0301"),
    *("\u2028", "\u00a0\u3000", "\U0001d159", "\ue000", "\u061c", "\u202e", "\u17b4", ""),
]
SEEN = ["a", "\u200ba", ".", "👍", "ا", "\u2060-", "_", "\x00a"]


def test_links_lead_where_a_reader_would_say(window_of: OpenWindow, ada: Any, group: Any) -> None:
    page = window_of(ada, f"/chats/{group.pk}/").page
    in_browser = page.evaluate(NODES, list(LINKS))
    on_server = page.evaluate(OF_HTML, [str(linkify(text)) for text in LINKS])
    found = {
        text: [link[0] for link in links]
        for text, (_, links) in zip(LINKS, in_browser, strict=True)
    }
    assert found == LINKS
    assert on_server == in_browser


def test_lines_are_those_of_the_server(window_of: OpenWindow, ada: Any, group: Any) -> None:
    page = window_of(ada, f"/chats/{group.pk}/").page
    assert page.evaluate(NODES, LINES) == page.evaluate(OF_HTML, [str(linkify(t)) for t in LINES])


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
    assert bidi.shown("a\rb") == "a\nb"


def test_what_nobody_could_see_is_neither_sent_nor_saved_and_says_so(
    window_of: OpenWindow, ada: Any, group: Any
) -> None:
    actions.post_message(ada, group.pk, "Hello")
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    error = window.page.locator(".composer__error")
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
    expect(window.page.locator(".composer__error")).to_contain_text("This is 1 character too long")


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
