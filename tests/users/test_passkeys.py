"""Passkeys: made by the password, used alone or at the second step."""

import json
from hashlib import sha256

import pytest
from django.test import Client
from fido2.utils import websafe_encode
from rest_framework.test import APIClient

from chatproject.limits.rates import Rate
from tests.conftest import PASSWORD
from users import actions
from users.models import SignIn, User
from users.signing_in import passkeys, second_factors

from .apps_of_codes import recovery_codes
from .authenticators import HOST, PRESENT, Passkey
from .mailbox import mailed_to

pytestmark = pytest.mark.django_db

SIGN_IN, STEP = "/accounts/sign-in/", "/accounts/sign-in/second-step/"
ADD = "/accounts/second-factors/passkey/"


class Browser(Client):
    """A browser at a host that has passkeys."""

    def __init__(self, user=None):
        super().__init__(HTTP_HOST="localhost:8000")
        if user is not None:
            self.force_login(user)

    def challenge(self, path=f"{SIGN_IN}passkey/challenge/", **fields):
        return self.post(path, fields).json()

    def making(self, password=PASSWORD):
        return self.challenge(f"{ADD}challenge/", password=password)

    def sign_in(self, answer, **fields):
        return self.post(f"{SIGN_IN}passkey/", {"credential": answer, **fields})

    def is_let_in(self):
        return self.get("/accounts/profile/").status_code == 200


def with_passkey(user):
    """A person's new passkey, and the recovery codes that came with it."""
    browser, passkey = Browser(user), Passkey()
    answer = browser.post(ADD, {"credential": passkey.make(browser.making())}, follow=True)
    assert answer.status_code == 200
    return passkey, recovery_codes(answer.content.decode())


def step(username="ada"):
    """A browser that has given the password."""
    browser = Browser()
    answer = browser.post(SIGN_IN, {"username": username, "password": PASSWORD})
    assert answer.url == STEP
    return browser


def test_a_passkey_signs_in_alone(ada):
    passkey, codes = with_passkey(ada)
    assert len(codes) == 10
    SignIn.objects.all().delete()
    browser = Browser()
    answer = browser.sign_in(passkey.use(browser.challenge()), next="/accounts/profile/")
    assert answer.url == "/accounts/profile/"
    assert browser.is_let_in()
    assert SignIn.objects.filter(user=ada, kind="browser").count() == 1
    assert "one more passkey" in mailed_to(ada.email)[0]


def test_a_passkey_is_a_second_factor_after_the_password(ada):
    passkey, codes = with_passkey(ada)
    browser = step()
    assert "Use a passkey" in browser.get(STEP).content.decode()
    answer = passkey.use(browser.challenge(second_step="1"))
    assert browser.post(STEP, {"credential": answer}).url == "/chats/"
    assert browser.is_let_in()
    told = APIClient().post("/api/v1/auth/login", {"username": "ada", "password": PASSWORD}).json()
    assert told["methods"] == ["recovery_codes"]
    fields = {"ticket": told["ticket"], "code": codes[0]}
    assert APIClient().post("/api/v1/auth/login/second-factor", fields).status_code == 200


def test_a_passkey_counts_as_the_second_factor_of_staff(ada, settings):
    settings.STAFF_SECOND_FACTOR = True
    passkey, _ = with_passkey(ada)
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    browser = Browser()
    browser.sign_in(passkey.use(browser.challenge()), next="/admin/")
    assert browser.get("/admin/").status_code == 200


