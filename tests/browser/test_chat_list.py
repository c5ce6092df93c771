"""The list of chats beside the chat that is open."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from chats import actions

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
    assert window.page.title().startswith("(1)")


def test_reading_in_one_window_is_seen_in_the_other(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any
) -> None:
    actions.post_message(grace, group.pk, "Hello")
    listing = window_of(ada)
    expect(listing.chat_item("Engines").locator(".chat-item__unread")).to_have_text("1 unread")
    reading = window_of(ada, f"/chats/{group.pk}/")
    expect(reading.page.get_by_text("New messages")).to_be_visible()
    expect(listing.chat_item("Engines").locator(".chat-item__unread")).to_be_hidden()


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
