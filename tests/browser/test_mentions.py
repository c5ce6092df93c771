"""Mentions in the browser: completed while one writes, shown, and told until they are read."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chats import actions
from chats.models import Chat, Message
from chats.protocol import MENTION_ALL_MEMBERS
from users import names

from .long_chat import fill, read_all
from .test_access import violations
from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]


def test_two_people_mention_each_other(
    window_of: OpenWindow, group: Any, private_chat: Any, ada: Any, grace: Any
) -> None:
    adas = window_of(ada, f"/chats/{group.pk}/")
    graces = window_of(grace, f"/chats/{private_chat.pk}/")
    adas.is_connected()
    graces.is_connected()
    composer, item = adas.composer, graces.chat_item("Engines")
    options = adas.page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    mention = item.locator(".chat-item__mention")

    # Completed by name or user name.
    composer.press_sequentially("me@example.org ")
    expect(options).to_have_count(0)
    composer.press_sequentially("@")
    expect(options).to_have_text(
        [re.compile("Grace Hopper@grace"), re.compile("@alan"), re.compile("Everybody.*@all")]
    )
    assert violations(adas) == []
    composer.press_sequentially("hóp")
    expect(options).to_have_text([re.compile("@grace")])
    composer.press("Tab")
    expect(composer).to_have_value("me@example.org @grace ")
    composer.press_sequentially("hi")
    expect(mention).to_be_hidden()
    composer.press("Enter")
    sent = adas.page.locator("a.mention")
    expect(sent).to_have_text("@Grace Hopper")
    sent.click()
    entry = adas.dialog.locator(f"#member-{grace.pk}")
    expect(entry.get_by_role("button", name="Message Grace Hopper")).to_be_visible()
    expect(entry.locator("summary")).to_be_focused()
    adas.page.keyboard.press("Escape")

    # Called by the present name.
    grace.first_name = "Amazing"
    grace.save()
    expect(sent).to_have_text("@Amazing Hopper")

    # Told live, and by a page that is loaded.
    expect(mention).to_be_visible()
    expect(item.get_by_role("link")).to_have_accessible_name(
        re.compile("You are mentioned, 1 unread")
    )
    expect(graces.page).to_have_title(re.compile(r"^\(@1\) "))
    graces.page.reload()
    expect(mention).to_be_visible()
    expect(graces.page).to_have_title(re.compile(r"^\(@1\) "))

    # Taken back by an edit, also of a message that isn't the latest, and by a deletion.
    graces.is_connected()
    first = Message.objects.get(chat_id=group.pk)
    actions.post_message(ada, group.pk, "Never mind")
    expect(item.locator(".chat-item__unread")).to_have_text("2 unread")
    actions.edit_message(ada, group, first, "Nobody")
    expect(mention).to_be_hidden()
    last, _ = actions.post_message(ada, group.pk, "@all")
    expect(mention).to_be_visible()
    actions.delete_message(ada, group, last)
    expect(mention).to_be_hidden()
    expect(graces.page).to_have_title(re.compile(r"^\(2\) "))

    # Read.
    actions.post_message(ada, group.pk, "@grace, again")
    expect(mention).to_be_visible()
    graces.page.wait_for_timeout(names.KEPT * 1000)  # a page may show a former name for as long
    item.get_by_role("link").click()
    own = graces.page.locator(".mention--own")  # in the page, and live
    expect(own).to_have_text(["@Amazing Hopper"])
    actions.post_message(ada, group.pk, "@all and @alan")
    expect(own).to_have_text(["@Amazing Hopper", "@all"])
    expect(graces.page.locator(".mention")).to_have_count(3)
    assert violations(graces) == []
    graces.page.locator(f".chat-item[data-id='{private_chat.pk}'] a").click()
    expect(graces.page).to_have_url(re.compile(str(private_chat.pk)))
    expect(mention).to_be_hidden()


def test_a_button_leads_to_the_first_unread_mention(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any
) -> None:
    fill(group, [ada], 60)
    read_all(group, [grace], 60)
    chat = Chat.objects.get(pk=group.pk)
    for number in range(90):
        text = f"@grace {number}" if number in (30, 80) else f"Said {number}"
        actions.post_message(ada, chat.pk, text)
    window = window_of(grace, f"/chats/{group.pk}/")
    window.is_connected()
    button = window.page.get_by_role("button", name="To where you are mentioned")
    expect(button).to_be_visible()
    near, far = (window.messages.filter(has_text=f"@Grace Hopper {n}") for n in (30, 80))
    expect(near).not_to_be_in_viewport()
    button.click()  # in the part that is loaded
    expect(near).to_be_in_viewport()
    expect(far).to_have_count(0)
    button.click()  # further down
    expect(far).to_be_in_viewport()
    expect(button).to_be_hidden()


def test_who_may_not_mention_all_is_told_so_while_writing(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any, person: Callable[..., Any]
) -> None:
    people = [person(f"person{number}").pk for number in range(MENTION_ALL_MEMBERS - 2)]
    chat = actions.add_members(ada, group, people)
    assert len(chat.member_ids) == MENTION_ALL_MEMBERS + 1
    window = window_of(grace, f"/chats/{group.pk}/")
    window.is_connected()
    note = window.page.get_by_text("@all reaches nobody here")
    window.composer.press_sequentially("Hello @al")
    expect(window.page.get_by_role("option")).to_have_text([re.compile("Alan Turing@alan")])
    window.composer.press_sequentially("l")
    expect(note).to_be_visible()
    window.composer.press("Enter")
    expect(window.message("Hello @all")).to_be_visible()
    expect(note).to_be_hidden()
    expect(window.page.locator(".mention")).to_have_count(0)
    actions.set_permissions(ada, chat, grace.pk, can_remove_members=True)
    expect(window.page.locator(".composer")).to_be_visible()
    window.composer.press_sequentially("Hello @al")
    expect(window.page.get_by_role("option").last).to_have_text(re.compile("Everybody"))
    window.composer.press("ArrowUp")
    window.composer.press("Enter")
    expect(window.composer).to_have_value("Hello @all ")
    expect(note).to_be_hidden()
    window.composer.press("Enter")
    expect(window.page.locator(".mention--own")).to_have_text(["@all"])
