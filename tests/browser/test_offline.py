"""A long time without a connection, in a real browser: nothing is missed, nothing is doubled."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chats import actions
from chats.models import Message

from .window import Window

SECONDS = 60  # that the messages may take on a busy machine


@pytest.fixture
def texts(request: pytest.FixtureRequest) -> list[str]:
    """What is written offline: 200 messages with `--long`."""
    return [f"Offline {number}" for number in range(200 if request.config.option.long else 30)]


@pytest.fixture
def adas(window_of: Callable[..., Window], group: Any, ada: Any) -> Window:
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    return window


def write_offline(window: Window, texts: list[str]) -> None:
    window.cut()
    for text in texts:
        window.composer.fill(text)
        window.composer.press("Enter")


def is_sent(window: Window, text: str) -> None:
    status = window.message(text).locator(".message__status")
    expect(status).to_have_attribute("title", re.compile("Sent|Read"), timeout=SECONDS * 1000)


def stored(chat: Any) -> list[str]:
    return [message.content for message in Message.objects.in_chat(chat.pk).oldest_first()]


@pytest.mark.parametrize("reloads", [False, True], ids=["waiting", "reloaded"])
def test_messages_written_offline_arrive_once_and_in_order(
    adas: Window,
    group: Any,
    window_of: Callable[..., Window],
    grace: Any,
    texts: list[str],
    reloads: bool,
) -> None:
    graces = window_of(grace, f"/chats/{group.pk}/")
    graces.is_connected()
    adas.problems_are_expected("net::ERR")  # a try of before, told after the connection is back
    write_offline(adas, texts)
    expect(adas.messages).to_have_count(len(texts))
    assert stored(group) == []
    actions.post_message(grace, group.pk, "Meanwhile")
    adas.mend()
    if reloads:
        adas.page.reload()
    expect(graces.message(texts[-1])).to_be_visible(timeout=SECONDS * 1000)
    is_sent(adas, texts[-1])
    assert stored(group) == ["Meanwhile", *texts]
    assert adas.texts() == graces.texts() == ["Meanwhile", *texts]


def test_a_reload_in_the_midst_of_sending_doubles_nothing(
    adas: Window, group: Any, texts: list[str]
) -> None:
    adas.problems_are_expected("net::ERR")
    write_offline(adas, texts)
    adas.mend()
    is_sent(adas, texts[5])
    adas.page.reload()
    is_sent(adas, texts[-1])
    assert stored(group) == adas.texts() == texts
