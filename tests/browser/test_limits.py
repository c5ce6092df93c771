"""Who sends too fast waits as long as the server says, and loses nothing."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import expect

from chats.models import Message
from tests.server_process import ServerProcess

from .window import Window

FIVE = ["One", "Two", "Three", "Four", "Five"]
TOO_FAST = "You are sending too fast."


@pytest.fixture
def live_server_process(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    """A server that takes three messages at once, and then one every four seconds."""
    return start_server(LIMIT_SENDS="3/12s", LIMIT_QUESTIONS_DAY="1/1d")


def stored(chat: Any) -> list[str]:
    return [message.content for message in Message.objects.in_chat(chat.pk).oldest_first()]


def all_are_sent(window: Window, chat: Any, texts: list[str]) -> None:
    for text in texts:
        status = window.message(text).locator(".message__status")
        expect(status).to_have_attribute("title", "Sent")
    assert stored(chat) == window.texts() == texts


def test_what_is_sent_too_fast_follows_by_itself_in_order(
    window_of: Callable[..., Window], group: Any, ada: Any
) -> None:
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    window.problems_are_expected("429")
    answers: list[int] = []

    def note(response: Any) -> None:
        if response.request.method == "POST" and "/messages" in response.url:
            answers.append(response.status)

    window.page.on("response", note)
    for text in FIVE:
        window.send(text)
    waiting = window.page.locator(".message__status[title*='too fast']")
    told = re.compile(f"^{TOO_FAST} Please try again in [1-4] seconds?.$")
    expect(waiting).to_have_attribute("title", told)
    alert = window.page.locator(".composer__error:visible")
    expect(alert).to_contain_text(TOO_FAST)
    all_are_sent(window, group, FIVE)
    expect(alert).to_be_hidden()
    # Each wait was as long as the server said: asked again once, not in between.
    assert answers.count(201) == 5
    assert all(after == 201 for before, after in pairwise(answers) if before == 429)
    assert answers[-1] == 201


def test_what_waits_is_sent_after_a_reload(
    window_of: Callable[..., Window], group: Any, ada: Any
) -> None:
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    window.problems_are_expected("429")
    for text in FIVE[:4]:
        window.send(text)
    expect(window.page.locator(".composer__error:visible")).to_contain_text(TOO_FAST)
    window.page.reload()
    all_are_sent(window, group, FIVE[:4])


def test_a_question_beyond_the_days_budget_says_so_and_holds_up_nothing_else(
    window_of: Callable[..., Window], group: Any, ada: Any
) -> None:
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    window.problems_are_expected("429")
    for text in ("@ai One", "@ai Two", "Three"):
        window.send(text)
    told = "Not sent. You have asked as much as you may in a day. Please try again in 24 hours."
    expect(window.message("@ai Two")).to_contain_text(told)
    sent = window.message("Three").locator(".message__status")
    expect(sent).to_have_attribute("title", "Sent")
    assert stored(group) == ["@ai One", "Three"]
