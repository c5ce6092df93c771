"""Small things that a person meets every day."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chats import actions
from chats.models import Message
from users.models import User

from .long_chat import fill, read_all
from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]


def icon(window: Window, text: str) -> str | None:
    return window.message(text).locator(".message__status use").get_attribute("href")


def test_what_waits_shows_a_clock_each_of_it(window_of: OpenWindow, ada: Any, group: Any) -> None:
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    window.cut()
    for text in ("One", "Two", "Three"):
        window.send(text)
        expect(window.message(text)).to_be_visible()
    assert [icon(window, text) for text in ("One", "Two", "Three")] == ["#icon-clock"] * 3
    window.mend()
    for text in ("One", "Two", "Three"):
        expect(window.message(text).locator(".message__status")).to_have_attribute("title", "Sent")
        assert icon(window, text) == "#icon-check"


def test_the_connection_is_shown_only_while_it_is_lost(
    window_of: OpenWindow, ada: Any, private_chat: Any
) -> None:
    phone = {"width": 360, "height": 640}
    window = window_of(ada, f"/chats/{private_chat.pk}/", viewport=phone)
    window.is_connected()
    expect(window.page.locator(".chat__subtitle")).to_have_text("Offline")
    box = window.connection.bounding_box()
    assert box
    assert box["height"] <= 1
    window.cut()
    bar = window.connection.bounding_box()
    title = window.page.locator(".chat__title").bounding_box()
    menu = window.page.get_by_label("More about this chat").bounding_box()
    assert bar
    assert title
    assert menu
    assert (bar["x"], bar["width"]) == (0, 360)
    assert bar["y"] >= title["y"] + title["height"]
    assert title["width"] > 90
    assert menu["x"] + menu["width"] <= 360
    window.mend()
    window.is_connected()


def test_who_is_in_the_app_is_online_whichever_chat_they_have_open(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any, private_chat: Any
) -> None:
    window = window_of(ada, f"/chats/{private_chat.pk}/")
    window.is_connected()
    subtitle = window.page.locator(".chat__subtitle")
    expect(subtitle).to_have_text("Offline")
    graces = window_of(grace, f"/chats/{group.pk}/")
    expect(subtitle).to_have_text("Online")
    graces.page.goto("/chats/")
    expect(graces.chat_item("Engines")).to_be_visible()
    expect(subtitle).to_have_text("Online")
    graces.page.close()
    expect(subtitle).to_have_text("Offline")


def test_a_group_that_is_renamed_has_its_name_in_the_titles_of_tabs(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    windows = [window_of(person, f"/chats/{group.pk}/") for person in (ada, grace)]
    for window in windows:
        window.is_connected()
    actions.rename_chat(ada, group, "Looms")
    for window in windows:
        expect(window.page).to_have_title("Looms · Chat")
    windows[0].page.goto("/chats/new/")
    title = windows[0].page.title()
    actions.rename_chat(ada, group, "Mills")
    expect(windows[0].chat_item("Mills")).to_be_visible()
    expect(windows[0].page).to_have_title(title)


def test_enter_that_ends_a_composition_sends_nothing(
    window_of: OpenWindow, ada: Any, group: Any
) -> None:
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    window.composer.fill("にほん")
    window.composer.evaluate(
        """(area) => {
          const key = { key: "Enter", keyCode: 229, bubbles: true, cancelable: true }
          area.dispatchEvent(new KeyboardEvent("keydown", key)) // as WebKit after `compositionend`
        }"""
    )
    expect(window.composer).to_have_value("にほん")
    window.composer.press("Enter")
    status = window.message("にほん").locator(".message__status")
    expect(status).to_have_attribute("title", "Sent")
    assert Message.objects.count() == 1


def test_a_form_is_sent_once_by_a_double_click(window_of: OpenWindow, db: None) -> None:
    window = window_of(None, "/accounts/sign-up/")
    page = window.page
    sent: list[str] = []
    page.on("request", lambda each: sent.append(each.url) if each.method == "POST" else None)
    page.get_by_label("Username").fill("newcomer")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.get_by_label("Password confirmation").fill("correct horse battery")
    page.evaluate(
        """() => addEventListener("submit", ({ submitter }) => {
          sessionStorage.whileSent = submitter.ariaDisabled
        })"""
    )
    page.get_by_role("button", name="Make my account").dblclick()
    page.wait_for_url("**/chats/**")
    assert len(sent) == 1
    assert page.evaluate("sessionStorage.whileSent") == "true"
    assert User.objects.filter(username="newcomer").count() == 1
    # Shown again out of the browser's memory, a form can be sent.
    page.goto("/accounts/profile/")
    save = page.get_by_role("button", name="Save")
    save.evaluate("each => { each.form.dataset.sent = true; each.ariaDisabled = 'true' }")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow'))")
    save.click()
    expect(page.get_by_text("Your profile was saved.")).to_be_visible()


def test_a_file_that_is_dropped_leaves_the_page_and_text_may_be_dropped(
    window_of: OpenWindow, ada: Any, group: Any
) -> None:
    page = window_of(ada, f"/chats/{group.pk}/").page
    kept = page.evaluate(
        """() => ["file", "text"].map((kind) => {
          const dataTransfer = new DataTransfer()
          if (kind === "file") dataTransfer.items.add(new File(["x"], "x.txt"))
          else dataTransfer.setData("text/plain", "x")
          const options = { dataTransfer, bubbles: true, cancelable: true }
          return document.body.dispatchEvent(new DragEvent("drop", options))
        })"""
    )
    assert kept == [False, True]


def test_the_newest_message_stays_in_sight_while_the_composer_grows(
    window_of: OpenWindow, ada: Any, group: Any
) -> None:
    fill(group, [ada], 30)
    read_all(group, [ada], 30)
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    last = window.messages.last
    expect(last).to_be_in_viewport()
    # The event of an earlier scroll comes after the growth, and before its size is noticed.
    window.page.evaluate(
        """() => {
          document.querySelector(".composer").style.minHeight = "400px"
          document.querySelector(".log").dispatchEvent(new Event("scroll"))
        }"""
    )
    expect(last).to_be_in_viewport()


def test_printing_gives_the_whole_conversation_that_is_loaded(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    fill(group, [ada, grace], 50)
    read_all(group, [ada, grace], 50)
    window = window_of(ada, f"/chats/{group.pk}/", color_scheme="dark")
    window.is_connected()
    pages = re.findall(rb"/Type /Page\b(?!s)", window.page.pdf(format="A4"))
    assert len(pages) >= 3
    window.page.emulate_media(media="print")
    bottom, height = window.page.evaluate(
        """[document.querySelector(".message:last-child").getBoundingClientRect().bottom,
          document.documentElement.scrollHeight]"""
    )
    assert bottom <= height
    last = window.messages.last
    assert last.evaluate("each => getComputedStyle(each).contentVisibility") == "visible"
    for gone in (".sidebar", ".composer", ".chat__back", ".timeline__down"):
        expect(window.page.locator(gone)).to_be_hidden()
    background = window.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(246, 246, 244)"  # that of the light theme


@pytest.mark.parametrize(
    ("ai", "photo", "hint"),
    [("", "", None), ("k", "", "@ai answers a question."), ("", "k", "@photo finds a picture.")],
)
def test_the_hint_promises_only_what_is_set_up(
    ai: str, photo: str, hint: str | None, client: Any, ada: Any, group: Any, settings: Any
) -> None:
    settings.AI_API_KEY, settings.UNSPLASH_ACCESS_KEY = ai, photo
    client.force_login(ada)
    html = client.get(f"/chats/{group.pk}/").content.decode()
    assert ("<code>@ai</code>" in html, "<code>@photo</code>" in html) == (bool(ai), bool(photo))
    if hint:
        command, _, rest = hint.partition(" ")
        assert f"<code>{command}</code> {rest}" in html
