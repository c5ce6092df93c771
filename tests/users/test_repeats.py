"""A registration that is sent twice is answered like the first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from tests.conftest import PASSWORD
from users.models import Invitation, User

from .test_registration import (  # noqa: F401
    API,
    invitation,
    open_invitation,
    register,
    sign_up,
)

pytestmark = pytest.mark.django_db


def is_signed_in(client, username="mary"):
    return client.get("/accounts/profile/").context["user"].username == username


@pytest.mark.parametrize("mode", ["open", "invite"])
def test_a_second_form_signs_in_to_the_account_of_the_first(settings, invitation, mode):  # noqa: F811
    settings.REGISTRATION = mode
    first, _ = open_invitation()
    second = Client()  # the browser as it was when it sent both: without the first one's answer
    second.cookies.load(first.cookies.output(header="", sep=";"))
    answers = [sign_up(first), sign_up(second)]
    assert [each.status_code for each in answers] == [302, 302]
    assert answers[0].url == answers[1].url
    assert is_signed_in(first)
    assert is_signed_in(second)
    assert User.objects.filter(username="mary").count() == 1
    left = Invitation.objects.get(pk=invitation.pk).uses_left
    assert left == 1  # counted once


def test_a_second_call_of_the_api_gets_tokens_of_the_same_account(settings):
    settings.REGISTRATION = "open"
    first, second = register(), register()
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["user"] == second.json()["user"]
    assert first.json()["refresh"] != second.json()["refresh"]


def test_an_account_that_waits_is_said_to_wait_again(settings):
    settings.REGISTRATION = "approval"
    assert [register().status_code for _ in range(2)] == [202, 202]
    answers = [sign_up(Client(), "other") for _ in range(2)]
    assert [(each.status_code, each.url) for each in answers] == [(302, "/accounts/sign-in/")] * 2


@pytest.mark.parametrize("case", ["another password", "a minute later", "another case"])
def test_whoever_is_not_the_same_is_told_that_the_name_is_taken(settings, case):
    settings.REGISTRATION = "open"
    assert register().status_code == 201
    name, password = "mary", PASSWORD
    if case == "another password":
        password = "quite another battery"
    elif case == "another case":
        name = "Mary"
    else:
        long_ago = timezone.now() - timedelta(minutes=2)
        User.objects.filter(username="mary").update(date_joined=long_ago)
    refused = register(name, password=password)
    assert (refused.status_code, list(refused.json())) == (400, ["username"])
    client = Client()
    passwords = {"password1": password, "password2": password}
    page = sign_up(client, name, **passwords)
    assert page.status_code == 200
    assert "taken" in page.content.decode()
    assert client.get("/accounts/profile/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_two_forms_at_one_moment_make_one_account(settings):
    settings.REGISTRATION = "open"

    def one(_):
        try:
            client = Client()
            return sign_up(client).status_code, is_signed_in(client)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as both:
        assert list(both.map(one, range(2))) == [(302, True)] * 2
    assert User.objects.filter(username="mary").count() == 1
