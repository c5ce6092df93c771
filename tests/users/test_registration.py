"""Who may make an account: open, by invitation, by approval, nobody; confirmed addresses."""

import logging
import re
from datetime import timedelta

import pytest
from django.conf import settings as project
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from tests.conftest import PASSWORD
from users import first_account
from users.models import Arrival, Invitation, NewEmail, SignUpAddress, User, code_hash

from .mailbox import code_for, mailed_to

pytestmark = pytest.mark.django_db

SIGN_UP, SIGN_IN, OPEN = "/accounts/sign-up/", "/accounts/sign-in/", "/accounts/invitation/"
API = "/api/v1/auth/register"
ADDRESS = "mary@example.org"
CODE = "a code that is long enough"


def register(username="mary", **fields):
    return APIClient().post(API, {"username": username, "password": PASSWORD, **fields})


def sign_up(client=None, username="mary", **fields):
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    return (client or Client()).post(SIGN_UP, {"username": username, **passwords, **fields})


def exists(username="mary"):
    return User.objects.filter(username=username).exists()


@pytest.fixture
def invitation(settings, ada):
    """An invitation of ada's for two."""
    settings.INVITATIONS = "members"
    return Invitation.objects.create(
        kind="site",
        code_hash=code_hash(CODE),
        made_by=ada,
        expires_at=timezone.now() + timedelta(days=1),
        max_uses=2,
        uses_left=2,
    )


def open_invitation(code=CODE):
    client = Client()
    return client, client.post(OPEN, {"code": code})


# Closed, and by invitation -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "why"), [("closed", "ask whoever runs"), ("invite", "by invitation only")]
)
def test_nobody_makes_an_account_where_that_isn_t_open(settings, ada, mode, why):
    settings.REGISTRATION = mode
    answer = register()
    assert answer.status_code == 403
    assert why in answer.json()["detail"]
    assert register(username="ada").json() == answer.json()  # nor learns who is there
    answer = APIClient().post(f"{API}/email", {"email": ADDRESS})
    assert answer.status_code == 403
    assert mailed_to(ADDRESS) == []
    page = sign_up()
    assert page.status_code == 403
    assert why in page.content.decode()
    assert not exists()
    settings.REGISTRATION = "open"
    assert register().status_code == 201


@pytest.mark.parametrize(("mode", "offered"), [("open", 2), ("closed", 0), ("invite", 0)])
def test_pages_offer_to_sign_up_only_where_that_works(settings, client, mode, offered):
    settings.REGISTRATION = mode
    assert client.get(SIGN_IN).content.decode().count(f'href="{SIGN_UP}"') == offered


@pytest.mark.parametrize("mode", ["invite", "open", "approval"])
def test_an_invitation_lets_people_in_as_often_as_it_says(settings, invitation, ada, mode):
    settings.REGISTRATION = mode
    client, answer = open_invitation()
    assert answer.headers["Location"] == SIGN_UP
    assert ada.name in client.get(SIGN_UP).content.decode()
    assert sign_up(client).headers["Location"] == "/chats/"
    assert register("emmy", invitation=CODE).status_code == 201
    assert User.objects.filter(username__in=["mary", "emmy"], is_active=True).count() == 2
    assert not User.objects.filter(username="mary", is_staff=True).exists()
    assert Arrival.objects.filter(invitation=invitation).count() == 2
    refused = register("rosa", invitation=CODE)
    assert refused.status_code == 400
    assert list(refused.json()) == ["invitation"]
    assert not exists("rosa")


@pytest.mark.parametrize(
    "ended",
    [
        {"revoked_at": timezone.now()},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"uses_left": 0},
    ],
    ids=lambda ended: next(iter(ended)),
)
def test_an_invitation_that_has_ended_lets_nobody_in(settings, invitation, ended):
    settings.REGISTRATION = "invite"
    client, _ = open_invitation()
    assert client.get(SIGN_UP).status_code == 200
    Invitation.objects.filter(pk=invitation.pk).update(**ended)
    assert sign_up(client).status_code == 403
    assert register(invitation=CODE).status_code == 400
    assert open_invitation()[1].status_code == 200  # the form again
    assert not exists()


def test_no_invitation_lets_anybody_in_while_accounts_are_closed(settings, invitation):
    settings.REGISTRATION = "invite"
    client, _ = open_invitation()
    settings.REGISTRATION = "closed"
    assert sign_up(client).status_code == 403
    assert register(invitation=CODE).status_code == 400
    assert not exists()
    settings.REGISTRATION = "invite"
    assert sign_up(client).status_code == 302


