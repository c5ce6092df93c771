"""How often one may try to sign in, register, or ask for a mail: on the pages and over the API."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.backends import ModelBackend
from django.core import mail
from django.db import OperationalError
from django.http import HttpRequest
from django.test import Client

from chatproject.limits import limits
from chatproject.limits.addresses import client_network
from chatproject.limits.rates import Rate
from tests.conftest import PASSWORD
from users.models import User

pytestmark = pytest.mark.django_db

THREE = Rate(3, 3600)
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"


def sign_in(
    password: str = "wrong", username: str = "ada", address: str = HERE, **headers: str
) -> Any:
    """A try by the page, from an address."""
    fields = {"username": username, "password": password}
    return Client(REMOTE_ADDR=address, **headers).post("/accounts/sign-in/", fields)


def statuses(times: int, call: Callable[[], Any]) -> list[int]:
    return [call().status_code for _ in range(times)]


# Signing in --------------------------------------------------------------------------------------


def test_too_many_tries_are_answered_by_a_page_that_says_when_to_come_back(
    settings: Any, ada: User
) -> None:
    settings.LIMIT_SIGN_IN = THREE
    assert statuses(3, sign_in) == [200] * 3
    # Also the right password: a refused try tells nothing about it.
    page = "http://testserver/accounts/sign-in/?next=/chats/"
    answer = sign_in(PASSWORD, HTTP_REFERER=page)
    assert answer.status_code == 429
    assert 1190 < int(answer.headers["Retry-After"]) <= 1200
    told = "too many tries to sign in to this account. Please try again in 20 minutes."
    assert told in answer.content.decode()
    assert f'href="{page}">Back' in answer.content.decode()
    answer = sign_in(HTTP_REFERER="https://elsewhere.example/")
    assert 'href="/">Back' in answer.content.decode()


def test_a_try_while_a_store_is_away_does_not_count(
    settings: Any, ada: User, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LIMIT_SIGN_IN = settings.LIMIT_SIGN_IN_ADDRESS = THREE

    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("no server")

    guess = {"username": "ada", "password": PASSWORD}
    with monkeypatch.context() as outage:
        outage.setattr(ModelBackend, "authenticate", away)
        assert statuses(4, lambda: api().post("/api/v1/auth/login", guess)) == [503] * 4
        assert statuses(4, lambda: sign_in(PASSWORD)) == [503] * 4
    assert api().post("/api/v1/auth/login", guess).status_code == 200


def test_the_api_names_the_limit_and_says_when_to_come_back(settings: Any, api: Any) -> None:
    settings.LIMIT_SIGN_IN = THREE
    guess = {"username": "nobody", "password": "wrong"}
    assert statuses(3, lambda: api().post("/api/v1/auth/login", guess)) == [401] * 3
    answer = api().post("/api/v1/auth/login", guess)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == str(answer.json()["retry_after"])
    assert answer.json() == {
        "detail": f"{limits.SIGN_IN.message} Please try again in 20 minutes.",
        "limit": "sign_in",
        "retry_after": answer.json()["retry_after"],
    }


def test_page_api_and_admin_count_together_for_every_way_to_write_the_name(
    settings: Any, api: Any, ada: User
) -> None:
    settings.LIMIT_SIGN_IN = THREE
    guess = {"username": "ADA", "password": "wrong"}
    assert sign_in().status_code == 200
    assert api().post("/api/v1/auth/login", guess).status_code == 401
    assert Client().post("/admin/login/", {**guess, "username": " ａda"}).status_code == 200
    for answer in (
        sign_in(),
        api().post("/api/v1/auth/login", guess),
        Client().post("/admin/login/", guess),
    ):
        assert answer.status_code == 429


def test_an_account_that_does_not_exist_is_limited_as_one_that_does(
    settings: Any, ada: User
) -> None:
    settings.LIMIT_SIGN_IN = THREE
    answers = {}
    for username in ("ada", "nobody"):
        assert statuses(3, lambda username=username: sign_in(username=username)) == [200] * 3
        answers[username] = sign_in(username=username)
    assert {answer.status_code for answer in answers.values()} == {429}
    one, other = (str(answer.context["reason"]) for answer in answers.values())
    assert one == other


def test_whoever_guesses_from_elsewhere_keeps_nobody_out_where_they_have_signed_in(
    settings: Any, ada: User
) -> None:
    settings.LIMIT_SIGN_IN = THREE
    assert sign_in(PASSWORD).status_code == 302
    # From wherever the guesses come, they count together.
    guesses = [sign_in(address=f"203.0.113.{number}").status_code for number in range(5)]
    assert guesses == [200] * 2 + [429] * 3
    assert sign_in(PASSWORD, address=ELSEWHERE).status_code == 429
    assert statuses(3, lambda: sign_in(PASSWORD)) == [302] * 3
    # There they are limited too, for themselves.
    assert sign_in(PASSWORD).status_code == 429


def test_who_is_kept_out_at_a_new_place_comes_in_by_a_new_password(
    settings: Any, ada: User
) -> None:
    settings.LIMIT_SIGN_IN = THREE
    assert statuses(3, lambda: sign_in(address=HERE)) == [200] * 3
    assert sign_in(PASSWORD, address=ELSEWHERE).status_code == 429
    client = Client(REMOTE_ADDR=ELSEWHERE)
    client.post("/accounts/password-reset/", {"email": ada.email})
    link = re.search(r"(http://\S+)#(\S+)", str(mail.outbox[0].body))
    assert link
    new = "another long battery"
    fields = {"code": link.group(2), "new_password1": new, "new_password2": new}
    answer = client.post(link.group(1), fields)
    assert (answer.status_code, answer.url) == (302, "/accounts/sign-in/")
    assert sign_in(new, address=ELSEWHERE).status_code == 302
    # The guesses go on as they did.
    assert sign_in(address=HERE).status_code == 429


def test_failed_tries_from_one_address_count_together_and_others_do_not(
    settings: Any, ada: User, grace: User
) -> None:
    settings.LIMIT_SIGN_IN_ADDRESS = THREE
    # An office has one address and many people: who signs in costs the others nothing.
    for username in ("ada", "grace"):
        for _ in range(3):
            assert sign_in(PASSWORD, username).status_code == 302
    names = iter(f"name{number}" for number in range(9))
    assert statuses(3, lambda: sign_in(username=next(names))) == [200] * 3
    assert sign_in(PASSWORD, "grace").status_code == 429
    assert sign_in(PASSWORD, "grace", ELSEWHERE).status_code == 302


@pytest.mark.parametrize(
    ("path", "field"),
    [("/accounts/delete/", "password"), ("/accounts/password/", "old_password")],
)
def test_who_is_signed_in_may_guess_at_the_password_no_more_often(
    settings: Any, ada: User, path: str, field: str
) -> None:
    settings.LIMIT_SIGN_IN = THREE
    client = Client(REMOTE_ADDR=HERE)
    client.force_login(ada)
    assert statuses(3, lambda: client.post(path, {field: "wrong"})) == [200] * 3
    assert client.post(path, {field: PASSWORD}).status_code == 429
    ada.refresh_from_db()
    assert ada.is_active


# Accounts and mails ------------------------------------------------------------------------------


def test_registrations_of_an_address_count_together_by_page_and_api(
    settings: Any, api: Any
) -> None:
    settings.LIMIT_REGISTER = THREE
    fields = {"username": "mary", "password1": PASSWORD, "password2": PASSWORD}
    mary = Client(REMOTE_ADDR=HERE)
    assert mary.post("/accounts/sign-up/", fields).status_code == 302
    joan = {"username": "joan", "password": PASSWORD}
    path = "/api/v1/auth/register"
    assert api().post(path, joan, REMOTE_ADDR=HERE).status_code == 201
    # Another that is refused: whether a name is taken is not to be asked too often either.
    other = {**joan, "password": f"{PASSWORD} 2"}
    assert api().post(path, other, REMOTE_ADDR=HERE).status_code == 400
    for answer in (
        Client(REMOTE_ADDR=HERE).post("/accounts/sign-up/", {**fields, "username": "emmy"}),
        api().post(path, {**joan, "username": "emmy"}, REMOTE_ADDR=HERE),
    ):
        assert answer.status_code == 429
    assert not User.objects.filter(username="emmy").exists()
    emmy = {**joan, "username": "emmy"}
    assert api().post(path, emmy, REMOTE_ADDR=ELSEWHERE).status_code == 201


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
def test_one_mail_address_is_mailed_so_often_whether_it_has_an_account_or_not(
    settings: Any, ada: User, email: str
) -> None:
    settings.LIMIT_PASSWORD_RESET = THREE
    mailed = 3 if email == ada.email else 0

    def ask(text: str, number: int) -> Any:
        client = Client(REMOTE_ADDR=f"203.0.113.{number}")
        return client.post("/accounts/password-reset/", {"email": text})

    for number, text in enumerate((email, email.upper(), f" {email} ")):
        assert ask(text, number).status_code == 302
    answer = ask(email, 4)
    assert answer.status_code == 429
    assert "Too many mails to this address were asked for." in answer.content.decode()
    assert len(mail.outbox) == mailed
    assert ask("grace@example.org", 5).status_code == 302


def test_one_address_asks_for_so_many_mails(settings: Any, ada: User) -> None:
    settings.LIMIT_PASSWORD_RESET_ADDRESS = THREE
    client = Client(REMOTE_ADDR=HERE)

    def ask(email: str) -> int:
        return client.post("/accounts/password-reset/", {"email": email}).status_code

    # A slip of the pen sends nothing, and doesn't count.
    assert [ask(email) for email in ("no address", "a@b.org", "c@d.org", "e@f.org")] == [
        *(200, 302, 302, 302)
    ]
    assert ask(ada.email) == 429
    assert mail.outbox == []


# Addresses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "forwarded", "network"),
    [
        (0, None, HERE),
        (0, ELSEWHERE, HERE),
        (1, ELSEWHERE, ELSEWHERE),
        (1, f"10.0.0.1, 127.0.0.1,{ELSEWHERE}", ELSEWHERE),  # what is left of it is the client's
        (2, f"10.0.0.1, {ELSEWHERE}, 10.0.0.2", ELSEWHERE),
        (1, None, HERE),
        (2, ELSEWHERE, HERE),  # past one of the proxies
        (1, f"{ELSEWHERE}:50000", ELSEWHERE),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (1, "[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        (1, f"::ffff:{ELSEWHERE}", ELSEWHERE),
        (1, "unknown", "unknown"),
        (1, "", HERE),
    ],
)
def test_the_address_is_what_the_outermost_trusted_proxy_saw(
    settings: Any, rf: Any, proxies: int, forwarded: str | None, network: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    assert client_network(rf.get("/", REMOTE_ADDR=HERE, headers=headers)) == network


def test_where_no_address_is_known_there_is_one_counter() -> None:
    assert client_network(None) == client_network(HttpRequest()) == ""


@pytest.mark.parametrize("proxies", [0, 1])
def test_an_address_that_is_made_up_brings_no_new_tries(
    settings: Any, ada: User, proxies: int
) -> None:
    settings.TRUSTED_PROXIES, settings.LIMIT_SIGN_IN_ADDRESS = proxies, THREE
    told = [f"10.0.0.{number}, {HERE}" for number in range(4)]
    answers = [sign_in(HTTP_X_FORWARDED_FOR=text).status_code for text in told]
    assert answers == [200] * 3 + [429]


def test_behind_a_proxy_clients_are_told_apart(settings: Any, ada: User) -> None:
    settings.TRUSTED_PROXIES, settings.LIMIT_SIGN_IN_ADDRESS = 1, THREE
    proxy = "127.0.0.1"
    for client in (HERE, ELSEWHERE):
        answers = statuses(
            4, lambda client=client: sign_in(address=proxy, HTTP_X_FORWARDED_FOR=client)
        )
        assert answers == [200] * 3 + [429]
