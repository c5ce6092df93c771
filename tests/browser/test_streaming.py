"""An answer of the bot that is seen while it is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chats import actions
from chats.models import Message
from tests.waiting import wait_for

from .test_access import violations
from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

WRITTEN = re.compile("message--streaming")


def test_an_answer_grows_in_its_row_and_who_asked_stops_it(
    window_of: Callable[..., Window], ada: Any, grace: Any, alan: Any, group: Any
) -> None:
    group = actions.transfer_ownership(ada, group, alan.pk)
    adas, graces = (window_of(user, f"/chats/{group.pk}/") for user in (ada, grace))
    for window in (adas, graces):
        window.is_connected()
    question, _ = actions.post_message(ada, group.pk, "@ai How?")
    answer = actions.post_bot_message(
        question, "A loom", client_id=f"answer:{question.pk}", is_streaming=True
    )
    rows = [window.page.locator(f"#message-{answer.pk}") for window in (adas, graces)]
    for row in rows:
        expect(row).to_have_class(WRITTEN)
    assert actions.grow_message(answer, "A loom crosses **threads**")
    for row in rows:
        expect(row.locator("strong")).to_have_text("threads")
    assert violations(adas) == []

    adas.page.reload()  # what is said by now is there, too
    expect(rows[0].locator("strong")).to_have_text("threads")
    expect(rows[1].get_by_role("button", name="Stop")).to_be_hidden()
    adas.is_connected()
    rows[0].get_by_role("button", name="Stop").click()
    wait_for(lambda: Message.objects.get(pk=answer.pk).stop_asked_at, what="for the wish to stop")
    assert not actions.grow_message(answer, "A loom crosses **threads** and more")

    actions.finish_message(answer, "A loom crosses **threads**.")
    for row in rows:
        expect(row).not_to_have_class(WRITTEN)
        expect(row.get_by_role("button", name="Stop")).to_have_count(0)
        expect(row.locator("[data-part=edited]")).to_have_count(0)
