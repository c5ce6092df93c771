"""Where one is signed in: listed, and ended one by one, on the pages and over the API."""

import time
import uuid
from datetime import timedelta
from unittest import mock

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from chatproject.limits.rates import Rate
from chats.events import user_group
from tests.conftest import PASSWORD, give_password
from users.devices import device_of
from users.models import Session, SignIn
from users.signing_in import sign_ins, tokens
from users.signing_in.sessions import SessionStore

pytestmark = pytest.mark.django_db

SESSIONS = "/api/v1/users/me/sessions"
NEW_PASSWORD = "another long battery"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


class Browser(Client):
    """Somebody's browser, signed in by the page."""

    def __init__(self, username="ada", agent=FIREFOX, address="192.0.2.7"):
        super().__init__(headers={"User-Agent": agent}, REMOTE_ADDR=address)
        fields = {"username": username, "password": PASSWORD}
        assert self.post("/accounts/sign-in/", fields).status_code == 302

    @property
    def sign_in(self):
        return uuid.UUID(self.session[sign_ins.SIGN_IN])

    def is_let_in(self):
        return self.get("/accounts/profile/").status_code == 200


class Program(APIClient):
    """Somebody's client of the API, with tokens."""

    def __init__(self, username="ada"):
        super().__init__()
        fields = {"username": username, "password": PASSWORD}
        headers = {"User-Agent": "curl/8.14.1"}
        self.pair = self.post("/api/v1/auth/login", fields, headers=headers).json()
        self.credentials(HTTP_AUTHORIZATION=f"Bearer {self.pair['access']}")

    @property
    def sign_in(self):
        return uuid.UUID(next(row["id"] for row in self.rows() if row["is_current"]))

    def rows(self):
        return self.get(SESSIONS).json()["results"]

    def is_let_in(self):
        return self.get("/api/v1/users/me").status_code == 200

    def renew(self):
        fields = {"refresh": self.pair["refresh"]}
        return APIClient().post("/api/v1/auth/refresh", fields).status_code


def closed(told):
    """The sockets that were closed: by sign-in, or all but one."""
    return [(closing["sign_in"], closing["spared"]) for closing in told.closings()]


# The list ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_list_has_each_browser_and_client_of_the_person_and_of_nobody_else(ada, grace, slash):
    browser, program = Browser(), Program()
    Browser("grace"), Program("grace")
    page = program.get(f"{SESSIONS}{slash}").json()
    assert page["count"] == 2
    by_kind = {row["kind"]: row for row in page["results"]}
    expected = {
        "browser": ("Firefox on Linux", FIREFOX, "192.0.2.7", False, str(browser.sign_in)),
        "api": ("curl", "curl/8.14.1", "127.0.0.1", True, str(program.sign_in)),
    }
    names = ("device", "user_agent", "address", "is_current", "id")
    assert {k: tuple(row[name] for name in names) for k, row in by_kind.items()} == expected
    assert [row["is_current"] for row in browser.get(SESSIONS).json()["results"]] == [False, True]


def test_the_page_names_devices_and_this_one(ada, grace):
    Browser(agent=SAFARI, address="2001:db8:1:2:3::4"), Program(), Browser("grace", agent="Other/1")
    page = Browser().get("/accounts/sign-ins/").content.decode()
    for text in ("Safari on iPhone", "2001:db8:1:2::/64", "curl", "Firefox on Linux"):
        assert text in page
    assert page.count("· this one") == 1
    assert "Other" not in page


def test_who_isn_t_signed_in_sees_and_ends_nothing(client, ada):
    sign_in = Browser().sign_in
    for path in ("sign-ins/", f"sign-ins/{sign_in}/end/", "sign-ins/end-others/"):
        assert client.post(f"/accounts/{path}").status_code in (302, 405)
    assert client.get("/accounts/sign-ins/").url.startswith("/accounts/sign-in/")
    assert SignIn.objects.filter(pk=sign_in).exists()