def test_an_invitation_ends_with_the_account_of_who_made_it(settings, invitation, ada):
    settings.REGISTRATION = "invite"
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert register(invitation=CODE).status_code == 400
    User.objects.filter(pk=ada.pk).update(is_active=True)
    assert register(invitation=CODE).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_as_many_come_as_an_invitation_says(settings, invitation, at_once):
    settings.REGISTRATION = "invite"
    names = iter(f"mary{n}" for n in range(6))
    codes = at_once(6, lambda: register(next(names), invitation=CODE).status_code)
    assert sorted(codes) == [201, 201, 400, 400, 400, 400]
    assert User.objects.filter(username__startswith="mary").count() == 2


def test_codes_of_invitations_are_tried_so_often_only(settings, invitation):
    settings.LIMIT_INVITATION_CODES = type(project.LIMIT_INVITATION_CODES)(2, 3600)
    assert open_invitation("wrong")[1].status_code == 200
    assert register(invitation="wrong").status_code == 400
    assert open_invitation()[1].status_code == 429
    assert register(invitation=CODE).status_code == 429


# The first account -------------------------------------------------------------------------------


def offered(caplog):
    """The code of the link that the log prints; None if it prints none."""
    caplog.clear()
    with caplog.at_level(logging.WARNING, "users.first_account"):
        first_account.announce()
    found = re.search(r"http://localhost:\d+/accounts/invitation/#(\S+)", caplog.text)
    return found and found.group(1)


@pytest.fixture
def kept_connections(monkeypatch):
    """`announce` closes the connections of its thread, which here is that of the test."""
    monkeypatch.setattr("users.first_account.connections.close_all", lambda: None)


@pytest.mark.parametrize("mode", ["invite", "closed", "approval", "open"])
def test_the_log_prints_a_link_once_that_makes_one_administrator(
    settings, caplog, kept_connections, mode
):
    settings.REGISTRATION = mode
    code = offered(caplog)
    assert code
    assert offered(caplog) is None
    assert code not in str(Invitation.objects.values())
    (client, _), (late, _) = open_invitation(code), open_invitation(code)
    assert sign_up(client).headers["Location"] == "/chats/"
    user = User.objects.get(username="mary")
    assert (user.is_superuser, user.is_staff, user.is_active) == (True, True, True)
    assert client.get("/admin/").status_code == 200
    sign_up(late, "emmy")
    register("rosa", invitation=code)
    assert User.objects.filter(is_superuser=True).get() == user
    assert offered(caplog) is None


def test_the_link_ends_when_there_is_an_account(settings, caplog, kept_connections):
    settings.REGISTRATION = "invite"
    code = offered(caplog)
    User.objects.create_superuser("ada", password=PASSWORD)
    assert register(invitation=code).status_code == 400
    assert offered(caplog) is None


def test_a_link_that_is_too_old_is_printed_anew(caplog, kept_connections):
    old = offered(caplog)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    new = offered(caplog)
    assert new not in (None, old)
    assert register(invitation=old).status_code == 400
    assert register(invitation=new).status_code == 201


# Approval ----------------------------------------------------------------------------------------


@pytest.fixture
def moderator(client, ada):
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    client.force_login(ada)

    def act(action, *usernames):
        chosen = list(User.objects.filter(username__in=usernames).values_list("pk", flat=True))
        path = "/admin/users/user/"
        return client.post(path, {"action": action, "_selected_action": chosen}, follow=True)

    return act


def may_sign_in(username="mary", password=PASSWORD):
    answer = APIClient().post("/api/v1/auth/login", {"username": username, "password": password})
    return answer.status_code == 200 or answer.json()["detail"]


def test_an_account_waits_until_a_moderator_lets_it_in(settings, moderator):
    settings.REGISTRATION = "approval"
    assert "A moderator then lets" in Client().get(SIGN_UP).content.decode()
    answer = register(email=ADDRESS)
    assert answer.status_code == 202
    assert "waits for a moderator" in answer.json()["detail"]
    client = Client()
    assert sign_up(client, "emmy").headers["Location"] == SIGN_IN
    assert "waits for a moderator" in client.get(SIGN_IN).content.decode()
    assert client.get("/chats/").status_code == 302
    assert "waits for a moderator" in may_sign_in()
    assert "wrong" in may_sign_in(password="no such password")
    page = Client().post(SIGN_IN, {"username": "emmy", "password": PASSWORD}).content.decode()
    assert "waits for a moderator" in page
    page = Client().post("/admin/login/", {"username": "emmy", "password": PASSWORD})
    assert page.status_code == 200
    assert mailed_to(ADDRESS) == []

    moderator("approve", "mary")
    assert may_sign_in() is True
    assert "waits for a moderator" in may_sign_in("emmy")
    assert NewEmail.objects.get(user__username="mary").email == ADDRESS
    assert code_for(ADDRESS)
    assert not User.objects.get(username="mary").awaits_approval


