"""Long texts are folded, the day that is read stays in sight, and times have their date."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from chats import actions
from chats.models import Message

from .test_access import violations
from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]


def test_a_long_text_is_folded_at_20_lines_until_it_is_unfolded(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    text = "\n".join(f"line {number}" for number in range(60))
    message, _ = actions.post_message(grace, group.pk, text)
    actions.post_message(grace, group.pk, "word " * 120)  # long for a phone, not for a desk
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    actions.post_message(grace, group.pk, text)
    expect(window.messages).to_have_count(3)
    for row in (window.messages.nth(0), window.messages.nth(2)):
        content, more = row.locator(".message__content"), row.get_by_role("button", name="Show")
        row.scroll_into_view_if_needed()
        expect(more).to_have_text("Show more")
        folded = content.evaluate("(text) => [text.clientHeight, text.scrollHeight]")
        assert folded[0] * 3 == pytest.approx(folded[1], abs=3)
        more.click()
        expect(more).to_have_attribute("aria-expanded", "true")
        assert content.evaluate("(text) => text.clientHeight === text.scrollHeight")
    expect(window.messages.nth(1).get_by_role("button", name="Show")).to_be_hidden()
    assert violations(window) == []
    # An edit doesn't fold what its reader has unfolded.
    actions.edit_message(grace, group, message, f"{text}!")
    expect(window.messages.nth(0)).to_contain_text("line 59!")
    expect(window.messages.nth(0).get_by_role("button", name="Show less")).to_be_visible()
    window.messages.nth(0).get_by_role("button", name="Show less").click()
    expect(window.messages.nth(0).get_by_role("button", name="Show more")).to_be_visible()


def test_the_day_that_is_read_stays_in_sight_and_times_have_their_date(
    window_of: OpenWindow, ada: Any, group: Any
) -> None:
    for number in range(50):
        message, _ = actions.post_message(ada, group.pk, f"Message {number}")
        sent = message.created_at - timedelta(days=2 - min(number // 10, 2))
        Message.objects.filter(pk=message.pk).update(created_at=sent)
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    log = window.page.get_by_role("log").bounding_box()
    assert log
    days = window.page.locator(".day__label")
    expect(days).to_have_count(3)
    top = days.locator("visible=true").first
    read = ((49, "Today"), (15, "Yesterday"), (5, re.compile(r"^\w+day, .*\d")))
    for number, day in read:
        window.message(f"Message {number}").evaluate("(row) => row.scrollIntoView()")
        expect(top).to_have_text(day)
        box = top.bounding_box()
        assert box
        assert 0 <= box["y"] - log["y"] < 30
    date = re.compile(rf"^\w+, .*{message.created_at.year}")
    expect(window.message("Message 49").locator("time")).to_have_attribute("title", date)
    expect(days.last).to_have_attribute("title", date)
