"""A mail about a sign-in from a new place."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from tests.conftest import PASSWORD
from users import actions
from users.models import KnownPlace
from users.signing_in import places

from .mailbox import mailed_to

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NEWER = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"
SAFARI = "Mozilla/5.0 (iPhone) Version/18.5 Mobile/15E148 Safari/604.1"
HOME, NEAR, AWAY = "192.0.2.7", "192.0.2.200", "198.51.100.7"
ADDRESS = "ada@example.org"


def by_page(agent, address):
    browser = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    fields = {"username": "ada", "password": PASSWORD}
    assert browser.post("/accounts/sign-in/", fields).status_code == 302


def by_api(agent, address):
    client = APIClient(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    fields = {"username": "ada", "password": PASSWORD}
    assert client.post("/api/v1/auth/login", fields).status_code == 200


@pytest.mark.parametrize("way", [by_page, by_api])
def test_a_new_device_or_network_is_mailed_once_and_the_first_and_a_known_one_are_not(ada, way):
    way(FIREFOX, HOME)
    assert mailed_to(ADDRESS) == []
    for agent, address in ((FIREFOX, HOME), (NEWER, HOME), (FIREFOX, NEAR)):
        way(agent, address)
    assert mailed_to(ADDRESS) == []
    way(FIREFOX, AWAY)
    way(FIREFOX, AWAY)
    [mail] = mailed_to(ADDRESS)
    assert "A sign-in to your chat account from a new place" in mail
    assert 'your account "ada" of the chat at http://localhost:8000' in mail
    assert "Firefox on Linux, in the network 198.51.100.0/24, on 20" in mail
    assert "http://localhost:8000/accounts/sign-ins/" in mail
    way(SAFARI, HOME)
    assert "Safari on iPhone, in the network 192.0.2.0/24" in mailed_to(ADDRESS)[1]


def test_the_sign_in_that_comes_with_a_registration_is_the_first():
    fields = {"username": "emmy", "password": "eight horses battery staple"}
    client = APIClient(headers={"User-Agent": FIREFOX}, REMOTE_ADDR=HOME)
    assert client.post("/api/v1/auth/register", fields).status_code == 201
    assert KnownPlace.objects.count() == 1


@pytest.mark.parametrize(
    "agent",
    ["evil.example/1", "Click http://evil.example\nnow", "x" * 5000, "", "\u202eevil"],
)
def test_a_client_chooses_no_word_of_the_mail(ada, agent):
    by_api(FIREFOX, HOME)
    by_api(agent, AWAY)
    [mail] = mailed_to(ADDRESS)
    assert "An unknown device, in the network 198.51.100.0/24" in mail
    assert "evil" not in mail


def test_of_ipv6_a_network_is_what_stays(ada):
    by_page(FIREFOX, "2001:db8:1:2::3")
    by_page(FIREFOX, "2001:db8:1:ffff::9")
    assert mailed_to(ADDRESS) == []
    by_page(FIREFOX, "2001:db8:2:2::3")
    assert "in the network 2001:db8:2::/48" in mailed_to(ADDRESS)[0]


def test_a_wrong_password_is_no_sign_in(ada):
    by_page(FIREFOX, HOME)
    fields = {"username": "ada", "password": "wrong"}
    Client(REMOTE_ADDR=AWAY).post("/accounts/sign-in/", fields)
    assert mailed_to(ADDRESS) == []
    assert KnownPlace.objects.count() == 1


def test_whoever_has_no_address_is_mailed_nothing(ada, mailoutbox):
    ada.email = ""
    ada.save()
    by_page(FIREFOX, HOME)
    by_page(FIREFOX, AWAY)
    assert mailoutbox == []


def test_the_latest_places_are_kept_and_a_deletion_removes_them(ada, monkeypatch):
    monkeypatch.setattr(places, "KEPT", 2)
    for address in (HOME, AWAY, "203.0.113.5"):
        by_page(FIREFOX, address)
    assert KnownPlace.objects.count() == 2
    by_page(FIREFOX, AWAY)
    assert len(mailed_to(ADDRESS)) == 2
    actions.delete_account(ada)
    assert not KnownPlace.objects.exists()
