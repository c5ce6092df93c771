"""Second factors: codes of an app and recovery codes, on the pages and over the API."""

import json
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from chatproject.limits.rates import Rate
from chats.events import user_group
from tests.conftest import PASSWORD
from users import actions
from users.models import SecondStep, SignIn, User
from users.moderators import MODERATORS
from users.signing_in import second_factors, tokens

from .apps_of_codes import App, code_at, recovery_codes, set_up_app
from .mailbox import mailed_to

pytestmark = pytest.mark.django_db

SIGN_IN, STEP = "/accounts/sign-in/", "/accounts/sign-in/second-step/"
OWN = "/accounts/second-factors/"
LOGIN, SECOND = "/api/v1/auth/login", "/api/v1/auth/login/second-factor"


def first_step(username="ada", path=SIGN_IN, **more):
    """A browser that has given the password."""
    browser = Client()
    answer = browser.post(path, {"username": username, "password": PASSWORD}, **more)
    assert (answer.status_code, answer.url) == (302, STEP)
    return browser


def is_let_in(browser):
    return browser.get("/accounts/profile/").status_code == 200


def ask(username="ada", password=PASSWORD):
    """What the API answers to a right password."""
    return APIClient().post(LOGIN, {"username": username, "password": password})


def second(ticket, code):
    return APIClient().post(SECOND, {"ticket": ticket, "code": code})


# The pages ---------------------------------------------------------------------------------------


def test_after_the_password_a_page_asks_for_the_code_of_the_app(ada):
    app, _ = set_up_app(ada)
    browser = first_step(path=f"{SIGN_IN}?next=/accounts/profile/")
    assert not is_let_in(browser)
    assert not SignIn.objects.filter(user=ada).exists()
    assert browser.get(STEP).status_code == 200
    answer = browser.post(STEP, {"code": "000000"})
    assert second_factors.WRONG in answer.content.decode()
    assert not is_let_in(browser)
    answer = browser.post(STEP, {"code": app.code()})
    assert (answer.status_code, answer.url) == (302, "/accounts/profile/")
    assert is_let_in(browser)
    assert SignIn.objects.filter(user=ada, kind="browser").count() == 1


def test_an_account_without_a_second_factor_is_asked_for_none(ada):
    answer = Client().post(SIGN_IN, {"username": "ada", "password": PASSWORD})
    assert answer.url == "/chats/"
    assert ask().status_code == 200
    assert not SecondStep.objects.exists()


@pytest.mark.parametrize("kind", ["app", "recovery code"])
def test_a_code_works_once(ada, kind):
    app, codes = set_up_app(ada)
    code = app.code() if kind == "app" else codes[3]
    browser = first_step()
    assert browser.post(STEP, {"code": code}).status_code == 302
    assert is_let_in(browser)
    again = first_step()
    assert second_factors.WRONG in again.post(STEP, {"code": code}).content.decode()
    assert second(ask().json()["ticket"], code).status_code == 401


def test_a_code_that_is_older_than_the_last_one_is_refused(ada):
    app, _ = set_up_app(ada)
    older, newer = code_at(app.key, time.time()), code_at(app.key, time.time() + 30)
    assert second(ask().json()["ticket"], newer).status_code == 200
    assert second(ask().json()["ticket"], older).status_code == 401


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery code"])
def test_of_many_uses_of_a_code_at_once_one_is_let_in(ada, at_once, kind):
    app, codes = set_up_app(ada)
    code = app.code() if kind == "app" else codes[0]
    tickets = [ask().json()["ticket"] for _ in range(4)]
    answers = at_once(4, lambda: second(tickets.pop(), code).status_code)
    assert sorted(answers) == [200, 401, 401, 401]
    assert SignIn.objects.filter(user=ada).count() == 1


def test_five_wrong_codes_end_the_step(ada):
    app, _ = set_up_app(ada)
    browser, ticket = first_step(), ask().json()["ticket"]
    for _ in range(5):
        browser.post(STEP, {"code": "000000"})
        assert second(ticket, "000000").json()["code"] == "code_wrong"
    code = app.code()
    assert browser.post(STEP, {"code": code}).url == SIGN_IN
    answer = second(ticket, code)
    assert (answer.status_code, answer.json()["code"]) == (401, "ticket_ended")
    assert second(ask().json()["ticket"], code).status_code == 200  # the code was good


@pytest.mark.django_db(transaction=True)
def test_of_many_tries_at_once_five_are_compared(ada, at_once, monkeypatch):
    set_up_app(ada)
    ticket, compared = ask().json()["ticket"], []
    monkeypatch.setattr(second_factors, "is_code", lambda *_: bool(compared.append(1)))
    answers = at_once(12, lambda: second(ticket, "000000").status_code)
    assert set(answers) == {401}
    assert len(compared) == 5


