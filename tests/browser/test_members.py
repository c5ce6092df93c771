"""Members come and go, and what they may do changes, while a chat is open."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chats import actions

from .window import Window

OpenWindow = Callable[..., Window]


@pytest.fixture
def adas(window_of: OpenWindow, group: Any, ada: Any) -> Window:
    """The owner's window of the group."""
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    return window


@pytest.fixture
def graces(window_of: OpenWindow, group: Any, grace: Any) -> Window:
    """A member's window of the group."""
    window = window_of(grace, f"/chats/{group.pk}/")
    window.is_connected()
    return window


def test_a_removed_member_is_told_at_once(adas: Window, graces: Window) -> None:
    adas.page.get_by_label("Members").click()
    adas.dialog.get_by_text("Manage Grace Hopper").click()
    adas.dialog.get_by_role("link", name="Remove").click()
    adas.dialog.get_by_role("button", name="Remove").click()
    expect(adas.dialog.get_by_role("heading", name="2 members")).to_be_visible()
    expect(graces.page.get_by_role("alert")).to_contain_text("You are no member of this chat")
    expect(graces.composer).to_be_hidden()
    expect(graces.chat_item("Engines")).to_have_count(0)


def test_a_member_who_was_removed_during_a_cut_is_told(
    graces: Window, group: Any, ada: Any, grace: Any
) -> None:
    graces.cut()
    actions.remove_member(ada, group, grace.pk)
    graces.problems_are_expected("404|WebSocket")
    graces.mend()
    expect(graces.page.get_by_role("alert")).to_contain_text("This chat is not here any more.")


def test_a_deleted_chat_closes_for_everybody(adas: Window, graces: Window) -> None:
    adas.menu("Delete the group")
    adas.dialog.get_by_label("Type the name of the group to delete it").fill("Engines")
    adas.dialog.get_by_role("button", name="Delete the group").click()
    adas.page.wait_for_url("**/chats/")
    expect(graces.page.get_by_role("alert")).to_contain_text("This chat was deleted.")
    for window in (adas, graces):
        expect(window.chat_item("Engines")).to_have_count(0)


def test_a_switch_silences_a_member_at_once_and_gives_them_the_word_again(
    adas: Window, graces: Window
) -> None:
    expect(graces.composer).to_be_visible()
    adas.page.get_by_label("Members").click()
    adas.dialog.get_by_text("Manage Grace Hopper").click()
    adas.dialog.get_by_role("switch", name="Send messages").first.click()
    expect(graces.composer).to_be_hidden()
    expect(graces.page.get_by_text("you may not write in it")).to_be_visible()
    adas.dialog.get_by_role("switch", name="Send messages").first.click()
    expect(graces.composer).to_be_visible()


def test_a_member_with_the_right_to_is_offered_to_delete_what_others_wrote(
    graces: Window, group: Any, ada: Any, grace: Any
) -> None:
    actions.post_message(ada, group.pk, "Ada's own")
    log = graces.page.get_by_role("log")
    expect(log).to_have_attribute("data-can-delete", "false")
    menu = graces.row_menu(graces.message("Ada's own"))
    expect(menu.get_by_role("menuitem", name="Reply", exact=True)).to_be_visible()
    expect(menu.get_by_role("menuitem", name="Delete")).to_have_count(0)
    graces.page.keyboard.press("Escape")
    actions.set_permissions(ada, group, grace.pk, can_delete_other_messages=True)
    expect(log).to_have_attribute("data-can-delete", "true")
    menu = graces.row_menu(graces.message("Ada's own"))
    expect(menu.get_by_role("menuitem", name="Delete")).to_be_visible()


def test_somebody_is_found_and_added_and_sees_the_chat_at_once(
    adas: Window, window_of: OpenWindow, stranger: Any
) -> None:
    joans = window_of(stranger)
    expect(joans.page.get_by_text("No chats yet")).to_be_visible()
    adas.page.get_by_label("Members").click()
    adas.dialog.get_by_label("Find people to add").fill("joa")
    adas.dialog.get_by_role("button", name="Add Joan Clarke").click()
    expect(adas.dialog.get_by_role("heading", name="4 members")).to_be_visible()
    expect(adas.page.locator(".chat__subtitle")).to_contain_text("4 members")
    joans.chat_item("Engines").click()
    joans.is_connected()
    joans.send("Hello from Joan")
    expect(adas.message("Hello from Joan")).to_be_attached()


def test_a_new_name_is_seen_by_all(adas: Window, graces: Window) -> None:
    adas.menu("Rename")
    adas.dialog.get_by_label("Name of the group").fill("Looms")
    adas.dialog.get_by_role("button", name="Save").click()
    for window in (adas, graces):
        expect(window.page.get_by_role("heading", name="Looms")).to_be_visible()
        expect(window.chat_item("Looms")).to_be_visible()


def test_a_member_leaves(graces: Window, adas: Window) -> None:
    graces.menu("Leave the group")
    graces.dialog.get_by_role("button", name="Leave the group").click()
    graces.page.wait_for_url("**/chats/")
    expect(graces.page.get_by_text("You left Engines.")).to_be_visible()
    expect(adas.page.locator(".chat__subtitle")).to_contain_text("2 members")


def test_a_new_owner_is_offered_what_an_owner_may_do(adas: Window, graces: Window) -> None:
    adas.page.get_by_label("Members").click()
    adas.dialog.get_by_text("Manage Grace Hopper").click()
    adas.dialog.get_by_role("link", name="Make owner").click()
    adas.dialog.get_by_role("button", name="Hand over").click()
    expect(adas.dialog.locator(".person", has_text="Grace")).to_contain_text("owner")
    graces.page.get_by_label("More about this chat").click()
    expect(graces.page.get_by_role("link", name="Delete the group")).to_be_visible()


def test_a_private_chat_is_opened_with_somebody_who_was_searched(
    window_of: OpenWindow, ada: Any, stranger: Any
) -> None:
    window = window_of(ada)
    window.page.get_by_label("New chat").click()
    window.dialog.get_by_label("Find a person by name").fill("clar")
    window.dialog.get_by_role("button", name="Message Joan Clarke").click()
    window.page.wait_for_url(re.compile(r"/chats/[0-9a-f-]{36}/$"))
    expect(window.page.get_by_role("heading", name="Joan Clarke")).to_be_visible()
    expect(window.composer).to_be_focused()


def test_a_group_is_made_of_people_from_several_searches(
    window_of: OpenWindow, ada: Any, grace: Any, stranger: Any
) -> None:
    window = window_of(ada)
    window.page.get_by_role("link", name="New group").click()
    window.dialog.get_by_label("Name of the group").fill("Codebreakers")
    for search, name in (("joan", "Joan Clarke"), ("gra", "Grace Hopper")):
        window.dialog.get_by_label("Find people by name").fill(search)
        window.dialog.get_by_label(name).check()
    window.dialog.get_by_role("button", name="Create the group").click()
    expect(window.page.get_by_role("heading", name="Codebreakers")).to_be_visible()
    expect(window.page.locator(".chat__subtitle")).to_contain_text("3 members")
