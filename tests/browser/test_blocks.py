"""Blocking a person on the pages: what the blocker sees, live and after a reload."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from chats import actions
from tests.chats.files import image, sent
from users import blocks
from users.models import Block

from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]
FOLDED = "Message from somebody you blocked"


def folds(window: Window) -> Locator:
    return window.page.locator(".message__fold")


def test_messages_are_folded_in_a_group_live_and_after_a_reload(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any, alan: Any
) -> None:
    first, _ = actions.post_message(ada, group.pk, "First")
    before, _ = actions.post_message(grace, group.pk, "Before", reply_to=first.pk)
    actions.post_message(alan, group.pk, "Mine", reply_to=before.pk)
    window, other = (window_of(user, f"/chats/{group.pk}/") for user in (ada, alan))
    window.is_connected()
    window.page.get_by_label("Members").click()
    window.dialog.get_by_text("Manage Grace Hopper").click()
    window.dialog.get_by_role("link", name="Block").click()
    expect(window.dialog.get_by_role("heading", name="Block Grace Hopper?")).to_be_visible()
    window.dialog.get_by_role("button", name="Block").click()
    expect(window.dialog.get_by_text("blocked")).to_be_visible()
    window.page.keyboard.press("Escape")
    # What was there, and what arrives; not what others write, nor for others.
    expect(folds(window)).to_have_count(1)
    expect(window.message("Before")).to_be_visible()
    expect(window.message("Before").locator(".message__content")).to_be_hidden()
    expect(window.message("Before").locator(".quote")).to_be_hidden()
    actions.post_message(grace, group.pk, "After", reply_to=first.pk)
    expect(folds(window)).to_have_count(2)
    expect(window.message("After").locator(".message__content")).to_be_hidden()
    expect(window.message("After").locator(".quote")).to_be_hidden()
    answered = window.message("Mine").locator(".quote__content")
    expect(answered).to_be_hidden()
    expect(window.chat_item("Engines")).to_contain_text(FOLDED)
    expect(other.message("After").locator(".message__content")).to_be_visible()
    expect(other.chat_item("Engines")).to_contain_text("After")
    expect(folds(other)).to_have_count(0)
    window.page.reload()
    window.is_connected()
    expect(folds(window)).to_have_count(2)
    expect(answered).to_be_hidden()
    expect(window.chat_item("Engines")).to_contain_text(FOLDED)
    expect(window.message("Mine").locator(".message__content")).to_be_visible()
    window.message("After").locator("summary").click()
    expect(window.message("After").locator(".message__content")).to_be_visible()
    expect(window.message("After").locator(".quote")).to_be_visible()
    blocks.unblock(ada, grace.pk)
    expect(folds(window)).to_have_count(0)
    expect(window.message("Before").locator(".message__content")).to_be_visible()
    expect(answered).to_be_visible()
    expect(window.chat_item("Engines")).to_contain_text("After")


def test_images_are_folded_too_and_the_viewer_passes_them_over(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any, alan: Any
) -> None:
    blocks.block(ada, grace.pk)
    for user in (alan, grace):
        sent(user, group, image(), f"{user.username}.png")
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    his, hers = (window.page.get_by_role("link", name=name) for name in ("alan.png", "grace.png"))
    viewer = window.page.get_by_role("dialog", name="Image")
    expect(hers).to_be_hidden()
    his.click()
    expect(viewer.get_by_role("img", name="alan.png")).to_be_visible()
    expect(viewer.get_by_role("button", name="Next image")).to_be_hidden()
    window.page.keyboard.press("Escape")
    folds(window).locator("summary").click()
    hers.click()
    expect(viewer).to_contain_text("2 of 2")


def test_a_disclosure_opens_on_a_narrow_screen_and_without_scripts(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any
) -> None:
    blocks.block(ada, grace.pk)
    for _ in range(20):
        actions.post_message(grace, group.pk, "Hello")
    actions.post_message(grace, group.pk, "The last")
    phone = {"viewport": {"width": 360, "height": 740}}
    for options in ({}, {"java_script_enabled": False}):
        window = window_of(ada, f"/chats/{group.pk}/", **phone, **options)
        expect(window.message("The last").locator(".message__content")).to_be_hidden()
        window.message("The last").locator("summary").click()
        expect(window.message("The last").locator(".message__content")).to_be_visible()


def test_a_private_chat_is_closed_for_both_and_opened_again(
    window_of: OpenWindow, private_chat: Any, ada: Any, grace: Any
) -> None:
    actions.post_message(grace, private_chat.pk, "Hello")
    path = f"/chats/{private_chat.pk}/"
    window, other = window_of(ada, path), window_of(grace, path)
    for one in (window, other):
        one.is_connected()
        expect(one.page.locator(".chat__subtitle")).to_have_text("Online")
    window.menu("Block")
    window.dialog.get_by_role("button", name="Block").click()
    expect(window.page.get_by_text("You blocked this person.")).to_be_visible()
    for one in (window, other):
        expect(one.composer).to_be_hidden()
        expect(one.page.locator(".chat__subtitle")).to_have_text("Offline")
    expect(other.page.get_by_text("you may not write in it")).to_be_visible()
    expect(other.page.get_by_text("blocked")).to_be_hidden()
    expect(window.message("Hello").locator(".message__content")).to_be_visible()
    window.page.get_by_label("More about this chat").click()
    window.page.get_by_role("button", name="Unblock").click()
    for one in (window, other):
        expect(one.composer).to_be_visible()
        expect(one.page.locator(".chat__subtitle")).to_have_text("Online")
    expect(other.send("Hello again")).to_have_count(1)
    expect(window.message("Hello again")).to_be_visible()


def test_the_profile_lists_whom_one_blocks(
    window_of: OpenWindow, ada: Any, grace: Any, alan: Any
) -> None:
    blocks.block(ada, grace.pk)
    blocks.block(ada, alan.pk)
    window = window_of(ada, "/accounts/profile/")
    window.page.get_by_role("link", name="People you blocked").click()
    names = window.page.locator(".sign-in__device")
    expect(names).to_have_text(["Alan Turing", "Grace Hopper"])
    window.page.get_by_role("button", name="Unblock Grace Hopper").click()
    expect(names).to_have_text(["Alan Turing"])
    assert [one.blocked for one in Block.objects.all()] == [alan]


def test_without_scripts_a_member_is_blocked_and_unblocked(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any
) -> None:
    window = window_of(grace, f"/chats/{group.pk}/members/", java_script_enabled=False)
    window.page.get_by_text("More Ada Lovelace").click()
    window.page.get_by_role("link", name="Block").first.click()
    window.page.get_by_role("button", name="Block").click()
    expect(window.page.get_by_text("blocked")).to_be_visible()
    window.page.get_by_text("More Ada Lovelace").click()
    window.page.get_by_role("button", name="Unblock").click()
    expect(window.page.get_by_text("blocked")).to_be_hidden()
    assert not Block.objects.exists()
