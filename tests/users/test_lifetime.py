"""The days after which a sign-in ends, however much it is used: sessions, tokens and sockets."""

import time
from datetime import timedelta
from unittest import mock

import jwt
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from tests.conftest import PASSWORD
from users.models import Session, SignIn
from users.signing_in import tokens

pytestmark = pytest.mark.django_db

DAY = 24 * 3600


@pytest.fixture(autouse=True)
def three_days(settings):
    settings.SIGN_IN_LIFETIME = 3


class Later:
    """So many days later, for everything that looks at the clock."""

    def __init__(self, days):
        self.seconds = time.time() + days * DAY
        self.moment = timezone.now() + timedelta(days=days)

    def __enter__(self):
        self.patches = [
            mock.patch("time.time", return_value=self.seconds),
            mock.patch.object(timezone, "now", return_value=self.moment),
        ]
        for patch in self.patches:
            patch.start()

    def __exit__(self, *_):
        for patch in self.patches:
            patch.stop()


def last():
    """When the one sign-in ends at the latest."""
    return SignIn.objects.get().created_at + timedelta(days=3)


def test_a_session_that_is_used_every_day_ends_after_three(ada):
    browser = Client()
    browser.post("/accounts/sign-in/", {"username": "ada", "password": PASSWORD})
    assert SignIn.objects.get().expires_at <= last()
    for days in (1, 2, 2.9):
        with Later(days):
            answer = browser.get("/accounts/profile/")
        assert answer.status_code == 200
        left = (3 - days) * DAY
        assert left - 5 < answer.cookies["sessionid"]["max-age"] <= left
        assert SignIn.objects.get().expires_at <= last()
        assert Session.objects.get().expire_date <= last() + timedelta(seconds=1)
    with Later(3.01):
        assert browser.get("/accounts/profile/").status_code == 302
        assert not SignIn.objects.of(ada.pk).exists()
        # By this its sockets are closed.
        assert SignIn.objects.expiries([SignIn.objects.get().pk]) == {}


def test_without_use_a_session_ends_as_before(ada, settings):
    settings.SESSION_COOKIE_AGE = 3600
    browser = Client()
    browser.post("/accounts/sign-in/", {"username": "ada", "password": PASSWORD})
    with Later(0.1):
        assert browser.get("/accounts/profile/").status_code == 302


def test_tokens_that_are_renewed_every_day_end_after_three(ada):
    pair = tokens.sign_in(ada)
    for days in (1, 2, 2.999):
        with Later(days):
            answer = APIClient().post("/api/v1/auth/refresh", {"refresh": pair["refresh"]})
        assert answer.status_code == 200
        pair = answer.json()
        for token in (pair["access"], pair["refresh"]):
            claims = jwt.decode(token, options={"verify_signature": False})
            assert claims["exp"] <= last().timestamp()
        assert SignIn.objects.get().expires_at <= last()
    with Later(3.001):
        assert APIClient().post("/api/v1/auth/refresh", pair).status_code == 400  # two fields
        answer = APIClient().post("/api/v1/auth/refresh", {"refresh": pair["refresh"]})
        assert answer.status_code == 401
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
        assert client.get("/api/v1/users/me").status_code == 401


def test_fewer_days_hold_for_sign_ins_of_before(ada, settings):
    browser, pair = Client(), tokens.sign_in(ada)
    browser.post("/accounts/sign-in/", {"username": "ada", "password": PASSWORD})
    with Later(2):
        settings.SIGN_IN_LIFETIME = 1
        browser.get("/accounts/profile/")  # the use in which it is noticed
        assert browser.get("/accounts/profile/").status_code == 302
        answer = APIClient().post("/api/v1/auth/refresh", {"refresh": pair["refresh"]})
        assert answer.status_code == 401
    assert settings.REFRESH_TOKEN_LIFETIME > 2 * DAY


def test_the_default_is_ninety_days():
    from chatproject.settings import sign_in as sign_in_settings

    assert sign_in_settings.SIGN_IN_LIFETIME == 90
    assert settings.SIGN_IN_LIFETIME == 3
