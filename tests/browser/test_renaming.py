"""New names of people are shown wherever the former one is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chats import actions
from chats.models import Message

from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]
ITEM = ".chat-item[data-is-group=false]"


def test_a_person_who_is_called_something_else_is_so_everywhere(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any, private_chat: Any
) -> None:
    first, _ = actions.post_message(ada, group.pk, "One")
    actions.post_message(grace, group.pk, "Two", reply_to=first.pk)
    actions.mark_read(ada, group, Message.objects.in_chat(group.pk).get(seq=2))
    private = window_of(grace, f"/chats/{private_chat.pk}/")
    in_group, own = window_of(grace, f"/chats/{group.pk}/"), window_of(ada, "/accounts/profile/")
    other_tab = window_of(ada, f"/chats/{group.pk}/")
    listing = window_of(grace)
    for window in (private, in_group, other_tab):
        window.is_connected()
    expect(private.page).to_have_title("Ada Lovelace · Chat")
    actions.post_message(ada, group.pk, "Three")
    preview = listing.chat_item("Engines").locator("[data-part=preview]")
    expect(preview).to_have_text("Ada Lovelace: Three")
    own.page.get_by_label("Last name").fill("Byron")
    own.page.get_by_role("button", name="Save").click()
    expect(private.page).to_have_title("Ada Byron · Chat")
    expect(private.page.locator(".chat__title")).to_have_text("Ada Byron")
    for window in (private, in_group, listing):
        item = window.page.locator(ITEM)
        expect(item.locator("[data-part=title]")).to_have_text("Ada Byron")
        expect(item.locator(".avatar")).to_have_text("AB")
    expect(in_group.page).to_have_title("Engines · Chat")
    row = in_group.message("One")
    expect(row.locator("[data-part=sender]")).to_have_text("Ada Byron")
    expect(row.locator(".avatar")).to_have_text("AB")
    reply = in_group.message("Two")
    expect(reply.locator("[data-part=quote-sender]")).to_have_text("Ada Byron")
    expect(reply.locator(".message__status")).to_have_attribute("title", "Read by Ada Byron")
    expect(preview).to_have_text("Ada Byron: Three")
    expect(other_tab.page.locator(".sidebar__name")).to_have_text("Ada Byron")
    avatar = private.page.locator(ITEM).locator(".avatar")
    colour = avatar.get_attribute("class")
    private.page.reload()
    expect(avatar).to_have_attribute("class", colour or "")
