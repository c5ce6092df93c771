"""The account pages, as a browser without scripts uses them."""

import pytest
from django.db import OperationalError
from django.test import Client

from chats.events import user_group
from tests.conftest import PASSWORD
from users.models import User
from users.pages.sign_up import SignUp
from users.signing_in import sign_ins, tokens
from users.signing_in.sessions import SessionStore

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "another long battery"


def sign_in(client, username="ada", password=PASSWORD):
    return client.post("/accounts/sign-in/", {"username": username, "password": password})


def signed_in(client):
    return client.get("/accounts/profile/").status_code == 200


def test_signing_up_signs_in_and_leads_to_the_chats(client):
    fields = {"username": "mary", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post("/accounts/sign-up/", fields)
    assert (answer.status_code, answer.url) == (302, "/chats/")
    assert signed_in(client)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "ADA"),
        ("username", "ａda"),  # full width: compatible with ada
        ("username", "émile"),
        ("username", "Assistant"),  # the bot's
        ("username", ""),
        ("email", "no address"),
        ("password2", "different"),
    ],
)
def test_a_bad_field_is_shown_and_no_account_is_made(client, ada, field, value):
    fields = {"username": "mary", "password1": PASSWORD, "password2": PASSWORD, field: value}
    answer = client.post("/accounts/sign-up/", fields)
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {field}
    assert "field--invalid" in answer.content.decode()
    assert User.objects.count() == 1


def test_a_name_that_somebody_takes_after_the_check_is_shown_in_the_form(rf):
    fields = {"username": "mary", "password1": PASSWORD, "password2": PASSWORD}
    view = SignUp(object=None)
    view.setup(rf.post("/accounts/sign-up/", fields))
    form = view.get_form()
    assert form.is_valid()
    User.objects.create_user("Mary")
    answer = view.form_valid(form)
    assert answer.status_code == 200
    assert answer.context_data["form"].errors.keys() == {"username"}


def test_signing_in_and_out(client, ada, captured_events):
    assert not signed_in(client)
    assert sign_in(client, "Ada").url == "/chats/"
    assert signed_in(client)
    told = captured_events(user_group(ada.pk))
    assert client.get("/accounts/sign-out/").status_code == 405
    assert client.post("/accounts/sign-out/").status_code == 302
    assert not signed_in(client)
    assert [closing["code"] for closing in told.closings()] == [4401]


def test_a_session_that_can_t_be_stored_is_503_and_nobody_is_signed_in(ada, monkeypatch):
    client = Client(raise_request_exception=False)
    with monkeypatch.context() as broken:
        broken.setattr(SessionStore, "save", away)
        answer = sign_in(client)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "try again in a moment" in answer.content.decode()
    assert not signed_in(client)


def test_what_a_request_did_counts_though_its_use_of_the_session_can_t_be_noted(
    client, ada, monkeypatch
):
    sign_in(client)
    monkeypatch.setattr(sign_ins, "use_session", away)
    assert client.post("/accounts/profile/", {"first_name": "Augusta"}).status_code == 302
    ada.refresh_from_db()
    assert ada.first_name == "Augusta"


def away(*args, **options):
    raise OperationalError("no server")


def test_signing_in_leads_back_to_where_one_was_and_nowhere_else(client, ada):
    fields = {"username": "ada", "password": PASSWORD}
    own = client.post("/accounts/sign-in/", {**fields, "next": "/accounts/profile/"})
    assert own.url == "/accounts/profile/"
    client.logout()
    foreign = client.post("/accounts/sign-in/", {**fields, "next": "https://elsewhere.example/"})
    assert foreign.url == "/chats/"


def test_a_wrong_password_an_unknown_and_an_inactive_account_look_the_same(client, ada, grace):
    grace.is_active = False
    grace.save()
    texts = [
        list(sign_in(client, name, password).context["form"].non_field_errors())
        for name, password in (("ada", "wrong"), ("nobody", PASSWORD), ("grace", PASSWORD))
    ]
    assert texts[0] == texts[1] == texts[2] != []


def test_a_new_password_ends_every_other_sign_in(client, ada, captured_events):
    other = type(client)()
    sign_in(client)
    sign_in(other)
    pair = tokens.sign_in(ada)
    told = captured_events(user_group(ada.pk))
    fields = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    wrong = client.post("/accounts/password/", {"old_password": "wrong", **fields})
    assert "old_password" in wrong.context["form"].errors
    assert signed_in(other)
    assert (
        client.post("/accounts/password/", {"old_password": PASSWORD, **fields}).status_code == 302
    )
    assert signed_in(client)
    assert not signed_in(other)
    assert (
        client.get(
            "/api/v1/chats/", headers={"Authorization": f"Bearer {pair['access']}"}
        ).status_code
        == 401
    )
    assert [closing["code"] for closing in told.closings()] == [4401]


def test_the_profile_is_changed_and_a_refused_change_changes_nothing(client, ada, grace):
    sign_in(client)
    fields = {"first_name": "Augusta", "last_name": "King"}
    assert client.post("/accounts/profile/", fields).status_code == 302
    for bad in ("A\nB", "A\x07B"):
        refused = client.post("/accounts/profile/", {**fields, "first_name": bad})
        assert refused.context["form"].errors.keys() == {"first_name"}
    ada.refresh_from_db()
    assert (ada.name, ada.email) == ("Augusta King", "ada@example.org")


def test_deleting_the_account_asks_for_the_password(client, ada):
    sign_in(client)
    assert client.post("/accounts/delete/", {"password": "wrong"}).status_code == 200
    ada.refresh_from_db()
    assert ada.is_active
    assert client.post("/accounts/delete/", {"password": PASSWORD}).status_code == 302
    ada.refresh_from_db()
    assert not ada.is_active
    assert not signed_in(client)


def test_signing_up_says_who_sees_an_address(client):
    page = client.get("/accounts/sign-up/").content.decode()
    assert "Moderators see it, nobody else." in page