def test_tries_are_limited_by_account_whatever_tickets_there_are(ada, settings):
    settings.LIMIT_SECOND_FACTOR = Rate(3, 3600)
    app, _ = set_up_app(ada)
    for _ in range(3):
        assert second(ask().json()["ticket"], "000000").status_code == 401
    ticket, code = ask().json()["ticket"], app.code()
    refused = second(ticket, code)
    assert (refused.status_code, refused.json()["limit"]) == (429, "second_factor")
    browser = first_step()
    assert browser.post(STEP, {"code": code}).status_code == 429
    assert not is_let_in(browser)


def test_a_right_code_takes_none_of_the_tries(ada, settings):
    settings.LIMIT_SECOND_FACTOR = Rate(1, 3600)
    app, codes = set_up_app(ada)
    for code in (app.code(), codes[0], codes[1]):
        assert second(ask().json()["ticket"], code).status_code == 200


def end_by_time(user):
    SecondStep.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


ENDS = {
    "time": end_by_time,
    "a new password": lambda user: actions.password_changed(user),
    "deactivation": actions.deactivate,
    "deletion": actions.delete_account,
}


@pytest.mark.parametrize("end", ENDS)
def test_a_step_ends_with_time_and_with_whatever_ends_sign_ins(ada, end):
    app, _ = set_up_app(ada)
    browser, ticket, code = first_step(), ask().json()["ticket"], app.code()
    ENDS[end](ada)
    assert second(ticket, code).json()["code"] == "ticket_ended"
    assert browser.post(STEP, {"code": code}).url == SIGN_IN
    assert not is_let_in(browser)


def test_the_step_is_one_browser_s_and_nothing_that_is_stored_is_a_ticket(ada):
    app, _ = set_up_app(ada)
    first_step()
    assert Client().post(STEP, {"code": app.code()}).url == SIGN_IN
    ticket = ask().json()["ticket"]
    for row in SecondStep.objects.all():
        assert ticket not in (str(row.pk), row.ticket_hash)
        for stored in (str(row.pk), row.pk.hex, row.ticket_hash):
            assert second(stored, app.code()).json()["code"] == "ticket_ended"


def test_a_password_alone_makes_no_place_a_known_one(ada, settings):
    """Whoever knows it would otherwise have tries of their own, apart from everybody else's."""
    settings.LIMIT_SIGN_IN = Rate(2, 3600)
    set_up_app(ada)
    first_step(REMOTE_ADDR="198.51.100.7")
    Client().post(SIGN_IN, {"username": "ada", "password": "wrong"}, REMOTE_ADDR="203.0.113.9")
    answer = Client().post(
        SIGN_IN, {"username": "ada", "password": PASSWORD}, REMOTE_ADDR="198.51.100.7"
    )
    assert answer.status_code == 429


# Over the API ------------------------------------------------------------------------------------


def test_the_api_answers_a_right_password_with_a_ticket_and_the_code_with_tokens(ada):
    app, codes = set_up_app(ada)
    assert ask(password="wrong").json() == {"detail": "The user name or the password is wrong."}
    answer = ask()
    assert answer.status_code == 403
    told = answer.json()
    ticket = told.pop("ticket")
    assert told == {
        "detail": "This account asks for a second factor: POST it with this ticket.",
        "code": "second_factor_required",
        "methods": ["recovery_codes", "totp"],
        "expires_in": 300,
    }
    assert not SignIn.objects.exists()
    pair = second(ticket, app.code()).json()
    assert pair["user"]["username"] == "ada"
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    [row] = client.get("/api/v1/users/me/sessions").json()["results"]
    assert (row["kind"], row["is_current"]) == ("api", True)
    assert second(ticket, codes[0]).json()["code"] == "ticket_ended"


def test_a_ticket_is_good_for_nothing_else(ada):
    set_up_app(ada)
    ticket = ask().json()["ticket"]
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {ticket}")
    assert client.get("/api/v1/users/me").status_code == 401
    assert APIClient().post("/api/v1/auth/refresh", {"refresh": ticket}).status_code == 401


# One's own ---------------------------------------------------------------------------------------


@pytest.fixture
def browser(ada):
    client = Client()
    client.force_login(ada)
    return client


