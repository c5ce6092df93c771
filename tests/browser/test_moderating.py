"""The way from the app to the admin, for those who moderate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from playwright.sync_api import expect

from chats import actions

from .test_access import violations
from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]


def test_a_moderator_goes_from_a_message_to_its_page(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    ada.is_staff = True
    ada.save()
    ada.user_permissions.set(
        Permission.objects.filter(codename__in=["moderate_chat", "change_user"])
    )
    message, _ = actions.post_message(grace, group.pk, "Spam")
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    window.page.get_by_label("More about this chat").click()
    link = window.page.get_by_role("link", name="Moderate in a new tab")
    expect(link).to_have_attribute("href", f"/admin/chats/chat/{group.pk}/change/")
    window.page.keyboard.press("Escape")
    with window.page.context.expect_page() as opened:
        window.act("Spam", "Moderate in a new tab")
    page = opened.value
    page.wait_for_url(f"**/admin/chats/message/{message.pk}/change/")
    expect(page.locator("#neighbours tr[aria-current]")).to_contain_text("Spam")
    red = page.get_by_role("button", name="Delete this message…")
    assert red.evaluate("each => getComputedStyle(each).backgroundColor") == "rgb(186, 33, 33)"
    page.get_by_role("link", name="Deactivate the sender, Grace Hopper…").click()
    expect(page.get_by_text("Grace Hopper (@grace)")).to_be_visible()
    page.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_text("Grace Hopper was deactivated.")).to_be_visible()
    graces = window_of(grace, f"/chats/{group.pk}/")
    assert "sign-in" in graces.page.url
    window.row_menu(window.message("Spam"))
    assert violations(window) == []
