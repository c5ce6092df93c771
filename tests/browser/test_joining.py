"""People come into a group: by an invitation to it, or by asking in the list of groups."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chats import actions
from chats.models import Chat
from users.models import User

from .test_access import PHONE, WIDE, violations
from .window import Window

OpenWindow = Callable[..., Window]


def test_the_link_of_an_invitation_to_a_group_leads_into_it(
    window_of: OpenWindow, live_server_process: Any, group: Any, ada: Any
) -> None:
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    adas = window_of(ada, f"/chats/{group.pk}/")
    adas.is_connected()
    adas.page.get_by_label("Members").click()
    adas.dialog.get_by_role("link", name="Invite by a link").click()
    adas.dialog.get_by_role("button", name="Make an invitation").click()
    link = adas.dialog.get_by_label("The link of your invitation").input_value()
    assert violations(adas) == []
    path, code = re.search(r"http://localhost:\d+(/\S+)#(\S+)", link).groups()  # type: ignore[union-attr]

    marys = window_of(None, f"{path}#{code}")
    page = marys.page
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_text(f"{ada.name} has invited you to the group Engines")).to_be_visible()
    page.locator(".card").get_by_role("link", name="Sign up").click()
    page.get_by_label("Username").fill("mary")
    page.get_by_label("Password", exact=True).fill("another long battery")
    page.get_by_label("Password confirmation").fill("another long battery")
    page.get_by_role("button", name="Make my account").click()
    expect(marys.composer).to_be_visible()
    expect(adas.page.get_by_text("4 members")).to_be_visible()
    assert code not in live_server_process.output()


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_who_asks_in_the_list_of_groups_is_in_the_chat_list_once_accepted(
    window_of: OpenWindow, group: Any, ada: Any, stranger: Any, viewport: Any
) -> None:
    actions.change_access(ada, group, access=Chat.Access.REQUEST)
    theirs = window_of(stranger, viewport=viewport)
    theirs.page.get_by_role("link", name="New chat").first.click()
    theirs.dialog.get_by_role("link", name="Find a group").click()
    theirs.dialog.get_by_label("Find a group by name").fill("engin")
    assert violations(theirs) == []
    theirs.dialog.get_by_role("button", name="Ask to join Engines").click()
    expect(theirs.dialog.get_by_text("you have asked")).to_be_visible()
    width = theirs.page.evaluate("document.documentElement.scrollWidth")
    assert width <= viewport["width"]

    adas = window_of(ada, f"/chats/{group.pk}/", viewport=viewport)
    adas.page.get_by_role("link", name="1 request to join").click()
    expect(adas.dialog.get_by_role("heading", name="Who asks to join")).to_be_visible()
    assert violations(adas) == []
    adas.dialog.get_by_role("button", name=re.compile("Accept")).click()
    expect(adas.dialog.get_by_role("heading", name="4 members")).to_be_visible()
    expect(theirs.page.locator(".chat-list").get_by_text("Engines")).to_be_attached()


def test_an_owner_opens_the_group_and_others_join_at_once(
    window_of: OpenWindow, group: Any, ada: Any, stranger: Any
) -> None:
    adas = window_of(ada, f"/chats/{group.pk}/")
    adas.page.get_by_label("Members").click()
    adas.dialog.get_by_role("link", name="Who may join").click()
    assert violations(adas) == []
    adas.dialog.get_by_label("Anybody").check()
    adas.dialog.get_by_role("button", name="Save").click()
    expect(adas.dialog.get_by_role("heading", name="3 members")).to_be_visible()

    theirs = window_of(stranger, "/chats/groups/")
    theirs.page.get_by_role("button", name="Join Engines").click()
    theirs.is_connected()
    theirs.send("Hello, everybody")
    expect(adas.messages.last).to_contain_text("Hello, everybody")