FORGERIES = {
    "another site": {"origin": "http://evil.example"},
    "another port": {"origin": "http://localhost:9999"},
    "another host": {"host": "evil.example"},
    "no PIN": {"flags": PRESENT},
    "nobody there": {"flags": 0},
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_an_answer_that_is_not_for_us_signs_nobody_in_and_makes_nothing(ada, forgery):
    passkey, _ = with_passkey(ada)
    browser = Browser()
    answer = passkey.use(browser.challenge(), **FORGERIES[forgery])
    assert browser.sign_in(answer).url == SIGN_IN
    assert passkeys.WRONG in browser.get(SIGN_IN).content.decode()
    assert not browser.is_let_in()
    own = Browser(ada)
    own.post(ADD, {"credential": Passkey().make(own.making(), **FORGERIES[forgery])})
    assert second_factors.factors_of(ada).count() == 1


def test_an_answer_is_good_once_and_for_its_browser_alone(ada):
    passkey, _ = with_passkey(ada)
    browser, other = Browser(), Browser()
    answer = passkey.use(browser.challenge())
    other.challenge()
    other.sign_in(answer)
    assert not other.is_let_in()
    browser.sign_in(answer)
    assert browser.is_let_in()
    browser.logout()
    browser.sign_in(answer)
    assert not browser.is_let_in()


def test_a_challenge_is_good_for_what_it_was_made_for(ada, grace):
    passkey, _ = with_passkey(ada)
    theirs, _ = with_passkey(grace)
    browser = step()
    for fields, key in (({}, passkey), ({"second_step": "1"}, theirs)):
        browser.post(STEP, {"credential": key.use(browser.challenge(**fields))})
        assert not browser.is_let_in()
    browser.sign_in(passkey.use(browser.challenge(second_step="1")))
    assert not browser.is_let_in()
    answer = passkey.use(browser.challenge(second_step="1"))
    assert browser.post(STEP, {"credential": answer}).url == "/chats/"


def test_nobody_signs_in_by_the_name_of_another(ada, grace):
    passkey, _ = with_passkey(ada)
    theirs, _ = with_passkey(grace)
    browser = Browser()
    browser.sign_in(passkey.use(browser.challenge(), handle=theirs.handle))
    assert not browser.is_let_in()


@pytest.mark.parametrize(
    "answer",
    [
        *("", "{", "[]", "null", "1", "{}", '{"response": {}}', '{"response": {"userHandle": 1}}'),
        '{"response": {"userHandle": "____"}}',
        json.dumps({"response": {"userHandle": "z" * 5000}}),
        *("[" * 100_000, '{"a":' * 20_000),
    ],
)
def test_what_is_no_answer_is_refused(ada, answer):
    with_passkey(ada)
    browser = Browser()
    browser.challenge()
    assert browser.sign_in(answer).url == SIGN_IN
    own = Browser(ada)
    own.making()
    assert own.post(ADD, {"credential": answer}).url == ADD
    assert second_factors.factors_of(ada).count() == 1


def test_what_is_nested_too_deep_is_no_answer(ada):
    passkey, _ = with_passkey(ada)
    browser, own = Browser(), Browser(ada)
    nested = sha256(HOST.encode()).digest() + bytes([133]) + bytes(4) + b"\x81" * 100_000
    using = json.loads(passkey.use(browser.challenge()))
    using["response"]["authenticatorData"] = websafe_encode(nested)
    assert browser.sign_in(json.dumps(using)).url == SIGN_IN
    making = json.loads(Passkey().make(own.making()))
    making["response"]["attestationObject"] = websafe_encode(b"\x81" * 100_000)
    assert own.post(ADD, {"credential": json.dumps(making)}).url == ADD


@pytest.mark.parametrize("made", [{"key": {1: 2, 3: -9999}}, {"key": {3: "x"}}, {"attested": 0}])
def test_a_passkey_whose_key_nobody_can_check_is_not_made(ada, made):
    browser = Browser(ada)
    answer = Passkey().make(browser.making(), **made)
    assert browser.post(ADD, {"credential": answer}).url == ADD
    assert not second_factors.is_on(ada)


def test_an_account_that_is_deactivated_is_not_signed_in(ada):
    passkey, _ = with_passkey(ada)
    actions.deactivate(ada)
    browser = Browser()
    browser.sign_in(passkey.use(browser.challenge()))
    assert not browser.is_let_in()


def test_making_one_asks_for_the_password(ada, settings):
    browser = Browser(ada)
    for password in ("", "wrong"):
        told = browser.making(password)
        assert told == {"detail": "This is not your password."}
    assert Browser().post(f"{ADD}challenge/", {"password": PASSWORD}).status_code == 302
    browser.post(ADD, {"credential": Passkey().make(Browser(ada).making()), "password": PASSWORD})
    assert not second_factors.is_on(ada)
    settings.LIMIT_SIGN_IN = Rate(1, 3600)
    browser.making("wrong")
    assert browser.post(f"{ADD}challenge/", {"password": PASSWORD}).status_code == 429


def test_challenges_and_wrong_answers_are_limited_by_address(ada, settings):
    settings.LIMIT_PASSKEYS, settings.LIMIT_SIGN_IN_ADDRESS = Rate(2, 3600), Rate(2, 3600)
    browser = Browser()
    for _ in range(2):
        browser.challenge()
        assert browser.sign_in("{}").status_code == 302
    assert browser.post(f"{SIGN_IN}passkey/challenge/").status_code == 429
    assert browser.sign_in("{}").status_code == 429


def test_a_person_has_so_many_and_turns_one_off(ada, monkeypatch):
    monkeypatch.setattr(passkeys, "MOST", 1)
    passkey, _ = with_passkey(ada)
    browser = Browser(ada)
    assert "turn one off first" in browser.making()["detail"]
    [row] = second_factors.factors_of(ada)
    browser.post(f"/accounts/second-factors/{row.pk}/turn-off/", {"password": PASSWORD})
    assert not second_factors.of(ada).exists()
    other = Browser()
    other.sign_in(passkey.use(other.challenge()))
    assert not other.is_let_in()


def test_only_pages_of_passkeys_may_use_them(ada):
    browser = Browser(ada)
    for path, is_one in ((ADD, True), ("/chats/", False), ("/accounts/profile/", False)):
        policy = browser.get(path).headers["Permissions-Policy"]
        for feature in ("publickey-credentials-get", "publickey-credentials-create"):
            assert f"{feature}=({'self' if is_one else ''})" in policy
        assert "camera=()" in policy
    assert "get=(self)" in Browser().get(SIGN_IN).headers["Permissions-Policy"]
