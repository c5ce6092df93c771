"""Invitations to the site: who makes them, what they tell, and who came by them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from chatproject.limits.rates import Rate
from tests.conftest import PASSWORD
from users.models import Invitation, User

from .test_resets import everything_stored

pytestmark = pytest.mark.django_db

API, PAGE = "/api/v1/invitations", "/accounts/invitations/"


@pytest.fixture(autouse=True)
def invited_only(settings):
    settings.REGISTRATION, settings.INVITATIONS = "invite", "members"


def register(code, username="mary"):
    fields = {"username": username, "password": PASSWORD, "invitation": code}
    return APIClient().post("/api/v1/auth/register", fields)


def browser(user):
    client = Client()
    client.force_login(user)
    return client


def test_a_member_makes_one_and_sees_who_came_by_it(api, ada, grace):
    made = api(ada).post(API, {"days": 3, "max_uses": 2})
    assert made.status_code == 201
    code = made.json()["code"]
    assert made.json()["link"] == f"http://localhost:8000/accounts/invitation/#{code}"
    lasts = Invitation.objects.get().expires_at - timezone.now()
    assert timedelta(days=2, hours=23) < lasts <= timedelta(days=3)
    assert register(code).status_code == 201
    (listed,) = api(ada).get(API).json()["results"]
    assert (listed["code"], listed["link"], listed["uses_left"]) == ("", "", 1)
    assert [arrival["user"]["username"] for arrival in listed["arrivals"]] == ["mary"]
    assert api(grace).get(API).json()["results"] == []


def test_the_page_makes_one_shows_its_link_once_and_lists_who_came(ada):
    client = browser(ada)
    page = client.post(PAGE, {"days": 7, "max_uses": 1}).content.decode()
    code = page.split("/accounts/invitation/#")[1].split('"')[0]
    assert code not in client.get(PAGE).content.decode()
    assert code not in everything_stored()
    assert register(code).status_code == 201
    page = client.get(PAGE).content.decode()
    assert "<bdi>mary</bdi>" in page
    assert "Used up" in page


def test_staff_alone_make_them_unless_members_may(settings, api, ada, grace):
    settings.INVITATIONS = "staff"
    User.objects.filter(pk=grace.pk).update(is_staff=True)
    staff = User.objects.get(pk=grace.pk)
    assert api(ada).post(API, {}).status_code == 403
    assert browser(ada).post(PAGE, {"days": 7, "max_uses": 1}).status_code == 403
    assert "You may not invite people to this site." in browser(ada).get(PAGE).content.decode()
    assert Invitation.objects.count() == 0
    assert api(staff).post(API, {}).status_code == 201
    assert PAGE not in browser(ada).get("/chats/").content.decode()
    assert PAGE in browser(staff).get("/chats/").content.decode()


def test_nobody_makes_one_where_accounts_are_closed(settings, api, ada):
    settings.REGISTRATION = "closed"
    assert api(ada).post(API, {}).status_code == 403
    assert PAGE not in browser(ada).get("/chats/").content.decode()


def test_an_invitation_ends_when_who_made_it_may_invite_no_more(settings, api, ada):
    code = api(ada).post(API, {}).json()["code"]
    settings.INVITATIONS = "staff"
    assert register(code).status_code == 400
    settings.INVITATIONS = "members"
    assert register(code).status_code == 201


@pytest.mark.parametrize("by_page", [False, True])
def test_who_made_one_withdraws_it_and_nobody_else(api, ada, grace, by_page):
    made = api(ada).post(API, {}).json()

    def withdraw(user):
        if by_page:
            browser(user).post(f"{PAGE}{made['id']}/revoke/")
        else:
            api(user).delete(f"{API}/{made['id']}")

    withdraw(grace)
    assert APIClient().post(f"{API}/open", {"code": made["code"]}).status_code == 200
    withdraw(ada)
    assert APIClient().post(f"{API}/open", {"code": made["code"]}).status_code == 400
    assert register(made["code"]).status_code == 400
    assert api(ada).get(API).json()["results"][0]["is_live"] is False


@pytest.mark.parametrize(
    ("field", "value"), [("days", 0), ("days", 31), ("max_uses", 0), ("max_uses", 101)]
)
def test_what_is_out_of_bounds_is_named(api, ada, field, value):
    answer = api(ada).post(API, {field: value})
    assert (answer.status_code, list(answer.json())) == (400, [field])
    page = browser(ada).post(PAGE, {"days": 1, "max_uses": 1, field: value})
    assert list(page.context["form"].errors) == [field]
    assert Invitation.objects.count() == 0


def test_a_stranger_with_a_code_learns_who_invited_and_nothing_else(api, ada):
    User.objects.filter(pk=ada.pk).update(email="ada@example.org")
    code = api(ada).post(API, {}).json()["code"]
    answer = APIClient().post(f"{API}/open", {"code": code})
    assert answer.json() == {"invited_by": ada.name, "group": None}
    assert APIClient().post(f"{API}/open", {"code": "wrong"}).status_code == 400


def test_a_person_makes_so_many_only(settings, api, ada, grace):
    settings.LIMIT_INVITATIONS = Rate(2, 3600)
    assert [api(ada).post(API, {}).status_code for _ in range(3)] == [201, 201, 429]
    assert browser(ada).post(PAGE, {"days": 1, "max_uses": 1}).status_code == 429
    assert Invitation.objects.count() == 2
    assert api(grace).post(API, {}).status_code == 201


def test_the_admin_lists_invitations_with_who_came_and_withdraws_them(api, ada, grace):
    User.objects.filter(pk=grace.pk).update(is_staff=True, is_superuser=True)
    made = api(ada).post(API, {"max_uses": 2}).json()
    assert register(made["code"]).status_code == 201
    admin = browser(User.objects.get(pk=grace.pk))
    assert "ada" in admin.get("/admin/users/invitation/").content.decode()
    shown = admin.get(f"/admin/users/invitation/{made['id']}/change/").content.decode()
    assert "mary" in shown
    assert Invitation.objects.get().code_hash not in shown
    chosen = {"action": "revoke", "_selected_action": [made["id"]]}
    admin.post("/admin/users/invitation/", chosen)
    assert Invitation.objects.get().revoked_at is not None
    assert register(made["code"], "emmy").status_code == 400
