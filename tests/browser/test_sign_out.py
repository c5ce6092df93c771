"""After signing out, the browser shows and keeps nothing of what was read or written."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chats import actions
from tests.waiting import wait_for
from users.signing_in import sign_ins

from .window import Window

MESSAGES = "**/messages"
RESTORED = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
USED = "\U0001f44d"  # the emoji that was lately used
SECRETS = ["Secret draft", "Secret queued", "Secret sent", USED]


@pytest.fixture
def adas(window_of: Callable[..., Window], group: Any, private_chat: Any, ada: Any) -> Window:
    """A window in which something was read, something waits, and something is being written."""
    actions.post_message(ada, group.pk, "Secret sent")
    window = window_of(ada, f"/chats/{private_chat.pk}/")
    window.is_connected()
    window.composer.fill("Secret draft")
    window.page.goto(f"/chats/{group.pk}/")
    window.is_connected()
    window.problems_are_expected("503|401|403|WebSocket")
    window.page.route(MESSAGES, lambda route: route.fulfill(status=503, json={}))
    expect(window.send("Secret queued")).to_be_visible()
    expect(window.message("Secret sent")).to_be_visible()
    window.message("Secret sent").press("a")
    window.page.keyboard.press("Enter")
    wait_for(lambda: kept(window.page, USED))
    wait_for(lambda: kept(window.page, "Secret queued") and kept(window.page, "Secret draft"))
    return window


def kept(page: Page, text: str) -> bool:
    """Whether the browser's storage has this text."""
    stored: str = page.evaluate(
        """async () => {
          const databases = await indexedDB.databases()
          return JSON.stringify([{...localStorage}, {...sessionStorage}, databases])
        }"""
    )
    return text in stored


def is_clean(page: Page) -> None:
    """Nothing of it is on the page, nor, once its script has run, in the storage."""
    for text in SECRETS:
        assert text not in page.content()
    wait_for(lambda: not any(kept(page, text) for text in SECRETS))


def sign_out(window: Window) -> None:
    window.page.get_by_label("Account and theme").click()
    window.page.get_by_role("button", name="Sign out").click()
    expect(window.page).to_have_url(re.compile("/accounts/sign-in/"))


def test_after_signing_out_nothing_is_kept_and_back_shows_nothing(adas: Window) -> None:
    sign_out(adas)
    is_clean(adas.page)
    for _ in range(2):
        adas.page.go_back()
        expect(adas.page).to_have_url(re.compile("/accounts/sign-in/"))
        is_clean(adas.page)


def test_a_page_in_the_browser_s_memory_is_hidden_after_signing_out(
    adas: Window, live_server_process: Any
) -> None:
    other = adas.page.context.new_page()
    other.goto("/accounts/profile/")
    other.get_by_role("button", name="Sign out").click()
    expect(other).to_have_url(re.compile("/accounts/sign-in/"))
    with adas.page.expect_navigation():
        adas.page.evaluate(
            "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
        )
        assert not adas.page.evaluate("document.body.checkVisibility()")
    is_clean(adas.page)


def test_who_is_signed_out_from_elsewhere_leaves_nothing_in_the_storage(
    adas: Window, ada: Any
) -> None:
    sign_ins.end_all(ada.pk, sign_ins.SIGNED_OUT)
    expect(adas.page.get_by_role("alert")).to_contain_text("You are signed out.")
    wait_for(lambda: not any(kept(adas.page, text) for text in SECRETS))
    adas.page.evaluate("window.dispatchEvent(new Event('online'))")
    assert not any(kept(adas.page, text) for text in SECRETS)


def test_a_page_without_a_socket_notices_by_an_answer_of_the_api(adas: Window, ada: Any) -> None:
    adas.cut_sockets()
    sign_ins.end_all(ada.pk, sign_ins.SIGNED_OUT)
    adas.page.unroute(MESSAGES)
    adas.send("Secret draft")
    wait_for(lambda: not any(kept(adas.page, text) for text in SECRETS))


def test_somebody_else_s_page_forgets_what_was_written(
    adas: Window, grace: Any, live_server_process: Any
) -> None:
    adas.sign_in(grace, live_server_process.url)
    adas.page.goto("/chats/")
    expect(adas.page.locator(".sidebar__name")).to_have_text("Grace Hopper")
    assert not kept(adas.page, "Secret draft")
    assert not kept(adas.page, "Secret queued")


def test_pages_are_not_stored_and_files_are(adas: Window) -> None:
    answers: dict[str, str] = {}
    adas.page.on(
        "response",
        lambda answer: answers.update({answer.url: answer.headers.get("cache-control", "")}),
    )
    adas.page.unroute(MESSAGES)
    adas.page.reload()
    adas.is_connected()
    for url, control in answers.items():
        assert (control == "no-store") != ("/static/" in url), (url, control)
    assert any("/static/" in url for url in answers)
