"""What counts as unread in the chat list, while it changes."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from chats import actions
from chats.models import Chat

from .window import Window

OpenWindow = Callable[..., Window]


def test_a_deleted_message_is_unread_no_more_without_a_reload(
    window_of: OpenWindow, group: Any, private_chat: Any, ada: Any, grace: Any
) -> None:
    said = [actions.post_message(grace, group.pk, f"Message {number}")[0] for number in range(4)]
    actions.delete_message(grace, group, said[0])
    window = window_of(ada, f"/chats/{private_chat.pk}/")
    window.is_connected()
    unread = window.chat_item("Engines").locator(".chat-item__unread")
    expect(unread).to_have_text("3 unread")
    actions.delete_message(grace, group, said[1])
    expect(unread).to_have_text("2 unread")
    actions.mark_read(ada, group, said[2])  # elsewhere
    expect(unread).to_have_text("1 unread")
    expect(window.page).to_have_title(re.compile(r"^\(1\) "))
    actions.delete_message(grace, group, said[3])
    expect(unread).to_be_hidden()
    expect(window.page).not_to_have_title(re.compile(r"^\("))
    actions.post_message(grace, group.pk, "One more")
    expect(unread).to_have_text("1 unread")


def test_receipts_name_nobody_who_was_added_until_they_have_read(
    window_of: OpenWindow, group: Any, ada: Any, stranger: Any
) -> None:
    actions.post_message(ada, group.pk, "From before")
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    actions.add_members(ada, Chat.objects.get(pk=group.pk), [stranger.pk])
    actions.post_message(ada, group.pk, "From after")
    receipts = window.page.locator(".message__status")
    expect(receipts).to_have_count(2)
    window.page.reload()
    window.is_connected()
    for place in range(2):
        expect(receipts.nth(place)).to_have_attribute("title", "Sent")
    theirs = window_of(stranger, f"/chats/{group.pk}/")
    expect(theirs.page.get_by_text("New messages")).to_be_visible()
    for place in range(2):
        expect(receipts.nth(place)).to_have_attribute("title", re.compile("Read by"))
    expect(theirs.chat_item("Engines").locator(".chat-item__unread")).to_be_hidden()
