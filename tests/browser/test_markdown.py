"""Messages with marks: written by keys and buttons, previewed, sent, edited, quoted, read back."""

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

CODE = "def f(x):\n    return [x] * 2\n"
MARKED = f"## Plan\n**one** and `two`\n\n- a\n\n```python\n{CODE}```\n"


def test_a_message_with_marks_is_written_previewed_sent_quoted_and_edited(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    window, graces = (window_of(person, f"/chats/{group.pk}/") for person in (ada, grace))
    for each in (window, graces):
        each.is_connected()
    page, composer = window.page, window.composer
    composer.fill("one two three four")
    for first, keys in ((0, "b"), (8, "i"), (14, "Shift+X")):  # `**one**`, `*two*`, `` `three` ``
        length = {"b": 3, "i": 3, "Shift+X": 5}[keys]
        composer.evaluate("(area, [a, b]) => area.setSelectionRange(a, b)", [first, first + length])
        composer.press(f"Control+{keys}")
    expect(composer).to_have_value("**one** *two* `three` four")
    composer.press("Control+Shift+X")
    expect(composer).to_have_value("**one** *two* three four")
    page.get_by_role("button", name="Format", exact=True).click()
    page.get_by_role("button", name="Code", exact=True).click()
    page.get_by_role("button", name="Preview").click()
    preview = page.locator(".preview__content")
    expect(preview.locator("strong")).to_have_text("one")
    expect(preview.locator("code")).to_have_text("three")
    composer.press("Control+Enter")
    expect(page.locator(".preview")).to_be_hidden()
    for each in (window, graces):
        expect(each.messages.locator(".message__content")).to_have_text("one two three four")
        expect(each.page.locator(".chat-item__preview")).to_contain_text("one two three four")
    graces.act("one two three four", "Reply")
    expect(graces.page.locator(".composer__mode .quote__content")).to_have_text(
        "one two three four"
    )
    graces.composer.fill("*Yes*")
    graces.composer.press("Enter")
    expect(window.page.locator(".message .quote__content")).to_have_text("one two three four")
    live = page.locator(".message__content").first.inner_html()
    page.reload()
    assert page.locator(".message__content").first.inner_html() == live
    window.is_connected()
    window.act("one two three four", "Edit")
    expect(composer).to_have_value("**one** *two* `three` four")
    composer.fill("~~none~~")
    composer.press("Enter")
    for each in (window, graces):
        expect(each.messages.first.locator("s")).to_have_text("none")
        expect(each.page.locator(".message .quote__content")).to_have_text("none")


def test_pasted_code_may_be_put_into_a_block_and_is_copied_from_it(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    actions.post_message(grace, group.pk, MARKED)
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    page, composer = window.page, window.composer
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    code = page.locator(".message .code")
    assert code.get_attribute("data-language") == "python"
    code.get_by_role("button", name="Copy the code").click()
    expect(page.locator(".timeline__note")).to_have_text("Copied")
    composer.click()
    composer.press("Control+V")
    expect(composer).to_have_value(CODE.rstrip("\n"))
    page.get_by_role("button", name="Put it in a block").click()
    expect(composer).to_have_value(f"```\n{CODE}```")
    page.keyboard.type("py")  # the caret waits where the language goes
    composer.press("Control+Enter")
    expect(window.messages).to_have_count(2)
    live = page.locator(".message .code").last
    expect(live).to_have_attribute("data-language", "python")
    expect(live.locator("pre")).to_have_attribute("tabindex", "0")
    live.get_by_role("button", name="Copy the code").click()
    composer.fill("Only words, pasted:")
    page.evaluate("navigator.clipboard.writeText('Dear all,\\nwe meet at noon.\\nAda')")
    composer.press("Control+V")
    expect(page.locator(".format__offer")).to_be_hidden()


def test_marks_are_put_around_words_and_before_lines_and_taken_away(
    window_of: OpenWindow, ada: Any, group: Any
) -> None:
    page = window_of(ada, f"/chats/{group.pk}/").page
    cases: list[tuple[str, str, str]] = [  # what is selected is between two |
        ("bold", "a |b| c", "a **|b|** c"),
        ("bold", "a **|b|** c", "a |b| c"),
        ("italic", "a **|b|** c", "a ***|b|*** c"),
        ("bold", "a| b |c", "a **|b|** c"),
        ("bold", "||", "**||**"),
        ("strike", "|a|", "~~|a|~~"),
        ("code", "|a\nb|", "```||\na\nb\n```"),
        ("fence", "x |```\na\n```| y", "x \n````||\n```\na\n```\n````\n y"),
        ("quote", "a\n|b\nc|", "a\n|> b\n> c|"),
        ("quote", "|> b\n> c|", "|b\nc|"),
        ("list", "a||", "- a||"),
        ("numbers", "|a\nb|", "|1. a\n2. b|"),
        ("link", "|word|", "[word](https://||)"),
        ("link", "|https://a.org|", "[||](https://a.org)"),
    ]
    found = page.evaluate(
        """async (cases) => {
          const { mark } = await import("models/marks.js")
          return cases.map(([kind, written]) => {
            const [before, selected, after] = written.split("|")
            const value = before + selected + after
            const end = before.length + selected.length
            const { from, to, text, start, end: stop } = mark(kind, value, before.length, end)
            const made = value.slice(0, from) + text + value.slice(to)
            return [made.slice(0, start), made.slice(start, stop), made.slice(stop)].join("|")
          })
        }""",
        [case[:2] for case in cases],
    )
    assert found == [case[2] for case in cases]


def test_what_looks_like_code_does(window_of: OpenWindow, ada: Any, group: Any) -> None:
    page = window_of(ada, f"/chats/{group.pk}/").page
    code = [
        CODE,
        "for (const a of b) {\n  c(a)\n}",
        '{\n  "a": 1\n}',
        "SELECT a\nFROM b\nWHERE c = 1;",
        "<ul>\n  <li>a</li>\n</ul>",
        "$ make\n$ make test",
        "a = 1\nb = 2",
    ]
    words = [
        "one line = 1;",
        "Dear all,\nwe meet at noon (in the hall).\nAda",
        "- one\n- two\n- three",
        "```\na = 1\nb = 2\n```",
        "I think if we do this for all,\nit is a class of its own.\nWhile we wait, return soon.",
    ]
    found = page.evaluate(
        """async (texts) => {
          const { looksLikeCode } = await import("models/marks.js")
          return texts.map(looksLikeCode)
        }""",
        code + words,
    )
    assert found == [True] * len(code) + [False] * len(words)


COLOURED = [
    "```py\n@a\ndef f(x: int) -> None:  # b\n    return 'c', 1, True\n```\n`d` [e](https://f.example)",
    '```html\n<a b="c">d</a>\n```\n> *e* [f.example](https://g.example)\n\n1. h',
    "```diff\n@@ -1 +1 @@\n-a\n+b\n```\n|c|d|\n|-|-|\n|e|f|\n\n# g\n\n---\n\nh",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_marks_of_all_kinds(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any, scheme: str
) -> None:
    for text in COLOURED:
        for person in (ada, grace):
            actions.post_message(person, group.pk, text)
    window = window_of(
        ada,
        f"/chats/{group.pk}/",
        color_scheme=scheme,
        reduced_motion="reduce",
        viewport={"width": 360, "height": 2400},
    )
    window.is_connected()
    window.page.get_by_role("button", name="Format", exact=True).click()
    window.page.get_by_role("button", name="Preview").click()
    window.composer.fill(COLOURED[0])
    expect(window.page.locator(".preview code").first).to_be_visible()
    assert violations(window) == []
    window.page.get_by_text("Help", exact=True).click()
    assert violations(window, ".format") == []
    # What is wide scrolls in its box, not the page.
    width = "document.scrollingElement.scrollWidth + document.querySelector('.log').scrollWidth"
    assert window.page.evaluate(width) == 2 * 360
