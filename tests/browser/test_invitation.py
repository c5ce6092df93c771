"""An invitation, from the page that makes it to the first chat of who opens its link."""

import re

import pytest
from playwright.sync_api import expect

from users.models import Arrival, User

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_link_of_an_invitation_leads_to_an_account_and_hides_its_code(
    ada, window_of, live_server_process
):
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    host = window_of(ada, "/chats/").page
    host.get_by_role("link", name="Invite somebody", exact=True).click()
    host.get_by_role("button", name="Make an invitation").click()
    link = host.get_by_label("The link of your invitation").input_value()
    path, code = re.search(r"http://localhost:\d+(/\S+)#(\S+)", link).groups()

    page = window_of(None, f"{path}#{code}").page
    expect(page.get_by_label("Code of the invitation")).to_have_value(code)
    assert "#" not in page.url
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_text(f"{ada.name} has invited you")).to_be_visible()
    page.get_by_label("Username").fill("mary")
    page.get_by_label("Password", exact=True).fill("another long battery")
    page.get_by_label("Password confirmation").fill("another long battery")
    page.get_by_role("button", name="Make my account").click()
    expect(page.get_by_text("Pick a chat")).to_be_visible()
    assert Arrival.objects.get().user.username == "mary"
    assert code not in live_server_process.output()