def test_a_refused_account_is_gone_and_its_name_is_free(settings, moderator, grace):
    settings.REGISTRATION = "approval"
    assert register().status_code == 202
    User.objects.filter(username="mary").update(email=ADDRESS)
    moderator("refuse", "mary", "grace")
    assert not exists()
    assert exists("grace")  # didn't wait
    assert "was refused by a moderator" in mailed_to(ADDRESS)[0]
    assert LogEntry.objects.filter(change_message__contains="Refused").count() == 1
    assert register().status_code == 202


# Confirmed addresses -----------------------------------------------------------------------------


def ask(email=ADDRESS):
    return APIClient().post(f"{API}/email", {"email": email})


def sign_up_code(email=ADDRESS):
    return re.search(r"/accounts/sign-up/#(\S+)", mailed_to(email)[-1]).group(1)


@pytest.fixture
def confirmed(settings):
    settings.REGISTRATION_EMAIL = "confirmed"
    return settings


def test_an_account_needs_the_code_of_a_mail_and_begins_with_that_address(confirmed):
    answer = register(email=ADDRESS)
    assert (answer.status_code, list(answer.json())) == (400, ["code"])
    assert ask().status_code == 204
    code = sign_up_code()
    assert code.split(".")[1] not in str(SignUpAddress.objects.values())
    assert list(register(code=f"{code}x").json()) == ["code"]
    assert list(register(code=code, email="emmy@example.org").json()) == ["email"]
    assert not exists()
    assert register(code=code).status_code == 201
    assert User.objects.get(username="mary").email == ADDRESS
    assert list(register("emmy", code=code).json()) == ["code"]
    assert not exists("emmy")


def test_the_pages_ask_for_the_code_of_a_mail(confirmed):
    client = Client()
    assert "/accounts/sign-up/address/" in client.get(SIGN_UP).content.decode()
    assert sign_up(client, email=ADDRESS).status_code == 200
    assert client.post("/accounts/sign-up/address/", {"email": ADDRESS}).status_code == 302
    assert not exists()
    assert sign_up(client, code=sign_up_code()).headers["Location"] == "/chats/"
    assert User.objects.get(username="mary").email == ADDRESS


def test_three_wrong_tries_and_the_next_mail_end_a_code(confirmed):
    ask()
    first = sign_up_code()
    ask()
    second = sign_up_code()
    assert register(code=first).status_code == 400
    for _ in range(3):
        assert register(code=f"{second}x").status_code == 400
    assert register(code=second).status_code == 400
    ask()
    assert register(code=sign_up_code()).status_code == 201


def test_asking_for_a_code_is_the_same_whether_an_address_has_an_account(confirmed, grace):
    User.objects.filter(pk=grace.pk).update(email="grace@example.org")
    answers = [ask("grace@example.org"), ask("nobody@example.org")]
    assert answers[0].status_code == answers[1].status_code == 204
    texts = [mailed_to(f"{name}@example.org")[0] for name in ("grace", "nobody")]
    assert re.sub("#.*", "", texts[0]) == re.sub("#.*", "", texts[1])


def test_only_addresses_of_the_domains_make_accounts(confirmed, invitation):
    confirmed.REGISTRATION_DOMAINS = ["example.org"]
    for other in ("mary@example.com", "mary@example.org.evil.example", "mary@sub.example.org"):
        answer = ask(other)
        assert answer.status_code == 400
        assert "Only addresses of example.org" in answer.json()["email"][0]
        page = Client().post("/accounts/sign-up/address/", {"email": other}).content.decode()
        assert "Only addresses of example.org" in page
        assert mailed_to(other) == []
    assert register(email=ADDRESS, invitation=CODE).status_code == 400  # not confirmed
    assert ask("mary@EXAMPLE.org").status_code == 204
    assert register(code=sign_up_code("mary@EXAMPLE.org")).status_code == 201
    ask("emmy@example.org")
    confirmed.REGISTRATION_DOMAINS = ["example.net"]
    assert list(register("emmy", code=sign_up_code("emmy@example.org")).json()) == ["code"]


def test_an_invitation_is_needed_beside_a_confirmed_address(confirmed, invitation):
    confirmed.REGISTRATION = "invite"
    assert ask().status_code == 403
    assert (
        APIClient().post(f"{API}/email", {"email": ADDRESS, "invitation": CODE}).status_code == 204
    )
    code = sign_up_code()
    assert register(code=code).status_code == 403
    assert register(code=code, invitation=CODE).status_code == 201
