"""Long chats, large groups and bursts stay quick: bounds are exact, times only tell the order."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connections
from django.test import Client
from playwright.sync_api import CDPSession, expect

from chats import actions
from chats.models import Chat
from tests.waiting import wait_for

from .long_chat import fill, read_all
from .window import Window

OpenWindow = Callable[..., Window]
MOST_ROWS = 250  # static/js/controllers/messages_controller.js
LONG = 5_000
BURST = 200

# In every frame how long ago the last one was, in milliseconds.
WATCH_FRAMES = """() => {
  window.frames_ = []
  let last = performance.now()
  const watch = () => {
    window.frames_.push(performance.now() - last)
    last = performance.now()
    requestAnimationFrame(watch)
  }
  requestAnimationFrame(watch)
}"""
# For every key how long it takes until a frame shows what it wrote.
WATCH_KEYS = """() => {
  window.keys_ = []
  addEventListener("keydown", ({ timeStamp }) => requestAnimationFrame(() =>
    setTimeout(() => window.keys_.push(performance.now() - timeStamp))), true)
}"""
# What is sent by sockets from now on.
WATCH_SOCKETS = """() => {
  window.sent_ = []
  const { send } = WebSocket.prototype
  WebSocket.prototype.send = function (text) {
    window.sent_.push(JSON.parse(text).type)
    send.call(this, text)
  }
}"""
# When the composer had the first key, in milliseconds since the navigation.
WATCH_FIRST_KEY = """addEventListener("input", () =>
  requestAnimationFrame(() => { window.shown_ ??= performance.now() }), true)"""


@pytest.fixture
def long_group(group: Any, ada: Any, grace: Any, alan: Any) -> Any:
    """The group with 5,000 messages, all of them read."""
    fill(group, [ada, grace, alan], LONG)
    read_all(group, [ada, grace, alan], LONG)
    return group


def devtools(window: Window) -> CDPSession:
    return window.page.context.new_cdp_session(window.page)


def wheel(window: Window, pixels: int) -> None:
    """Turn the wheel over the log and wait for a frame."""
    window.page.mouse.move(*_middle(window))
    window.page.mouse.wheel(0, pixels)
    window.page.evaluate("new Promise((done) => requestAnimationFrame(() => done()))")


def _middle(window: Window) -> tuple[float, float]:
    box = window.page.get_by_role("log").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def seqs(window: Window) -> list[int]:
    """The numbers of the rows, from top to bottom."""
    numbers: list[int] = window.page.evaluate(
        "[...document.querySelectorAll('.message')].map((row) => Number(row.dataset.seq))"
    )
    return numbers


def scroll_to(window: Window, seq: int, pixels: int) -> int:
    """Turn the wheel until this message has a row; answers the most rows that there were."""
    most = 0

    def is_there() -> bool:
        nonlocal most
        wheel(window, pixels)
        numbers = seqs(window)
        most = max(most, len(numbers))
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        return numbers[0] <= seq <= numbers[-1]

    wait_for(is_there, 120, f"for message {seq}")
    return most


def test_a_long_chat_can_be_written_in_while_the_page_still_loads(
    window_of: OpenWindow, long_group: Any, ada: Any
) -> None:
    window = window_of(ada, "/chats/new/")
    window.page.add_init_script(WATCH_FIRST_KEY)
    devtools(window).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    window.page.goto(f"/chats/{long_group.pk}/", wait_until="commit")
    expect(window.composer).to_be_focused()
    window.page.keyboard.press("x")
    expect(window.message(f"Message {LONG}")).to_be_in_viewport()
    shown = wait_for(lambda: window.page.evaluate("window.shown_"))
    assert shown < 8_000
    assert window.page.evaluate("document.querySelectorAll('.log *').length") < 50 * 20


def test_rows_stay_bounded_and_frames_short_however_far_one_scrolls(
    window_of: OpenWindow, long_group: Any, ada: Any
) -> None:
    window = window_of(ada, f"/chats/{long_group.pk}/")
    window.is_connected()
    window.page.evaluate(WATCH_FRAMES)
    assert scroll_to(window, 1, -1500) == MOST_ROWS
    frames = window.page.evaluate("window.frames_")
    long = [frame for frame in frames if frame > 100]
    assert len(long) < len(frames) / 10
    assert scroll_to(window, 1000, 1500) == MOST_ROWS


def test_the_newest_messages_are_one_click_away_without_a_new_page(
    window_of: OpenWindow, long_group: Any, ada: Any, grace: Any
) -> None:
    window = window_of(ada, f"/chats/{long_group.pk}/?before=2000")
    window.is_connected()
    window.page.evaluate("window.same = true")
    actions.post_message(grace, long_group.pk, "News")
    window.page.get_by_label("To the newest message, 1 new").click()
    expect(window.message("News")).to_be_in_viewport()
    expect(window.composer).to_be_focused()
    assert window.page.evaluate("window.same") is True
    assert "before" not in window.page.url
    actions.post_message(grace, long_group.pk, "More news")
    expect(window.message("More news")).to_be_in_viewport()
    assert seqs(window)[-1] == LONG + 2


def test_a_page_of_older_messages_stays_bounded_while_new_ones_arrive(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any
) -> None:
    fill(group, [ada, grace], MOST_ROWS)
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    scroll_to(window, 1, -1500)
    wheel(window, 300)
    for number in range(60):
        actions.post_message(grace, group.pk, f"News {number}")
    expect(window.page.get_by_label("To the newest message, 60 new")).to_be_visible()
    assert len(seqs(window)) <= MOST_ROWS
    window.page.get_by_label("To the newest message, 60 new").click()
    expect(window.message("News 59")).to_be_in_viewport()


def test_the_line_above_unread_messages_comes_back_with_its_message(
    window_of: OpenWindow, long_group: Any, ada: Any, grace: Any, alan: Any
) -> None:
    read_all(long_group, [ada, grace, alan], LONG - 10)
    window = window_of(ada, f"/chats/{long_group.pk}/")
    window.is_connected()
    unread = window.page.locator(".unread + .message")
    first = unread.get_attribute("data-seq")
    scroll_to(window, LONG - 2 * MOST_ROWS, -1500)
    expect(unread).to_have_count(0)
    scroll_to(window, LONG, 1500)
    expect(unread).to_have_attribute("data-seq", first or "")


def test_a_selection_is_kept_and_the_focus_comes_back_while_one_scrolls(
    window_of: OpenWindow, long_group: Any, ada: Any
) -> None:
    window = window_of(ada, f"/chats/{long_group.pk}/")
    window.is_connected()
    row = window.message(f"Message {LONG}")
    row.focus()
    row.locator(".message__content").evaluate("(text) => getSelection().selectAllChildren(text)")
    scroll_to(window, LONG - 300, -1500)
    assert window.page.evaluate("getSelection().toString()") == f"Message {LONG}"
    expect(row).to_be_focused()
    scroll_to(window, LONG - 1000, -1500)
    expect(window.page.get_by_role("log")).to_be_focused()
    scroll_to(window, LONG, 1500)
    expect(row).to_be_focused()


def test_one_can_write_while_a_burst_of_messages_arrives(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any
) -> None:
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    window.page.evaluate(WATCH_KEYS)
    window.page.evaluate(WATCH_SOCKETS)
    window.composer.focus()
    sender = Thread(target=_send_burst, args=(grace, group.pk))
    sender.start()
    typed = 0
    while sender.is_alive():
        window.page.keyboard.press("a")
        typed += 1
    sender.join()
    expect(window.message(f"Batch {BURST - 1}")).to_be_in_viewport()
    assert window.texts() == [f"Batch {number}" for number in range(BURST)]
    expect(window.composer).to_have_value("a" * typed)
    keys = sorted(window.page.evaluate("window.keys_"))
    assert keys[len(keys) // 2] < 1_000
    sent = window.page.evaluate("window.sent_")
    assert 1 <= sent.count("message_read") < BURST / 4


def _send_burst(sender: Any, chat_id: Any) -> None:
    for number in range(BURST):
        actions.post_message(sender, chat_id, f"Batch {number}")
    connections.close_all()


def test_the_page_of_a_large_group_is_hardly_larger_than_that_of_a_small_one(
    group: Any, ada: Any, grace: Any, alan: Any
) -> None:
    small = _page(group, ada, [grace, alan])
    assert "Read by Grace Hopper and Alan Turing" in small
    crowd = get_user_model().objects.bulk_create(
        get_user_model()(username=f"user{number}", first_name="Reader", last_name=str(number))
        for number in range(995)
    )
    large = _page(group, ada, [grace, alan, *crowd])
    assert "Read by Grace Hopper, Alan Turing, and 995 others" in large
    assert len(large) < 1.5 * len(small)


def _page(chat: Any, user: Any, others: list[Any]) -> str:
    """The page of a chat of these people whose messages everybody has read."""
    members = [user, *others]
    Chat.objects.filter(pk=chat.pk).update(member_ids=[member.pk for member in members])
    if not chat.last_seq:
        fill(chat, [user], 50)
        chat.refresh_from_db()
    read_all(chat, members, 50)
    client = Client()
    client.force_login(user)
    return client.get(f"/chats/{chat.pk}/").content.decode()
