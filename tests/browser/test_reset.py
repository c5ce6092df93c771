"""A new password by the link of a mail, whose code no server sees in an address."""

import re

import pytest
from django.core import mail
from django.test import Client
from playwright.sync_api import expect

from tests.jobs import run_due

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_link_of_a_mail_leads_to_the_new_password_and_hides_its_code(
    ada, window_of, live_server_process
):
    Client().post("/accounts/password-reset/", {"email": ada.email})
    run_due()
    path, code = re.search(r"http://localhost:\d+(/\S+)#(\S+)", mail.outbox[0].body).groups()
    page = window_of(None, f"{path}#{code}").page
    expect(page.get_by_label("Code from the mail")).to_have_value(code)
    assert "#" not in page.url
    page.get_by_label("New password", exact=True).fill("another long battery")
    page.get_by_label("New password confirmation").fill("another long battery")
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_text("Please sign in")).to_be_visible()
    assert code.split(".")[1] not in live_server_process.output()
    ada.refresh_from_db()
    assert ada.check_password("another long battery")
