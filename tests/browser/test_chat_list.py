"""The list of chats beside the chat that is open."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import WebSocketRoute, expect

from chats import actions
from tests.waiting import wait_for

from .window import Window

OpenWindow = Callable[..., Window]


def test_unread_messages_of_every_chat_are_counted_live(
    window_of: OpenWindow, group: Any, private_chat: Any, ada: Any, grace: Any
) -> None:
    window = window_of(ada, f"/chats/{private_chat.pk}/")
    window.is_connected()
    item = window.chat_item("Engines")
    expect(item.locator(".chat-item__unread")).to_be_hidden()
    actions.post_message(grace, group.pk, "One")
    actions.post_message(grace, group.pk, "Two")
    expect(item.locator(".chat-item__unread")).to_have_text("2 unread")
    expect(item).to_contain_text("Grace Hopper: Two")
    expect(window.page.locator(".chat-item").first).to_contain_text("Engines")
    expect(window.page).to_have_title(re.compile(r"^\(2\) "))


def test_many_unread_messages_are_counted_alike_by_page_and_scripts(
    window_of: OpenWindow, group: Any, private_chat: Any, ada: Any, grace: Any
) -> None:
    for number in range(99):
        actions.post_message(grace, group.pk, f"Message {number}")
    window = window_of(ada, f"/chats/{private_chat.pk}/")
    window.is_connected()
    unread = window.chat_item("Engines").locator(".chat-item__unread")
    expect(unread).to_have_text("99 unread")
    actions.post_message(grace, group.pk, "One more")
    expect(unread).to_have_text("99+ unread")
    window.page.reload()
    expect(unread).to_have_text("99+ unread")


def test_reading_in_one_window_is_seen_in_the_other(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any
) -> None:
    actions.post_message(grace, group.pk, "Hello")
    listing = window_of(ada)
    expect(listing.chat_item("Engines").locator(".chat-item__unread")).to_have_text("1 unread")
    reading = window_of(ada, f"/chats/{group.pk}/")
    expect(reading.page.get_by_text("New messages")).to_be_visible()
    expect(listing.chat_item("Engines").locator(".chat-item__unread")).to_be_hidden()


def test_an_answer_that_is_older_than_what_was_told_undoes_nothing(
    window_of: OpenWindow, group: Any, private_chat: Any, ada: Any, grace: Any, alan: Any
) -> None:
    gone = actions.create_group(ada, "Looms", [grace.pk])
    mention, _ = actions.post_message(ada, group.pk, "@grace")
    window = window_of(grace, f"/chats/{private_chat.pk}/")
    window.is_connected()
    answers: list[Any] = []
    window.page.route("**/api/v1/chats/?*", lambda route: answers.append((route, route.fetch())))
    window.cut_sockets()
    window.mend()
    for _ in range(500):
        if not answers:
            window.page.wait_for_timeout(20)
    item = window.page.locator(".chat-item", has_text="Alan")  # by a chat that it doesn't know
    added = actions.create_private_chat(alan, grace.pk)[0]
    actions.post_message(alan, added.pk, "Hello")
    actions.edit_message(ada, group, mention, "Nobody")
    actions.rename_chat(ada, group, "Steam engines")
    actions.remove_member(ada, gone, grace.pk)
    expect(window.chat_item("Looms")).to_have_count(0)
    expect(item).to_have_count(1)
    route, answer = answers[0]
    route.fulfill(response=answer)
    window.page.wait_for_timeout(300)
    expect(window.chat_item("Looms")).to_have_count(0)
    expect(window.chat_item("Steam engines").locator(".chat-item__mention")).to_be_hidden()
    expect(item).to_have_count(1)


def test_a_chat_that_somebody_opens_with_me_appears(
    window_of: OpenWindow, ada: Any, grace: Any
) -> None:
    window = window_of(ada)
    expect(window.page.get_by_text("No chats yet")).to_be_visible()
    chat, _ = actions.create_private_chat(grace, ada.pk)
    expect(window.chat_item("Grace Hopper")).to_be_visible()
    actions.post_message(grace, chat.pk, "Hello, Ada")
    expect(window.chat_item("Hello, Ada").locator(".chat-item__unread")).to_have_text("1 unread")
    expect(window.page.get_by_text("No chats yet")).to_be_hidden()


def test_what_happened_while_the_list_was_cut_off_is_there_afterwards(
    window_of: OpenWindow, group: Any, private_chat: Any, ada: Any, grace: Any
) -> None:
    window = window_of(ada, f"/chats/{private_chat.pk}/")
    window.is_connected()
    window.cut()
    actions.post_message(grace, group.pk, "Missed?")
    window.mend()
    expect(window.chat_item("Engines")).to_contain_text("Grace Hopper: Missed?")
    expect(window.chat_item("Engines").locator(".chat-item__unread")).to_have_text("1 unread")


def test_chats_that_one_was_removed_from_while_the_list_was_cut_off_are_gone(
    window_of: OpenWindow, group: Any, private_chat: Any, ada: Any, grace: Any
) -> None:
    window = window_of(grace, f"/chats/{private_chat.pk}/")
    window.is_connected()
    window.cut()
    actions.remove_member(ada, group, grace.pk)
    expect(window.chat_item("Engines")).to_be_visible()
    window.mend()
    expect(window.chat_item("Engines")).to_have_count(0)
    expect(window.chat_item("Ada Lovelace")).to_be_visible()


def live_list(window_of: OpenWindow, chat: Any, viewer: Any, sender: Any) -> Window:
    """The list of somebody, when its socket is open."""
    window = window_of(viewer)
    actions.post_message(sender, chat.pk, "Live?")
    expect(window.chat_item("Grace Hopper: Live?")).to_be_visible()
    return window


def says_that_one_is_signed_out(window: Window) -> None:
    alert = window.page.get_by_role("alert")
    expect(alert).to_contain_text("You are signed out.")
    expect(alert.get_by_role("link", name="Sign in")).to_have_attribute("href", "/chats/")


def test_who_is_signed_out_is_told_beside_the_list(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any
) -> None:
    window = live_list(window_of, group, ada, grace)
    actions.close_user_sockets(ada.pk, "Signed out.")
    says_that_one_is_signed_out(window)


def test_who_was_signed_out_while_the_list_was_cut_off_is_told(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any
) -> None:
    window = live_list(window_of, group, ada, grace)
    window.problems_are_expected("401|403|WebSocket")
    window.cut()
    window.page.context.clear_cookies(name="sessionid")
    window.mend()
    says_that_one_is_signed_out(window)


def test_a_list_of_somebody_else_is_not_shown(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any, live_server_process: Any
) -> None:
    window = live_list(window_of, group, ada, grace)
    window.cut()
    window.sign_in(grace, live_server_process.url)
    window.mend()
    says_that_one_is_signed_out(window)


def test_a_list_that_is_left_and_come_back_to_is_live_again(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any
) -> None:
    window = window_of(ada)
    opened: list[WebSocketRoute] = []
    closed: list[int | None] = []

    def connect(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        socket.on_close(lambda code, reason: closed.append(code))
        opened.append(socket)

    window.page.goto("about:blank")  # the first page may be about to open a socket
    window.page.route_web_socket("**/api/v1/users/me", connect)
    window.page.goto("/chats/")
    wait_for(lambda: window.page.evaluate("true") and opened)
    window.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    wait_for(lambda: window.page.evaluate("true") and closed)
    actions.post_message(grace, group.pk, "Welcome back")
    window.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(window.chat_item("Grace Hopper: Welcome back")).to_be_visible()
    assert len(opened) == 2
