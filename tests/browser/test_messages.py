"""Two people in one chat."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chats import actions
from chats.models import Message
from tests.waiting import wait_for

from .window import Window

Pair = tuple[Window, Window]


@pytest.fixture
def pair(window_of: Callable[..., Window], group: Any, ada: Any, grace: Any) -> Pair:
    """The windows of ada and grace, both connected to the group."""
    windows = window_of(ada, f"/chats/{group.pk}/"), window_of(grace, f"/chats/{group.pk}/")
    for window in windows:
        window.is_connected()
    return windows


def test_a_message_arrives_and_is_seen_to_be_read(pair: Pair) -> None:
    adas, graces = pair
    sent = adas.send("Hello, Grace")
    expect(graces.message("Hello, Grace")).to_be_visible()
    expect(sent).to_have_count(1)
    expect(sent).to_have_class(re.compile("message--read"))
    expect(sent.locator(".message__status")).to_have_attribute("title", "Read by Grace Hopper")
    expect(adas.composer).to_be_focused()


def test_a_message_is_not_read_while_nobody_looks(
    window_of: Callable[..., Window], group: Any, ada: Any
) -> None:
    window = window_of(ada, f"/chats/{group.pk}/")
    sent = window.send("Anybody?")
    expect(sent.locator(".message__status")).to_have_attribute("title", "Sent")
    expect(sent).not_to_have_class(re.compile("message--read"))


def test_shift_and_enter_start_a_line_and_addresses_become_links(pair: Pair) -> None:
    adas, graces = pair
    adas.composer.press_sequentially("See <b>this</b>:")
    adas.composer.press("Shift+Enter")
    adas.composer.press_sequentially("https://example.org/a?b=1.")
    adas.composer.press("Enter")
    text = "See <b>this</b>:\nhttps://example.org/a?b=1."
    for window in pair:
        expect(window.messages).to_have_count(1)
        expect(window.page.locator(".message__content")).to_have_text(text, use_inner_text=True)
        link = window.page.locator(".message__content a")
        expect(link).to_have_attribute("href", "https://example.org/a?b=1")
    graces.page.reload()
    expect(graces.page.locator(".message__content a")).to_have_text("https://example.org/a?b=1")


def test_typing_is_shown_until_the_message_comes(pair: Pair) -> None:
    adas, graces = pair
    adas.composer.press_sequentially("One mo")
    expect(graces.typing).to_have_text("Ada Lovelace is typing…")
    expect(adas.typing).to_have_text("")
    adas.composer.press("Enter")
    expect(graces.message("One mo")).to_be_visible()
    expect(graces.typing).to_have_text("")


def test_an_edit_is_seen_by_both(pair: Pair) -> None:
    adas, graces = pair
    adas.send("Helo")
    expect(graces.message("Helo")).to_be_visible()
    adas.act("Helo", "Edit")
    expect(adas.composer).to_have_value("Helo")
    adas.send("Hello")
    for window in pair:
        expect(window.message("Hello").get_by_text("edited")).to_be_visible()
        expect(window.messages).to_have_count(1)
    expect(adas.composer).to_have_value("")


def test_arrow_up_edits_ones_last_message_and_escape_lets_it_be(pair: Pair) -> None:
    adas, graces = pair
    adas.send("Mine")
    expect(graces.message("Mine")).to_be_visible()
    adas.composer.press("ArrowUp")
    expect(adas.composer).to_have_value("Mine")
    adas.composer.press("Escape")
    expect(adas.composer).to_have_value("")
    expect(adas.message("Mine")).to_be_visible()


@pytest.mark.parametrize("ending", ["Escape", "Enter"])
def test_a_draft_is_there_again_after_another_message_was_edited(pair: Pair, ending: str) -> None:
    adas, graces = pair
    adas.send("Mine")
    graces.send("Yours")
    adas.act("Yours", "Reply")
    adas.composer.fill("A long thought")
    adas.act("Mine", "Edit")
    adas.composer.fill("Mine!")
    adas.composer.press(ending)
    expect(adas.composer).to_have_value("A long thought")
    expect(adas.page.get_by_text("Reply to Grace Hopper")).to_be_visible()
    adas.page.reload()
    expect(adas.composer).to_have_value("A long thought")


def test_nobody_is_offered_to_edit_or_delete_what_others_wrote(pair: Pair) -> None:
    adas, graces = pair
    adas.send("Ada's own")
    menu = graces.row_menu(graces.message("Ada's own"))
    expect(menu.get_by_role("menuitem", name="Reply", exact=True)).to_be_visible()
    expect(menu.get_by_role("menuitem", name="Edit")).to_have_count(0)
    expect(menu.get_by_role("menuitem", name="Delete")).to_have_count(0)


def test_a_deleted_message_leaves_a_tombstone(pair: Pair) -> None:
    adas, graces = pair
    adas.send("Never mind")
    graces.act("Never mind", "Reply")
    graces.send("What?")
    expect(adas.message("What?").locator(".quote")).to_contain_text("Never mind")
    adas.act("Never mind", "Delete")
    adas.dialog.get_by_role("button", name="Delete").click()
    for window in pair:
        expect(window.message("This message was deleted.")).to_be_visible()
        expect(window.message("What?").locator(".quote")).to_contain_text("Message deleted")
        expect(window.page.get_by_text("Never mind")).to_have_count(0)
    graces.page.reload()
    expect(graces.message("This message was deleted.")).to_be_visible()


def test_a_reply_shows_what_it_answers_and_leads_there(pair: Pair) -> None:
    adas, graces = pair
    adas.send("Tea or coffee?")
    graces.act("Tea or coffee?", "Reply")
    expect(graces.page.get_by_text("Reply to Ada Lovelace")).to_be_visible()
    graces.send("Tea")
    quote = adas.message("Tea").locator(".quote")
    expect(quote).to_contain_text("Ada Lovelace")
    quote.click()
    expect(adas.message("Tea or coffee?")).to_be_focused()


def test_who_is_here_is_seen(window_of: Callable[..., Window], private_chat: Any) -> None:
    ada, grace = _people(private_chat)
    adas = window_of(ada, f"/chats/{private_chat.pk}/")
    adas.is_connected()
    expect(adas.page.locator(".chat__subtitle")).to_have_text("Offline")
    graces = window_of(grace, f"/chats/{private_chat.pk}/")
    expect(adas.page.locator(".chat__subtitle")).to_have_text("Online")
    graces.page.close()
    expect(adas.page.locator(".chat__subtitle")).to_have_text("Offline")


def test_the_bot_and_its_photo_are_shown_with_their_source(pair: Pair, group: Any) -> None:
    adas, graces = pair
    for window in pair:
        window.page.route("https://images.unsplash.com/**", _picture)
    adas.send("@photo a lighthouse")
    question = wait_for(lambda: Message.objects.in_chat(group.pk).first())
    actions.post_bot_message(question, "A photo", client_id="answer", photo=PHOTO)
    for window in pair:
        row = window.message("A photo")
        expect(row.get_by_alt_text("A white lighthouse")).to_be_visible()
        expect(row.get_by_role("link", name="Jo Field")).to_have_attribute(
            "href", PHOTO["author_url"]
        )
        expect(row.get_by_role("link", name="Unsplash")).to_be_visible()
        expect(row.get_by_text("bot", exact=True)).to_be_visible()
    graces.page.reload()
    expect(graces.message("A photo").get_by_alt_text("A white lighthouse")).to_be_visible()


def test_a_row_made_in_the_browser_is_the_row_that_the_server_makes(
    pair: Pair, group: Any, ada: Any, grace: Any
) -> None:
    for window in pair:
        window.page.route("https://images.unsplash.com/**", _picture)
    first, _ = actions.post_message(ada, group.pk, "See https://example.org/a?b=1.")
    reply, _ = actions.post_message(grace, group.pk, "I <b>did</b>", reply_to=first.pk)
    second, _ = actions.post_message(ada, group.pk, "Wrong", reply_to=reply.pk)
    third, _ = actions.post_message(ada, group.pk, "@photo a lighthouse")
    actions.post_bot_message(third, "A photo", client_id="answer", photo=PHOTO)
    actions.delete_message(ada, group, second)
    actions.edit_message(grace, group, reply, "I did\nit")
    for window in pair:
        expect(window.page.locator(".message__edited")).to_have_count(1)
        expect(window.page.locator(".message--deleted")).to_have_count(1)
        expect(window.message("A photo")).to_be_visible()
        own, read = window.page.locator(".message--own"), window.page.get_by_title("Read by")
        wait_for(lambda own=own, read=read: own.count() == read.count())
        live = window.page.evaluate(ROWS)
        assert len(live) == 5
        window.page.reload()
        window.is_connected()
        assert window.page.evaluate(ROWS) == live


# Rows as data. Of a row made in the browser, `client_id` is known; of both, the actions, once they
# were pointed at.
ROWS = """() => {
  const shown = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return node.data
    const pairs = [...node.attributes].map(({ name, value }) => [name, value])
    const attributes = Object.fromEntries(pairs)
    delete attributes["data-client-id"]
    delete attributes["data-thread"] // for the scripts; those that have made a row know it
    attributes.class = [...node.classList].sort().join(" ")
    const children = [...node.childNodes].filter(
      (child) => child.data?.trim() !== "" && !child.classList?.contains("message__actions"),
    )
    return [node.localName, attributes, children.map(shown).map((each) => each.trim?.() ?? each)]
  }
  return [...document.querySelectorAll(".log .message")].map(shown)
}"""


PHOTO = {
    "image_url": "https://images.unsplash.com/photo-1",
    "alt": "A white lighthouse",
    "author": "Jo Field",
    "author_url": "https://unsplash.com/@jo",
    "page_url": "https://unsplash.com/photos/1",
}


def _picture(route: Any) -> None:
    body = '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240"/>'
    route.fulfill(body=body, content_type="image/svg+xml")


def _people(chat: Any) -> list[Any]:
    from users.models import User

    people = User.objects.in_bulk(chat.member_ids)
    return [people[user_id] for user_id in chat.member_ids]
