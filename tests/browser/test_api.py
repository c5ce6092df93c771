"""The pages of the API under the content security policy."""

import re

import pytest
from playwright.sync_api import expect

from chats.models import Chat

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_page_of_the_schema_shows_every_group_of_endpoints(ada, window_of):
    page = window_of(ada, "/api/v1/docs/").page
    expect(page.get_by_role("heading", name=re.compile("^Chat"))).to_be_visible()
    for group in ("ai", "auth", "chats", "users"):
        expect(page.locator(f"#operations-tag-{group}")).to_be_visible()
    operation = page.locator("#operations-chats-chats_messages_list")
    operation.locator("button").first.click()
    expect(operation.get_by_text("changed_after", exact=True)).to_be_visible()


def test_a_group_is_renamed_by_the_raw_form_and_deleted_by_the_button(group, ada, window_of):
    window = window_of(ada, "/accounts/profile/")
    # The framework's own pages have some, of no consequence.
    window.problems_are_expected("inline style")
    page = window.page
    page.goto(f"/api/v1/chats/{group.pk}")
    expect(page.get_by_role("link", name="Ada Lovelace")).to_be_visible()
    page.locator("textarea[name=_content]").fill('{"name": "Looms"}')
    page.get_by_role("button", name="PATCH").click()
    expect(page.locator(".response-info")).to_contain_text('"name": "Looms"')
    assert Chat.objects.get(pk=group.pk).name == "Looms"
    page.get_by_role("button", name="DELETE").click()
    page.locator("#deleteModal").get_by_text("Delete", exact=True).click()
    expect(page.locator(".response-info")).to_contain_text("204 No Content")
    assert not Chat.objects.exists()
