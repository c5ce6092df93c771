"""Text of people turns nothing around, passes as nothing else, and links show where they lead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chatproject.text import bidi
from chats import actions

from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]


def test_server_and_browser_isolate_alike(window_of: OpenWindow, ada: Any, group: Any) -> None:
    texts = ["Ada", "Zoë", "עדה", "علي\u202e", "\u202eabc", "a\u200fb", "\U0001e900", "\u2069x"]
    page = window_of(ada, f"/chats/{group.pk}/").page
    found = page.evaluate(
        """async (texts) => {
          const { isolate, shown } = await import("helpers/text.js")
          return texts.map((text) => [isolate(text), shown(text)])
        }""",
        texts,
    )
    assert found == [[bidi.isolate(text), bidi.shown(text)] for text in texts]


def test_a_message_shows_no_turned_link_and_edits_what_was_written(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    text = "\u202ehttps://p\u0430ypal.com/ (the bank)"
    label = "https://xn--pypal-4ve.com/"
    actions.post_message(ada, group.pk, text)
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    actions.post_message(ada, group.pk, text)
    contents = window.page.locator(".message__content")
    expect(contents).to_have_text([f"{label} (the bank)"] * 2)
    expect(window.page.locator(".chat-item__preview")).not_to_contain_text("\u202e")
    window.row_menu(window.messages.first).get_by_role("menuitem", name="Edit").click()
    expect(window.composer).to_have_value("https://p\u0430ypal.com/ (the bank)")


# Isolation ---------------------------------------------------------------------------------------

PERSON = ("\u05e2\u05d3\u05d4", "\u05dc\u05d1\u05dc\u05d9\u05d9\u05e1")  # Ada Lovelace in Hebrew
NAMES = [" ".join(PERSON), "\u05de\u05e0\u05d5\u05e2\u05d9\u05dd"]  # of the person, of the group

# Each place with one of these names that isn't isolated from what is beside it.
NOT_ISOLATED = """(names) => {
  const bad = []
  const left = (text, name) =>
    text.replaceAll(`\\u2068${name}\\u2069`, "").includes(name)
  for (const name of names) {
    const nodes = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT)
    while (nodes.nextNode()) {
      const { data, parentElement } = nodes.currentNode
      if (parentElement.closest("script") || !left(data, name)) continue
      const isolated = parentElement.closest("bdi, [dir]")
      if (isolated?.textContent.trim() !== name) bad.push(parentElement.outerHTML)
    }
    for (const element of document.querySelectorAll("*")) {
      for (const attribute of ["title", "aria-label", "alt", "placeholder"]) {
        if (left(element.getAttribute(attribute) ?? "", name)) bad.push(element.outerHTML)
      }
      if (element.value && left(element.value, name) && !element.dir && element.type !== "hidden")
        bad.push(element.outerHTML)
    }
  }
  return [...new Set(bad)]
}"""


def names_of(page: Page) -> int:
    """How often the names are on the page."""
    text = page.content()
    return sum(text.count(name) for name in NAMES)


def test_names_that_run_the_other_way_are_isolated_on_every_page(
    window_of: OpenWindow, ada: Any, person: Callable[..., Any]
) -> None:
    other = person("lovelace", *PERSON)
    group = actions.create_group(ada, NAMES[1], [other.pk])
    private, _ = actions.create_private_chat(ada, other.pk)
    for chat in (group, private):
        first, _ = actions.post_message(ada, chat.pk, "Hello")
        answer, _ = actions.post_message(other, chat.pk, NAMES[0], reply_to=first.pk)
        actions.mark_read(other, chat, first)
        actions.post_message(ada, chat.pk, "To you", reply_to=answer.pk)
    window = window_of(ada, "/chats/")
    query = f"?q={PERSON[0]}"
    paths = [
        *("", f"{group.pk}/", f"{private.pk}/", f"{group.pk}/members/", f"{group.pk}/rename/"),
        *(f"{group.pk}/members/{other.pk}/remove/", f"{group.pk}/members/{other.pk}/owner/"),
        f"{group.pk}/members/{other.pk}/block/",
        *(f"new/{query}", f"new/group/{query}", f"{group.pk}/delete/", f"{private.pk}/delete/"),
    ]
    for path in paths:
        window.page.goto(f"/chats/{path}")
        assert names_of(window.page) > 0, path
        assert window.page.evaluate(NOT_ISOLATED, NAMES) == [], path
    leaving = window_of(other, f"/chats/{group.pk}/leave/")
    assert leaving.page.evaluate(NOT_ISOLATED, NAMES) == []
    leaving.page.get_by_role("button", name="Leave the group").click()
    expect(leaving.page.get_by_text("You left")).to_be_visible()
    assert leaving.page.evaluate(NOT_ISOLATED, NAMES) == []


def test_names_that_run_the_other_way_are_isolated_in_what_arrives(
    window_of: OpenWindow, ada: Any, person: Callable[..., Any]
) -> None:
    other = person("lovelace", *PERSON)
    group = actions.create_group(ada, "Engines", [other.pk])
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    theirs = window_of(other, f"/chats/{group.pk}/")
    theirs.is_connected()
    first, _ = actions.post_message(ada, group.pk, "Hello")
    actions.post_message(other, group.pk, NAMES[0], reply_to=first.pk)
    expect(window.message(NAMES[0])).to_be_visible()
    actions.mark_read(other, group, first)
    actions.rename_chat(ada, group, NAMES[1])
    expect(window.page.locator(".chat__title")).to_have_text(NAMES[1])
    expect(window.page.locator(".chat__subtitle")).to_have_attribute(
        "title", f"{bidi.isolate(NAMES[0])} online"
    )
    theirs.composer.press_sequentially("Hi")
    expect(window.typing).to_contain_text("is typing")
    window.act(NAMES[0], "Reply")
    expect(window.page.get_by_text("Reply to")).to_be_visible()
    status = window.message("Hello").locator(".message__status")
    expect(status).to_have_attribute("title", f"Read by {bidi.isolate(NAMES[0])}")
    assert window.page.evaluate(NOT_ISOLATED, NAMES) == []
