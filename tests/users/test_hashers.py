"""What hashing passwords takes has a bound: memory, cores, and requests that wait."""

import os
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import extract_parameters
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.test import Client
from django.utils.module_loading import import_string
from rest_framework.test import APIClient

from chatproject import settings as production
from chatproject.limits.rates import Rate
from tests.conftest import PASSWORD
from tests.waiting import wait_for
from users.signing_in import hashers
from users.signing_in.hashers import MOST, NICENESS, RETRY_AFTER, TYPED, in_turn


@pytest.fixture
def full():
    """As many passwords as may wait are being hashed, until the test ends."""
    go = threading.Event()
    with ThreadPoolExecutor(MOST) as threads:
        calls = [threads.submit(in_turn, lambda: go.wait(60)) for _ in range(MOST)]
        try:
            wait_for(_is_full)
            yield
        finally:
            go.set()
        assert all(call.result(10) for call in calls)


def _is_full():
    if free := hashers._waiting.acquire(blocking=False):
        hashers._waiting.release()
    return not free


def test_a_process_hashes_one_password_at_a_time(monkeypatch):
    hasher = import_string(production.PASSWORD_HASHERS[0])()
    lock, running, most = threading.Lock(), 0, 0

    def work(*args):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.01)  # so that others would run beside it
        with lock:
            running -= 1
        return True

    monkeypatch.setattr(Argon2PasswordHasher, "encode", work)
    monkeypatch.setattr(Argon2PasswordHasher, "verify", work)
    with ThreadPoolExecutor(MOST) as threads:
        calls = [threads.submit(hasher.encode, "password", "salt") for _ in range(MOST // 2)]
        calls += [threads.submit(hasher.verify, "password", "stored") for _ in range(MOST // 2)]
        assert all(call.result(10) for call in calls)
    assert most == 1


def test_a_password_is_hashed_on_one_core_by_a_thread_that_yields_to_those_of_requests(settings):
    settings.PASSWORD_HASHERS = production.PASSWORD_HASHERS
    stored = make_password(PASSWORD)
    assert extract_parameters(stored.removeprefix("argon2")).parallelism == 1
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    hashing = in_turn(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    assert hashing == NICENESS > before


def test_an_error_of_hashing_arrives_and_the_next_password_is_hashed():
    with pytest.raises(ZeroDivisionError):
        in_turn(lambda: 1 // 0)
    assert in_turn(lambda: "hashed") == "hashed"


@pytest.mark.django_db
def test_a_password_is_the_same_in_every_form_of_unicode(settings, person):
    settings.PASSWORD_HASHERS = production.PASSWORD_HASHERS
    password = "Zo\u00eb's caf\u00e9 \ufb01ve"
    user = person("zoe")
    user.set_password(unicodedata.normalize("NFD", password))
    user.save()
    forms = [unicodedata.normalize(form, password) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    assert len(set(forms)) == 4
    for typed in (*forms, password):
        answer = APIClient().post("/api/v1/auth/login", {"username": "zoe", "password": typed})
        assert answer.status_code == 200
    assert not user.check_password("Zoe's cafe five")
    long = "\u00eb" * (TYPED + 1)
    assert not check_password(unicodedata.normalize("NFD", long), make_password(long))


@pytest.mark.django_db
@pytest.mark.parametrize("username", [" ada", "ada ", "\tADA\n", "\uff41da\u3000"])
def test_blanks_around_a_user_name_don_t_matter(ada, username):
    typed = {"username": username, "password": PASSWORD}
    assert APIClient().post("/api/v1/auth/login", typed).status_code == 200
    assert Client().post("/accounts/sign-in/", typed).status_code == 302


@pytest.mark.django_db
def test_beyond_those_that_may_wait_a_sign_in_is_told_to_come_back_and_does_not_count(
    ada, settings, full
):
    settings.PASSWORD_HASHERS = production.PASSWORD_HASHERS
    settings.LIMIT_SIGN_IN = settings.LIMIT_SIGN_IN_ADDRESS = Rate.parse("2/1h")
    typed = {"username": ada.username, "password": PASSWORD}
    for _ in range(3):  # were they counted, the third would be refused for an hour
        refused = APIClient().post("/api/v1/auth/login", typed)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, str(RETRY_AFTER))
        assert refused.json()["limit"] == "hashes"
    unknown = APIClient().post("/api/v1/auth/login", {**typed, "username": "nobody"})
    assert unknown.json() == refused.json()
    page = Client().post("/accounts/sign-in/", typed)
    assert (page.status_code, page.headers["Retry-After"]) == (429, str(RETRY_AFTER))
    assert "Too many people are signing in right now." in page.content.decode()
