"""What one may do is shown as the server would show it, without a page that is fetched again."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import expect

from chats import actions
from chats.models import Chat, ChatPermissions
from chats.permissions import Permissions
from chats.protocol import MENTION_ALL_MEMBERS

from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]
RULES = (
    *ChatPermissions.FLAGS,
    *(
        "can_grant_permissions",
        "can_mention_all",
        "can_pin_messages",
        "can_add_members",
        "can_rename",
        "can_delete_chat",
        "can_leave",
    ),
)


def test_the_rules_of_the_page_are_those_of_the_server(
    window_of: OpenWindow, group: Any, ada: Any
) -> None:
    cases, expected = [], []
    for members, (is_group, is_owner, *values) in product(
        (MENTION_ALL_MEMBERS, MENTION_ALL_MEMBERS + 1),
        product([True, False], repeat=2 + len(ChatPermissions.FLAGS)),
    ):
        if is_owner and not is_group:
            continue  # a private chat has no owner
        flags = dict(zip(ChatPermissions.FLAGS, values, strict=True))
        cases.append({"isGroup": is_group, "isOwner": is_owner, "flags": flags, "members": members})
        owner_id, member_ids = 1 if is_owner else 2, list(range(1, members + 1))
        chat = Chat(is_group=is_group, owner_id=owner_id, member_ids=member_ids)
        rules = Permissions(chat, 1, flags)
        expected.append({name: getattr(rules, name) for name in RULES})
    page = window_of(ada, f"/chats/{group.pk}/").page
    found = page.evaluate(
        """async (cases) => {
          const { rightsOf } = await import("models/rights.js")
          return cases.map(rightsOf)
        }""",
        cases,
    )
    assert len(found) == 96
    assert found == expected


def test_rights_owner_and_title_change_without_a_page(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any
) -> None:
    window = window_of(grace, f"/chats/{group.pk}/")
    window.is_connected()
    pages: list[str] = []
    window.page.on(
        "request", lambda request: pages.append(request.url) if "/api/" not in request.url else None
    )
    menu, heading = window.page.locator(".chat__header .menu"), window.page.locator(".chat__title")
    items = menu.locator(".menu__item")
    menu.get_by_label("More about this chat").click()
    expect(items.filter(visible=True)).to_have_text(["Leave the group", "Clear for me"])
    actions.set_permissions(ada, group, grace.pk, can_change_permissions=True)
    expect(items.filter(visible=True)).to_have_text(["Rename", "Leave the group", "Clear for me"])
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    expect(window.composer).to_be_hidden()
    chat = actions.transfer_ownership(ada, Chat.objects.get(pk=group.pk), grace.pk, name="Looms")
    expect(heading).to_have_text("Looms")
    expect(items.filter(visible=True)).to_have_text(["Rename", "Clear for me", "Delete the group"])
    expect(window.composer).to_be_visible()
    actions.transfer_ownership(grace, chat, ada.pk)
    expect(items.filter(visible=True)).to_have_text(["Rename", "Leave the group", "Clear for me"])
    assert pages == []


def test_what_changed_while_one_was_away_is_shown_without_a_page(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any
) -> None:
    window = window_of(grace, f"/chats/{group.pk}/")
    window.is_connected()
    window.cut()
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False, can_remove_members=True)
    actions.rename_chat(ada, Chat.objects.get(pk=group.pk), "Looms")
    pages: list[str] = []
    window.page.on(
        "request", lambda request: pages.append(request.url) if "/api/" not in request.url else None
    )
    window.mend()
    expect(window.page.locator(".chat__title")).to_have_text("Looms")
    expect(window.composer).to_be_hidden()
    assert pages == []