def test_an_app_is_set_up_by_its_first_code_and_the_password(ada, browser):
    page = browser.get(f"{OWN}app/").content.decode()
    app = App.of_page(page)
    assert "data:image/svg+xml," in page
    for fields in (
        {"code": app.code(), "password": "wrong"},
        {"code": "000000", "password": PASSWORD},
        {"code": app.code()},
        {},
    ):
        assert browser.post(f"{OWN}app/", fields).status_code == 200
    assert not second_factors.is_on(ada)
    app.used = 0
    answer = browser.post(f"{OWN}app/", {"code": app.code(), "password": PASSWORD})
    codes = recovery_codes(answer.content.decode())
    assert len(set(codes)) == 10
    assert second_factors.methods(ada) == ["recovery_codes", "totp"]
    assert "asks for the codes of an app at sign-ins now" in mailed_to(ada.email)[-1]
    assert is_let_in(browser)
    page = browser.get(OWN).content.decode()
    assert not [code for code in codes if code in page]
    assert "10 left" in page


def test_the_first_factor_ends_the_sign_ins_that_gave_none(ada, browser):
    other, before = Client(), tokens.sign_in(ada)["access"]
    other.force_login(ada)
    app = App.of_page(browser.get(f"{OWN}app/").content.decode())
    browser.post(f"{OWN}app/", {"code": app.code(), "password": PASSWORD})
    assert [is_let_in(client) for client in (browser, other)] == [True, False]
    api = APIClient(headers={"authorization": f"Bearer {before}"})
    assert api.get("/api/v1/users/me").status_code == 401


def test_a_secret_that_somebody_saw_becomes_nobody_elses_in_the_same_browser(ada, grace, browser):
    seen = App.of_page(browser.get(f"{OWN}app/").content.decode()).key
    session = browser.session
    left_behind = session["totp_secret"]
    browser.force_login(grace)
    session = browser.session
    session["totp_secret"] = left_behind  # as of a session that wasn't signed in
    session.save()
    assert App.of_page(browser.get(f"{OWN}app/").content.decode()).key != seen


def test_another_app_ends_the_first_and_new_recovery_codes_the_former(ada, browser):
    first, old = set_up_app(ada)
    other, none = set_up_app(ada)
    browser.force_login(ada)
    assert none == []  # the recovery codes stay
    assert second(ask().json()["ticket"], first.code()).status_code == 401
    assert second(ask().json()["ticket"], other.code()).status_code == 200
    answer = browser.post(f"{OWN}recovery-codes/", {"password": PASSWORD})
    new = recovery_codes(answer.content.decode())
    assert second(ask().json()["ticket"], old[0]).status_code == 401
    assert second(ask().json()["ticket"], new[0]).status_code == 200
    assert "9 left" in browser.get(OWN).content.decode()


@pytest.mark.parametrize("password", ["", "wrong"])
def test_each_change_asks_for_the_password(ada, browser, password):
    _, codes = set_up_app(ada)
    browser.force_login(ada)
    row = second_factors.factors_of(ada).get()
    for path in ("recovery-codes/", f"{row.pk}/turn-off/"):
        answer = browser.post(f"{OWN}{path}", {"password": password}, follow=True)
        assert "This is not your password" in answer.content.decode()
    app = App.of_page(browser.get(f"{OWN}app/").content.decode())
    browser.post(f"{OWN}app/", {"code": app.code(), "password": password})
    assert second_factors.factors_of(ada).get() == row
    assert second(ask().json()["ticket"], codes[0]).status_code == 200


def test_turning_the_last_factor_off_removes_the_recovery_codes_and_tells_the_address(ada, browser):
    set_up_app(ada)
    browser.force_login(ada)
    row = second_factors.factors_of(ada).get()
    browser.post(f"{OWN}{row.pk}/turn-off/", {"password": PASSWORD})
    assert not second_factors.of(ada).exists()
    assert "has one second factor less" in mailed_to(ada.email)[-1]
    assert ask().status_code == 200


def test_nobody_turns_off_that_of_somebody_else(ada, grace, browser):
    set_up_app(grace)
    row = second_factors.factors_of(grace).get()
    browser.post(f"{OWN}{row.pk}/turn-off/", {"password": PASSWORD})
    assert second_factors.is_on(grace)


def test_guesses_of_a_password_here_are_tries_to_sign_in(ada, browser, settings):
    settings.LIMIT_SIGN_IN = Rate(3, 3600)
    for _ in range(3):
        browser.post(f"{OWN}recovery-codes/", {"password": "wrong"})
    assert browser.post(f"{OWN}recovery-codes/", {"password": PASSWORD}).status_code == 429


def test_secrets_are_stored_encrypted_and_old_keys_are_read_as_long_as_they_are_named(
    ada, settings
):
    app, codes = set_up_app(ada)
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert app.key not in stored
    assert not [code for code in codes if code.replace(" ", "") in stored]
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another key that is long enough for this"
    settings.SECRET_KEY_FALLBACKS = [former]
    assert second(ask().json()["ticket"], app.code()).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    for code in (app.code(), codes[0]):
        assert second(ask().json()["ticket"], code).status_code == 401


# Staff -------------------------------------------------------------------------------------------


