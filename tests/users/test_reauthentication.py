"""A stolen access token or an open browser isn't the account: what would make it so asks for the
password, on the pages, over the API and in the browsable API.
"""

import html
import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from chatproject.limits.rates import Rate
from tests.conftest import PASSWORD, give_password
from users.models import SignIn, User
from users.signing_in import reauthentication, tokens

from .mailbox import code_for, mailed_to

pytestmark = pytest.mark.django_db

ME, SESSIONS = "/api/v1/users/me", "/api/v1/users/me/sessions"
THIEF = "thief@example.org"
NEW_PASSWORD = "another long battery"


def stolen_token(user):
    """A client that has an access token of a fresh sign-in."""
    fields = {"username": user.username, "password": PASSWORD}
    pair = APIClient().post("/api/v1/auth/login", fields).json()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    return client


def renewed_token(user):
    """A client that has a token from a renewal."""
    _, pair = tokens.rotate(tokens.sign_in(user)["refresh"])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    return client


def browsable(user):
    """An open browser at the browsable API."""
    client = APIClient(headers={"Accept": "text/html"})
    client.force_login(user)
    return client


CLIENTS = [stolen_token, renewed_token, browsable]


def other_sign_in(user):
    return SignIn.objects.filter(user=user, user_agent="other").get().pk


CHANGES = {
    "address": lambda client, user: client.patch(ME, {"email": THIEF}),
    "no address": lambda client, user: client.patch(ME, {"email": ""}),
    "deletion": lambda client, user: client.delete(ME),
    "other sign-ins": lambda client, user: client.delete(SESSIONS),
    "one sign-in": lambda client, user: client.delete(f"{SESSIONS}/{other_sign_in(user)}"),
}


@pytest.fixture
def state(ada, rf):
    """A function: what a thief would change."""
    tokens.sign_in(ada, rf.get("/", headers={"User-Agent": "other"}))

    def now():
        row = User.objects.get(pk=ada.pk)
        others = SignIn.objects.filter(user=ada, user_agent="other").count()
        return row.email, row.is_active, others, len(mailed_to(THIEF))

    return now


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("change", CHANGES)
def test_over_the_api_it_asks_for_the_password_which_is_good_for_one_change(
    state, ada, kind, change
):
    client, before = kind(ada), state()
    assert client.get(ME).status_code == 200
    refused = CHANGES[change](client, ada)
    assert refused.status_code == 403
    assert "/api/v1/auth/reauthenticate" in refused.content.decode()
    give_password(client, 400, "not it")
    assert CHANGES[change](client, ada).status_code == 403
    assert state() == before
    give_password(client)
    assert CHANGES[change](client, ada).status_code in (200, 204)
    assert state() != before
    if change != "deletion":  # it was used up
        assert client.delete(ME).status_code == 403


def test_the_password_is_given_at_one_sign_in_for_five_minutes(ada):
    client, other = stolen_token(ada), stolen_token(ada)
    give_password(client)
    assert other.delete(ME).status_code == 403
    SignIn.objects.exclude(password_given_at=None).update(
        password_given_at=timezone.now() - reauthentication.GOOD_FOR - timedelta(seconds=1)
    )
    assert client.delete(ME).status_code == 403
    give_password(client)
    assert client.delete(ME).status_code == 204


def test_names_and_ones_own_sign_in_need_no_password(ada):
    client = stolen_token(ada)
    fields = {"first_name": "Augusta", "email": ada.email}
    assert client.patch(ME, fields).status_code == 200
    own = next(row for row in client.get(SESSIONS).json()["results"] if row["is_current"])
    assert client.delete(f"{SESSIONS}/{own['id']}").status_code == 204
    assert client.get(ME).status_code == 401


def test_a_bad_change_doesn_t_use_the_password_up(ada):
    client = stolen_token(ada)
    give_password(client)
    assert client.patch(ME, {"email": "no address"}).status_code == 400
    assert client.patch(ME, {"email": "new@example.org"}).status_code == 200


def test_a_token_gives_no_more_guesses_at_the_password(ada, settings):
    settings.LIMIT_SIGN_IN = Rate(3, 3600)
    client = renewed_token(ada)
    for _ in range(3):
        give_password(client, 400, "not it")
    give_password(client, 429)


def test_the_form_of_the_browsable_api_takes_the_password(ada):
    client = browsable(ada)
    client.handler.enforce_csrf_checks = True
    page = client.get("/api/v1/auth/reauthenticate").content.decode()
    [body] = re.findall(r'<textarea[^>]*name="_content"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert json.loads(html.unescape(body)) == {"password": ""}
    csrf = re.search(r'"csrfToken": "(\w+)"', page).group(1)
    headers = {"X-CSRFToken": csrf}
    answer = client.post("/api/v1/auth/reauthenticate", {"password": PASSWORD}, headers=headers)
    assert (answer.status_code, answer.status_text) == (200, "OK")  # a page that tells of the 204
    assert "HTTP 204 No Content" in answer.content.decode()
    client.delete(ME, headers={"X-CSRFToken": csrf})
    ada.refresh_from_db()
    assert not ada.is_active


# The pages ---------------------------------------------------------------------------------------

PAGES = {
    "address": ("/accounts/email/", {"email": THIEF}, "password"),
    "no address": ("/accounts/email/", {"email": ""}, "password"),
    "deletion": ("/accounts/delete/", {}, "password"),
    "other sign-ins": ("/accounts/sign-ins/end-others/", {}, "password"),
    "one sign-in": ("/accounts/sign-ins/{other}/end/", {}, "password"),
    "password": (
        "/accounts/password/",
        {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD},
        "old_password",
    ),
}


@pytest.mark.parametrize("change", PAGES)
def test_the_pages_ask_for_the_password(state, ada, change):
    client = Client()
    client.force_login(ada)
    path, fields, name = PAGES[change]
    path, before = path.format(other=other_sign_in(ada)), state()
    for wrong in ({}, {name: ""}, {name: "not it"}):
        assert client.post(path, {**fields, **wrong}, follow=True).status_code == 200
    assert state() == before
    assert User.objects.get(pk=ada.pk).check_password(PASSWORD)
    assert client.post(path, {**fields, name: PASSWORD}).status_code == 302
    assert (state(), User.objects.get(pk=ada.pk).password) != (before, ada.password)


def test_the_profile_changes_no_address(ada):
    client = Client()
    client.force_login(ada)
    assert client.post("/accounts/profile/", {"email": THIEF}).status_code == 302
    ada.refresh_from_db()
    assert (ada.email, mailed_to(THIEF)) == ("ada@example.org", [])


# The address is told -----------------------------------------------------------------------------


def change_the_address(client):
    client.post("/accounts/email/", {"email": THIEF, "password": PASSWORD})
    client.post("/accounts/email/code/", {"code": code_for(THIEF)})


def remove_the_address(client):
    client.post("/accounts/email/", {"email": "", "password": PASSWORD})


def delete_the_account(client):
    client.post("/accounts/delete/", {"password": PASSWORD})


def change_the_password(client):
    fields = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    client.post("/accounts/password/", {"old_password": PASSWORD, **fields})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (change_the_address, "has another address now"),
        (remove_the_address, "has no address any more"),
        (delete_the_account, "was deleted"),
        (change_the_password, "has a new password"),
    ],
)
def test_the_address_that_an_account_had_is_told(ada, change, told):
    client = Client()
    client.force_login(ada)
    change(client)
    [notice] = mailed_to("ada@example.org")
    assert f'Your account "ada" of the chat at http://localhost:8000 {told}.' in notice
    assert THIEF not in notice
