"""What is being written, and what it belongs to, is there again: here or in another tab."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chats import actions
from chats.models import Message
from tests.waiting import wait_for

from .window import Window


@pytest.fixture
def adas(window_of: Callable[..., Window], group: Any, ada: Any, grace: Any) -> Window:
    """Her window of the group, with a message of hers and one of grace's."""
    actions.post_message(ada, group.pk, "Mine")
    actions.post_message(grace, group.pk, "A question")
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    return window


def mode(page: Page) -> Any:
    return page.locator(".composer__mode")


def another_tab(window: Window) -> Page:
    page = window.page.context.new_page()
    page.goto(window.page.url)
    return page


def test_a_reply_under_way_is_a_reply_after_a_reload(adas: Window, group: Any) -> None:
    adas.act("A question", "Reply")
    adas.composer.fill("An answer")
    adas.page.reload()
    expect(mode(adas.page)).to_contain_text("Grace Hopper")
    expect(mode(adas.page)).to_contain_text("A question")
    expect(adas.composer).to_have_value("An answer")
    adas.composer.press("Enter")
    expect(adas.message("An answer").locator(".quote")).to_contain_text("A question")
    expect(mode(adas.page)).to_be_hidden()
    wait_for(lambda: Message.objects.in_chat(group.pk).count() == 3)
    answer, question, _ = Message.objects.in_chat(group.pk).newest_first()
    assert answer.reply_to == question.pk
    adas.page.reload()
    expect(mode(adas.page)).to_be_hidden()
    expect(adas.composer).to_have_value("")


def test_a_reply_under_way_takes_the_new_name_of_who_is_answered(
    adas: Window, window_of: Callable[..., Window], grace: Any
) -> None:
    def call_her(name: str) -> None:
        hers.page.get_by_label("First name").fill(name)
        hers.page.get_by_role("button", name="Save").click()

    hers = window_of(grace, "/accounts/profile/")
    adas.act("A question", "Reply")
    adas.composer.fill("An answer")
    expect(mode(adas.page)).to_contain_text("Reply to Grace Hopper")
    call_her("Amazing")
    expect(mode(adas.page)).to_contain_text("Reply to Amazing Hopper")
    expect(adas.composer).to_have_value("An answer")
    # Also where it is set aside for an edit, and while the page is closed.
    adas.message("Mine").press("e")
    call_her("Admiral")
    expect(adas.message("A question").locator("[data-part=sender]")).to_have_text("Admiral Hopper")
    adas.composer.press("Escape")
    expect(mode(adas.page)).to_contain_text("Reply to Admiral Hopper")
    adas.page.goto("/accounts/profile/")
    call_her("Grace")
    expect(hers.page.get_by_text("Your profile was saved.")).to_be_visible()
    adas.page.go_back()
    expect(mode(adas.page)).to_contain_text("Reply to Grace Hopper")


def test_an_edit_under_way_and_the_draft_below_it_survive_a_reload(
    adas: Window, group: Any
) -> None:
    adas.act("A question", "Reply")
    adas.composer.fill("An answer")
    adas.act("Mine", "Edit")
    adas.composer.fill("Mine, edited")
    adas.page.reload()
    expect(mode(adas.page)).to_contain_text("Edit your message")
    expect(adas.composer).to_have_value("Mine, edited")
    adas.composer.press("Enter")
    expect(adas.message("Mine, edited")).to_be_visible()
    expect(mode(adas.page)).to_contain_text("A question")
    expect(adas.composer).to_have_value("An answer")
    assert Message.objects.in_chat(group.pk).count() == 2


def test_what_belonged_to_a_message_that_is_deleted_meanwhile_is_a_plain_draft(
    adas: Window, group: Any, grace: Any
) -> None:
    adas.act("A question", "Reply")
    adas.composer.fill("An answer")
    question = Message.objects.in_chat(group.pk).newest_first().first()
    adas.page.goto("about:blank")
    actions.delete_message(grace, group, question)
    adas.page.goto(f"/chats/{group.pk}/")
    expect(adas.composer).to_have_value("An answer")
    adas.is_connected()
    expect(mode(adas.page)).to_be_hidden()


def test_a_closed_tab_keeps_the_draft(adas: Window) -> None:
    other = another_tab(adas)
    other.get_by_label("Message", exact=True).fill("Half a thought")
    other.close()
    adas.page.reload()
    expect(adas.composer).to_have_value("Half a thought")


def test_a_draft_that_one_tab_has_sent_is_not_left_in_the_other(adas: Window, group: Any) -> None:
    adas.composer.fill("Once")
    other = another_tab(adas)
    composer = other.get_by_label("Message", exact=True)
    expect(composer).to_have_value("Once")
    adas.composer.press("Enter")
    expect(composer).to_have_value("")
    adas.composer.fill("Mine alone")
    composer.fill("Something else")
    adas.composer.press("Enter")
    expect(adas.message("Mine alone")).to_be_visible()
    expect(composer).to_have_value("Something else")
    other.reload()
    expect(composer).to_have_value("Something else")
    other.close()


def test_what_is_emptied_is_not_kept(adas: Window) -> None:
    adas.act("A question", "Reply")
    adas.composer.fill("An answer")
    adas.page.get_by_label("Cancel").click()
    adas.composer.fill("")
    assert not adas.page.evaluate(
        "Object.keys(localStorage).filter((key) => key.startsWith('draft'))"
    )