@pytest.fixture
def moderator(person):
    user = person("margaret", "Margaret", "Hamilton", is_staff=True)
    user.groups.add(Group.objects.get(name=MODERATORS))
    return user


@pytest.fixture
def strict(settings):
    settings.STAFF_SECOND_FACTOR = True


@pytest.mark.parametrize("path", [SIGN_IN, "/admin/login/"])
def test_staff_who_need_a_second_factor_set_it_up_before_they_are_in(moderator, strict, path):
    browser = first_step("margaret", path)
    assert not is_let_in(browser)
    assert browser.get("/admin/").status_code == 302
    page = browser.get(STEP).content.decode()
    assert "Set up a second factor" in page
    assert "Set up a second factor" in browser.post(STEP, {"code": "000000"}).content.decode()
    assert not is_let_in(browser)
    app = App.of_page(page)
    answer = browser.post(STEP, {"code": code_at(app.key, time.time() - 30)})
    assert len(recovery_codes(answer.content.decode())) == 10
    assert browser.get("/admin/").status_code == 200
    later = first_step("margaret", path)
    assert later.get("/admin/").status_code == 302
    later.post(STEP, {"code": app.code()})
    assert later.get("/admin/").status_code == 200


def test_the_api_gives_staff_no_tokens_before_they_have_a_second_factor(moderator, strict):
    answer = ask("margaret")
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_missing")
    assert not SignIn.objects.exists()
    app, _ = set_up_app(moderator)
    assert second(ask("margaret").json()["ticket"], app.code()).status_code == 200


def test_a_session_of_before_is_no_way_into_the_admin(moderator, settings):
    browser = Client()
    browser.post(SIGN_IN, {"username": "margaret", "password": PASSWORD})
    assert browser.get("/admin/").status_code == 200
    settings.STAFF_SECOND_FACTOR = True
    assert browser.get("/admin/").url == "/admin/login/?next=/admin/"
    assert browser.get("/admin/login/?next=/admin/").status_code == 200  # a form, no circle
    app, _ = set_up_app(moderator)
    fields = {"username": "margaret", "password": PASSWORD}
    assert browser.post("/admin/login/?next=/admin/", fields).url == STEP
    assert browser.get("/admin/").status_code == 302
    assert browser.post(STEP, {"code": app.code()}).url == "/admin/"
    assert browser.get("/admin/").status_code == 200


def test_the_admin_asks_for_the_second_factor_of_whoever_has_one(moderator):
    app, _ = set_up_app(moderator)
    browser = first_step("margaret", "/admin/login/?next=/admin/")
    assert browser.get("/admin/").status_code == 302
    browser.post(STEP, {"code": app.code()})
    assert browser.get("/admin/").status_code == 200


def test_staff_don_t_turn_off_the_one_that_they_need(moderator, strict):
    set_up_app(moderator)
    browser = Client()
    browser.force_login(moderator)
    row = second_factors.factors_of(moderator).get()
    path = f"{OWN}{row.pk}/turn-off/"
    assert path not in browser.get(OWN).content.decode()
    browser.post(path, {"password": PASSWORD})
    assert second_factors.is_on(moderator)


# What an administrator can do --------------------------------------------------------------------


def choose(browser, *people):
    fields = {"action": "reset_second_factor", "_selected_action": [p.pk for p in people]}
    return browser.post("/admin/users/user/", fields)


def test_an_administrator_resets_the_second_factor_and_a_moderator_does_not(
    ada, moderator, person, captured_events
):
    set_up_app(ada)
    access, told = tokens.sign_in(ada)["access"], captured_events(user_group(ada.pk))
    root, browser = person("root", is_staff=True, is_superuser=True), Client()
    browser.force_login(moderator)
    choose(browser, ada)
    assert second_factors.is_on(ada)
    browser.force_login(root)
    assert choose(browser, ada).status_code == 302
    assert not second_factors.of(ada).exists()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    assert client.get("/api/v1/users/me").status_code == 401
    assert [closing["code"] for closing in told.closings()] == [4401]
    assert "an administrator has reset it" in mailed_to(ada.email)[-1]
    assert ask().status_code == 200


def test_the_admin_shows_nothing_of_what_allauth_keeps(person):
    browser = Client()
    browser.force_login(person("root", is_staff=True, is_superuser=True))
    page = browser.get("/admin/").content.decode()
    for app in ("/admin/mfa/", "/admin/account/", "/admin/socialaccount/"):
        assert app not in page
        assert browser.get(app).status_code == 404


def test_a_deleted_account_has_no_second_factor(ada):
    set_up_app(ada)
    first_step()
    actions.delete_account(User.objects.get(pk=ada.pk))
    assert not Authenticator.objects.exists()
    assert not SecondStep.objects.exists()
