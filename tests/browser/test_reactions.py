"""Reactions in the page: chips, the bar, the picker; live, by mouse, keys and touch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from chats import actions
from chats.models import Message

from .test_access import violations
from .test_row_menu import PHONE, PRESS
from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]
THUMB, HEART, PARTY = "👍", "❤️", "🎉"


def chip(row: Locator, emoji: str) -> Locator:
    return row.locator(f'.reaction[data-emoji="{emoji}"]')


def shows(row: Locator, emoji: str, count: int, own: bool) -> None:
    expect(chip(row, emoji).locator(".reaction__count")).to_have_text(str(count))
    expect(chip(row, emoji)).to_have_attribute("aria-pressed", "true" if own else "false")


def test_people_react_and_everybody_sees_it(
    window_of: OpenWindow, ada: Any, grace: Any, alan: Any, group: Any
) -> None:
    message, _ = actions.post_message(grace, group.pk, "The engine works")
    actions.add_reaction(alan, group, message, THUMB)
    adas, graces = (window_of(user, f"/chats/{group.pk}/") for user in (ada, grace))
    for window in (adas, graces):
        window.is_connected()
    page, row, hers = (
        adas.page,
        adas.message("The engine works"),
        graces.message("The engine works"),
    )
    shows(row, THUMB, 1, own=False)

    # A chip: once more takes it away.
    chip(row, THUMB).click()
    shows(row, THUMB, 2, own=True)
    shows(hers, THUMB, 2, own=False)
    chip(row, THUMB).click()
    shows(hers, THUMB, 1, own=False)
    shows(row, THUMB, 1, own=False)

    # Who, by pointer and by focus.
    who = page.get_by_role("tooltip")
    chip(row, THUMB).hover()
    expect(who).to_have_text("Alan Turing · thumbs up")
    page.mouse.move(0, 0)
    expect(who).to_be_hidden()
    row.focus()
    page.keyboard.press("Tab")
    expect(chip(row, THUMB)).to_be_focused()
    expect(who).to_be_visible()
    page.keyboard.press("Enter")
    shows(row, THUMB, 2, own=True)
    chip(row, THUMB).blur()

    # The bar of the pointer.
    row.hover()
    row.locator(".message__action--react").hover()
    bar = page.get_by_role("toolbar", name="React")
    bar.get_by_role("button", name=HEART).click()
    shows(row, HEART, 1, own=True)
    shows(hers, HEART, 1, own=False)
    expect(bar).to_be_hidden()


def test_by_keys_any_emoji_is_found_and_a_cut_loses_none(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    message, _ = actions.post_message(grace, group.pk, "The engine works")
    actions.add_reaction(ada, group, message, HEART)
    adas, graces = (window_of(user, f"/chats/{group.pk}/") for user in (ada, grace))
    for window in (adas, graces):
        window.is_connected()
    page = adas.page
    row, hers = (window.message("The engine works") for window in (adas, graces))
    bar = page.get_by_role("toolbar", name="React")
    row.focus()
    page.keyboard.press("a")
    expect(bar.get_by_role("button").first).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    picker = page.get_by_role("dialog", name="Emoji")
    search = picker.get_by_role("searchbox", name="Search emoji")
    expect(search).to_be_focused()
    expect(picker.get_by_role("gridcell", name="grinning face", exact=True)).to_be_visible()
    assert violations(adas, ".emoji-picker__groups") == []
    search.fill("heart")
    expect(picker.get_by_role("status")).to_contain_text("emoji")
    assert violations(adas) == []  # of all emoji it would take a minute
    search.fill("party popper")
    expect(picker.get_by_role("gridcell")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(picker.get_by_role("gridcell", name="party popper")).to_be_focused()
    page.keyboard.press("Enter")
    expect(picker).to_be_hidden()
    shows(row, PARTY, 1, own=True)
    shows(hers, PARTY, 1, own=False)
    assert violations(adas) == []

    # The history has it, too; and what she did while away is told afterwards.
    page.reload()
    adas.is_connected()
    shows(row, PARTY, 1, own=True)
    adas.cut()
    actions.add_reaction(grace, group, Message.objects.get(pk=message.pk), HEART)
    shows(hers, HEART, 2, own=True)
    shows(row, HEART, 1, own=True)
    adas.mend()
    adas.is_connected()
    shows(row, HEART, 2, own=True)

    # A deletion ends them.
    actions.delete_message(grace, group, Message.objects.get(pk=message.pk))
    expect(page.locator(".reaction")).to_have_count(0)


def test_a_refused_reaction_is_taken_back_and_the_reason_told(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    message, _ = actions.post_message(ada, group.pk, "Quiet")
    actions.add_reaction(ada, group, message, THUMB)
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    window = window_of(grace, f"/chats/{group.pk}/")
    window.problems_are_expected("403")
    window.is_connected()
    row = window.message("Quiet")
    row.hover()
    expect(row.get_by_role("button", name="React", exact=True)).to_have_count(0)
    chip(row, THUMB).click()
    expect(window.page.get_by_text("You may not send messages in this chat.")).to_be_visible()
    shows(row, THUMB, 1, own=False)


def test_on_a_phone_a_long_press_reacts_and_the_picker_is_a_sheet(
    window_of: OpenWindow, ada: Any, group: Any
) -> None:
    actions.post_message(ada, group.pk, "Hold me")
    path = f"/chats/{group.pk}/"
    window = window_of(ada, path, viewport=PHONE, has_touch=True, color_scheme="dark")
    window.is_connected()
    page, row = window.page, window.message("Hold me")
    row.evaluate(PRESS)
    menu = page.get_by_role("menu")
    menu.get_by_role("menuitemcheckbox", name=THUMB).tap()
    shows(row, THUMB, 1, own=True)
    row.evaluate(PRESS)
    menu.get_by_role("menuitem", name="Who reacted").tap()
    who = page.get_by_role("dialog", name="Who reacted")
    expect(who).to_contain_text("Ada Lovelace")
    who.get_by_role("link", name="Close").tap()
    chip(row, THUMB).tap()
    expect(row.locator(".reaction")).to_have_count(0)

    page.get_by_role("button", name="Emoji", exact=True).tap()
    picker = page.get_by_role("dialog", name="Emoji")
    expect(picker.get_by_role("gridcell", name="grinning face", exact=True)).to_be_visible()
    box = picker.bounding_box()
    assert box
    assert (box["x"], box["width"], round(box["y"] + box["height"])) == (0, 360, PHONE["height"])
    picker.get_by_role("searchbox").fill("hand")
    assert violations(window) == []
    picker.get_by_role("searchbox").fill("")
    picker.locator(".emoji-picker__tone", has_text="Medium-dark").tap()
    picker.get_by_role("button", name="People and body").tap()
    picker.get_by_role("gridcell", name="waving hand", exact=True).tap()
    expect(window.composer).to_have_value("👋🏾")
    page.get_by_role("button", name="Emoji", exact=True).tap()
    lately = picker.get_by_role("rowgroup", name="Lately used").get_by_role("gridcell")
    expect(lately.first).to_have_text("👋🏾")


def test_a_message_has_its_reactions_in_its_thread_and_in_the_chat(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    root, _ = actions.post_message(grace, group.pk, "Who comes?")
    reply, _ = actions.post_message(ada, group.pk, "I do", reply_to=root.pk)
    window = window_of(ada, f"/chats/{group.pk}/thread/{root.pk}/")
    window.is_connected()
    page = window.page
    for message, text in ((root, "Who comes?"), (reply, "I do")):
        actions.add_reaction(grace, group, message, HEART)
        places = [page.locator(place) for place in (".timeline", ".thread")]
        rows = [each.locator(f'.message[data-id="{message.pk}"]') for each in places]
        for row in rows:
            expect(row).to_contain_text(text)
            shows(row, HEART, 1, own=False)
        chip(rows[1], HEART).click()
        for row in rows:
            shows(row, HEART, 2, own=True)


def test_beyond_the_first_ten_ones_own_stays_known_and_who_is_asked_for(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any, person: Callable[..., Any]
) -> None:
    message, _ = actions.post_message(grace, group.pk, "Ten and more")
    people = [person(f"person{number}", f"Person{number}", "Smith") for number in range(12)]
    chat = actions.add_members(ada, group, [each.pk for each in people])
    for user in (*people[:11], ada):
        actions.add_reaction(user, chat, message, THUMB)
    chat = actions.remove_member(ada, chat, people[0].pk)  # the page doesn't know their name
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    row = window.message("Ten and more")
    shows(row, THUMB, 12, own=True)
    actions.add_reaction(people[11], chat, message, THUMB)
    shows(row, THUMB, 13, own=True)
    actions.edit_message(grace, chat, Message.objects.get(pk=message.pk), "Eleven and more")
    shows(window.message("Eleven and more"), THUMB, 13, own=True)
    chip(window.message("Eleven and more"), THUMB).hover()
    who = window.page.get_by_role("tooltip")
    expect(who).to_contain_text("You, Person0 Smith, Person1 Smith")
    expect(who).to_contain_text("and 3 others · thumbs up")

    # All of them, by a key; the page after them stays in the dialog.
    for user in people[1:12]:
        actions.add_reaction(user, chat, Message.objects.get(pk=message.pk), HEART)
    window.page.mouse.move(0, 0)
    row = window.message("Eleven and more")
    row.press("w")
    dialog = window.page.get_by_role("dialog", name="Who reacted")
    expect(dialog.get_by_role("listitem")).to_have_count(24)
    expect(dialog.get_by_role("heading", level=2)).to_have_text([f"{THUMB} 13", f"{HEART} 11"])
    expect(dialog.get_by_role("listitem").first).to_contain_text("Person0 Smith @person0")
    assert violations(window) == []
    window.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    window.row_menu(row).get_by_role("menuitem", name="Who reacted").click()
    expect(dialog).to_be_visible()
