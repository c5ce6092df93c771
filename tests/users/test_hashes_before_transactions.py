"""No password is hashed inside a transaction: on SQLite every other write would wait for it."""

import getpass

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from chatproject import settings as production
from tests.conftest import PASSWORD
from tests.users.mailbox import reset_codes
from users.models import User
from users.signing_in import hashers

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "another horse battery"


@pytest.fixture
def hashed(settings, monkeypatch):
    """For each hash or check from now on, whether it was inside a transaction."""
    settings.PASSWORD_HASHERS = production.PASSWORD_HASHERS
    found, in_turn = [], hashers.in_turn

    def watched(work):
        found.append(connection.in_atomic_block)
        return in_turn(work)

    monkeypatch.setattr(hashers, "in_turn", watched)
    return found


@pytest.fixture
def root(person):
    browser = Client()
    browser.force_login(person("root", is_staff=True, is_superuser=True))
    return browser


def sign_up_by_page(**_):
    fields = {"username": "mary", "password1": NEW, "password2": NEW}
    assert Client().post("/accounts/sign-up/", fields).status_code == 302
    return "mary"


def sign_up_by_api(**_):
    fields = {"username": "mary", "password": NEW}
    assert APIClient().post("/api/v1/auth/register", fields).status_code == 201
    return "mary"


def add_in_the_admin(root, **_):
    fields = {"username": "mary", "usable_password": "true", "password1": NEW, "password2": NEW}
    assert root.post("/admin/users/user/add/", fields).status_code == 302
    return "mary"


def set_in_the_admin(root, ada, **_):
    fields = {"usable_password": "true", "password1": NEW, "password2": NEW}
    assert root.post(f"/admin/users/user/{ada.pk}/password/", fields).status_code == 302
    return "ada"


def change_by_page(ada, **_):
    browser = Client()
    browser.force_login(ada)
    fields = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert browser.post("/accounts/password/", fields).status_code == 302
    assert browser.get("/accounts/profile/").status_code == 200  # still signed in
    return "ada"


def reset(ada, **_):
    Client().post("/accounts/password-reset/", {"email": ada.email})
    code = reset_codes(ada.email)["ada"]
    fields = {"code": code, "new_password1": NEW, "new_password2": NEW}
    assert Client().post("/accounts/password-reset/code/", fields).status_code == 302
    return "ada"


def create_superuser(monkeypatch, **_):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", NEW)
    call_command("createsuperuser", "--noinput", "--username=mary", "--email=m@example.org")
    return "mary"


def change_by_command(monkeypatch, ada, **_):
    monkeypatch.setattr(getpass, "getpass", lambda *_, **__: NEW)
    call_command("changepassword", "ada")
    return "ada"


@pytest.mark.parametrize(
    "way",
    [
        sign_up_by_page,
        sign_up_by_api,
        add_in_the_admin,
        set_in_the_admin,
        change_by_page,
        reset,
        create_superuser,
        change_by_command,
    ],
)
def test_a_password_is_hashed_before_the_transaction_that_stores_it(
    way, hashed, root, ada, monkeypatch
):
    username = way(root=root, ada=ada, monkeypatch=monkeypatch)
    assert hashed
    assert not any(hashed)
    stored = User.objects.get(username=username)
    assert stored.password.startswith("argon2$argon2id$")
    assert stored.check_password(NEW)


def test_what_was_hashed_ahead_is_good_for_that_password_alone(hashed):
    hasher = hashers.Argon2Hasher()
    with hashers.ahead(NEW):
        assert len(hashed) == 1
        first = hasher.encode(NEW, "some salt of it")
        other = hasher.encode(PASSWORD, "some salt of it")
        assert len(hashed) == 2
    assert hasher.verify(NEW, first)
    assert hasher.verify(PASSWORD, other)
    assert not hasher.verify(NEW, other)
    assert hasher.encode(NEW, "some salt of it") != first


def test_nothing_is_hashed_for_who_may_add_no_account(hashed, person):
    browser = Client()
    browser.force_login(person("clerk", is_staff=True))
    hashed.clear()
    fields = {"username": "mary", "password1": NEW, "password2": NEW}
    assert browser.post("/admin/users/user/add/", fields).status_code == 403
    assert hashed == []