def test_the_list_is_paged_as_every_list(ada):
    program = Program()
    for _ in range(3):
        tokens.sign_in(ada)
    page = program.get(f"{SESSIONS}?limit=2").json()
    assert (page["count"], len(page["results"])) == (4, 2)
    assert program.get(f"{SESSIONS}?limit=0").status_code == 400
    SignIn.objects.exclude(pk=program.sign_in).update(expires_at=timezone.now())
    assert program.get(SESSIONS).json()["count"] == 1


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Nothing/1", "A browser on macOS"),
        ("python-httpx2/0.28", "python-httpx2"),
        ("<script>", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_a_device_is_named_as_people_do(agent, device):
    assert device_of(agent) == device


# Ending ------------------------------------------------------------------------------------------


def by_api(sign_in):
    program = Program()
    give_password(program)
    assert program.delete(f"{SESSIONS}/{sign_in}").status_code == 204


def by_api_with_a_slash(sign_in):
    program = Program()
    give_password(program)
    assert program.delete(f"{SESSIONS}/{sign_in}/").status_code == 204


def by_page(sign_in):
    answer = Browser().post(f"/accounts/sign-ins/{sign_in}/end/", {"password": PASSWORD})
    assert answer.url == "/accounts/sign-ins/"


@pytest.mark.parametrize("end", [by_api, by_api_with_a_slash, by_page])
@pytest.mark.parametrize("kind", [Browser, Program])
def test_an_ended_sign_in_is_refused_at_once_and_no_other(ada, captured_events, kind, end):
    ended, others = kind(), [Browser(), Program()]
    sign_in, told = ended.sign_in, captured_events(user_group(ada.pk))
    assert ended.is_let_in()
    end(sign_in)
    assert not ended.is_let_in()
    assert all(other.is_let_in() for other in others)
    assert closed(told) == [(sign_in.hex, None)]
    if kind is Program:
        assert ended.renew() == 401
        assert others[1].renew() == 200


def test_nobody_ends_the_sign_in_of_somebody_else(ada, grace):
    hers = Browser("grace")
    program = Program()
    give_password(program)
    assert program.delete(f"{SESSIONS}/{hers.sign_in}").status_code == 404
    Browser().post(f"/accounts/sign-ins/{hers.sign_in}/end/", {"password": PASSWORD})
    assert hers.is_let_in()
    assert program.delete(f"{SESSIONS}/{uuid.uuid4()}").status_code == 404


def end_others_by_page(here):
    here = Browser()
    answer = here.post("/accounts/sign-ins/end-others/", {"password": PASSWORD})
    assert answer.status_code == 302
    return here


def end_others_by_api(here):
    here = Program()
    give_password(here)
    assert here.delete(SESSIONS).status_code == 204
    return here


@pytest.mark.parametrize("end", [end_others_by_page, end_others_by_api])
def test_all_others_are_ended_and_this_one_and_other_people_s_live_on(
    ada, grace, captured_events, end
):
    mine, hers = [Browser(), Program()], Browser("grace")
    told = captured_events(user_group(ada.pk))
    here = end(None)
    assert here.is_let_in()
    assert hers.is_let_in()
    assert not any(other.is_let_in() for other in mine)
    assert mine[1].renew() == 401
    assert closed(told) == [(None, here.sign_in.hex)]


def sign_out(browser):
    browser.post("/accounts/sign-out/")


def sign_out_of_the_admin(browser):
    browser.post("/admin/logout/")


def end_this_one(browser):
    browser.post(f"/accounts/sign-ins/{browser.sign_in}/end/")


def sign_in_as_grace(browser):
    fields = {"username": "grace", "password": PASSWORD}
    browser.post("/admin/login/?next=/chats/", fields)


@pytest.mark.parametrize("leave", [sign_out, sign_out_of_the_admin, end_this_one, sign_in_as_grace])
def test_leaving_ends_the_sign_in_of_this_browser_and_no_other(ada, person, captured_events, leave):
    person("grace", is_staff=True)
    ada.is_staff = True  # for the admin
    ada.save()
    browser, other, program = Browser(), Browser(), Program()
    sign_in, told = browser.sign_in, captured_events(user_group(ada.pk))
    leave(browser)
    assert not SignIn.objects.filter(pk=sign_in).exists()
    assert closed(told) == [(sign_in.hex, None)]
    assert other.is_let_in()
    assert program.is_let_in()


def test_signing_out_over_the_api_ends_this_sign_in_and_no_other(ada, captured_events):
    program, others, told = Program(), [Browser(), Program()], captured_events(user_group(ada.pk))
    sign_in = program.sign_in
    assert program.post("/api/v1/auth/logout").status_code == 204
    assert not program.is_let_in()
    assert all(other.is_let_in() for other in others)
    assert closed(told) == [(sign_in.hex, None)]


def test_a_new_password_ends_every_other_sign_in_and_the_sockets_of_this_one_stay(
    ada, captured_events
):
    here, others = Browser(), [Browser(), Program()]
    sign_in, told = here.sign_in, captured_events(user_group(ada.pk))
    fields = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    here.post("/accounts/password/", {"old_password": PASSWORD, **fields})
    assert here.is_let_in()
    assert here.sign_in == sign_in  # by another key
    assert not any(other.is_let_in() for other in others)
    assert closed(told) == [(None, sign_in.hex)]
    assert SignIn.objects.get().pk == sign_in


def test_a_request_beside_a_change_of_the_password_does_not_end_the_sign_in(ada):
    """It has read the session before, and the user after the change."""
    browser, request = Browser(), HttpRequest()
    request.session = SessionStore(browser.cookies["sessionid"].value)
    assert request.session[SESSION_KEY] == str(ada.pk)
    fields = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    browser.post("/accounts/password/", {"old_password": PASSWORD, **fields})
    assert get_user(request).is_anonymous
    assert browser.is_let_in()


@pytest.mark.parametrize("path", ["/admin/password_change/", "/admin/users/user/{}/password/"])
def test_the_admin_leads_whoever_changes_their_own_password_to_their_own_page(person, path):
    root = person("root", is_staff=True, is_superuser=True)
    answer = Browser("root").get(path.format(root.pk))
    assert answer.url == "/accounts/password/"


def test_a_password_that_is_changed_on_the_command_line_ends_every_sign_in(ada, captured_events):
    everywhere, told = [Browser(), Program()], captured_events(user_group(ada.pk))
    typed = "django.contrib.auth.management.commands.changepassword.Command._get_pass"
    with mock.patch(typed, return_value=NEW_PASSWORD):
        call_command("changepassword", "ada", verbosity=0)
    assert not any(one.is_let_in() for one in everywhere)
    assert closed(told) == [(None, None)]
    ada.refresh_from_db()
    assert ada.check_password(NEW_PASSWORD)


# How it is kept ----------------------------------------------------------------------------------


def test_whoever_reads_the_table_of_sessions_can_t_sign_in_by_it(ada):
    browser = Browser()
    key = browser.cookies["sessionid"].value
    row = Session.objects.get(sign_in=browser.sign_in)
    assert key not in (row.session_key, row.session_data)
    browser.cookies["sessionid"] = row.session_key
    assert not browser.is_let_in()
    browser.cookies["sessionid"] = key
    assert browser.is_let_in()


def queries(call):
    with CaptureQueriesContext(
        connection,
    ) as context:
        call()
    return [query["sql"] for query in context if "users_" in query["sql"]]


def test_a_request_reads_the_sign_in_with_what_it_read_before(ada):
    browser, program = Browser(), Program()
    by_session = queries(lambda: browser.get("/accounts/profile/"))
    assert [("users_session" in sql, "users_user" in sql) for sql in by_session[:2]] == [
        *((True, False), (False, True)),
    ]
    assert not [sql for sql in by_session if "signin" in sql]
    by_token = queries(lambda: program.get("/api/v1/chats"))
    assert len(by_token) == 1


def test_a_session_lasts_on_while_it_is_used_and_is_written_only_now_and_then(ada):
    browser = Browser()
    before = SignIn.objects.get()
    writes = [sql for sql in queries(browser.is_let_in) if not sql.startswith("SELECT")]
    assert writes == []
    aside = time.time() + sign_ins.USED_EVERY + 1
    browser.defaults["REMOTE_ADDR"] = "192.0.2.8"
    later = timezone.now() + timedelta(days=1)
    with (
        mock.patch("time.time", return_value=aside),
        mock.patch.object(timezone, "now", return_value=later),
    ):
        answer = browser.get("/accounts/profile/")
    assert answer.cookies["sessionid"]["max-age"] == settings.SESSION_COOKIE_AGE
    after = SignIn.objects.get()
    assert (after.address, after.last_used_at) == ("192.0.2.8", later)
    assert after.expires_at - before.expires_at > timedelta(hours=23)
    assert Session.objects.get().expire_date - before.expires_at > timedelta(hours=23)


def test_tokens_are_renewed_within_their_sign_in(ada):
    program = Program()
    sign_in = program.sign_in
    SignIn.objects.update(last_used_at=timezone.now() - timedelta(days=2))
    assert program.renew() == 200
    assert SignIn.objects.get().pk == sign_in
    assert SignIn.objects.get().last_used_at > timezone.now() - timedelta(minutes=1)
    assert program.renew() == 401  # used twice


def rows_of_users():
    """How many rows each table of accounts has."""
    return {model: model.objects.count() for model in apps.get_app_config("users").get_models()}


def test_renewing_leaves_no_row_behind_and_has_an_allowance(ada, settings):
    settings.LIMIT_REFRESHES = Rate(5, 3600)
    program, other = Program(), Program()
    before = rows_of_users()

    def renew(refresh):
        return APIClient().post("/api/v1/auth/refresh", {"refresh": refresh})

    newest = program.pair["refresh"]
    for _ in range(5):
        answer = renew(newest)
        assert answer.status_code == 200
        newest = answer.json()["refresh"]
    assert rows_of_users() == before
    refused = renew(newest)
    assert (refused.status_code, refused.json()["limit"]) == (429, "refreshes")
    assert program.get("/api/v1/users/me").status_code == 200  # refused, but not ended
    assert renew(other.pair["refresh"]).status_code == 200


def test_a_session_whose_sign_in_ends_while_its_key_changes_is_nobody_s(ada):
    browser = Browser()
    session = SessionStore(browser.cookies["sessionid"].value)
    assert session[SESSION_KEY] == str(ada.pk)
    SignIn.objects.all().delete()
    session.cycle_key()  # as a new password does
    session.save()
    assert SessionStore(session.session_key).get(SESSION_KEY) is None


def test_expired_sign_ins_are_cleared_away(ada):
    Browser(), Program()
    living = Browser().sign_in
    ended = timezone.now() - timedelta(seconds=1)
    SignIn.objects.exclude(pk=living).update(expires_at=ended)
    call_command("clearsessions")
    assert SignIn.objects.get().pk == living
    assert Session.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_sign_in_that_ends_while_it_is_renewed_ends(ada, at_once):
    """Four clients renew while the sign-ins are ended: none is left, and nothing fails."""
    clients = [tokens.sign_in(ada)["refresh"] for _ in range(4)]
    jobs = [*clients, None]

    def one():
        refresh = jobs.pop()
        if refresh is None:
            sign_ins.end_all(ada.pk, "ended")
            return 0
        return APIClient().post("/api/v1/auth/refresh", {"refresh": refresh}).status_code

    codes = at_once(5, one)
    assert set(codes) <= {0, 200, 401}
    assert not SignIn.objects.exists()
