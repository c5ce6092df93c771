"""A private chat that is open while the other's account is deactivated, and active again."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.jobs import run_due
from users.actions import activate, deactivate

from .window import Window


def test_the_composer_goes_and_comes_back_with_the_account_of_the_other(
    window_of: Callable[..., Window], private_chat: Any, ada: Any, grace: Any
) -> None:
    window = window_of(ada, f"/chats/{private_chat.pk}/")
    window.is_connected()
    why = window.page.get_by_text("This person’s account isn’t active")
    expect(why).to_be_hidden()
    deactivate(grace)
    run_due()
    expect(why).to_be_visible()
    expect(window.composer).to_be_hidden()
    expect(window.page.get_by_text("You can read this chat")).to_be_hidden()
    window.page.reload()
    expect(why).to_be_visible()
    expect(window.composer).to_be_hidden()
    window.is_connected()
    activate(grace)
    run_due()
    expect(window.composer).to_be_visible()
    expect(why).to_be_hidden()
    window.send("Welcome back")
    expect(window.message("Welcome back").locator(".message__status")).to_have_attribute(
        "title", "Sent"
    )
