"""Signing in takes as long, and says the same, whether an account exists or not."""

import random
import re
import statistics
import time
from itertools import count

import pytest
from django.contrib.auth.hashers import (
    Argon2PasswordHasher,
    PBKDF2PasswordHasher,
    identify_hasher,
    make_password,
)
from django.test import Client, override_settings
from rest_framework.test import APIClient

from chatproject import settings as production
from chatproject.limits.rates import Rate
from tests.conftest import PASSWORD
from users import backends
from users.models import User

pytestmark = pytest.mark.django_db

TRIALS = {"short": 10, "long": 200}  # of each kind
ALIKE = 0.1  # of the median: by how much those of two kinds may differ
OLD_ROUNDS = 40_000  # of PBKDF2
addresses = (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in count())


class LightArgon2(Argon2PasswordHasher):
    """Argon2 as in production, of about 15 ms: a third of a page with it."""

    time_cost, memory_cost, parallelism = 1, 24 * 1024, 1


HASHERS = [f"{__name__}.LightArgon2", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]


# The doors ---------------------------------------------------------------------------------------

RANDOM = re.compile(r'[a-zA-Z0-9]{64}|nonce="[^"]*"')  # what is another each time


def by_page(username, password):
    return by_form("/accounts/sign-in/", username, password)


def by_admin(username, password):
    return by_form("/admin/login/", username, password)


def by_form(path, username, password):
    fields = {"username": username, "password": password}
    answer = Client().post(path, fields, REMOTE_ADDR=next(addresses))
    text = RANDOM.sub("", answer.content.decode()).replace(username, "")
    return answer.status_code, text, {*answer.headers} - {"Content-Length"}


def by_api(username, password):
    fields = {"username": username, "password": password}
    answer = APIClient().post("/api/v1/auth/login", fields, REMOTE_ADDR=next(addresses))
    return answer.status_code, answer.content, {*answer.headers}


DOORS = [by_page, by_api, by_admin]


@pytest.fixture
def doors_open(settings):
    """The limits are another matter; the hashes are of production's kinds."""
    settings.LIMIT_SIGN_IN = settings.LIMIT_SIGN_IN_ADDRESS = Rate.parse("1000000/1s")
    settings.PASSWORD_HASHERS = HASHERS
    backends.older_hash.cache_clear()
    yield
    backends.older_hash.cache_clear()


@pytest.fixture
def kinds(doors_open):
    """What may be typed, by kind: names of accounts of every kind, and passwords that are wrong."""
    stored = make_password(PASSWORD)
    assert stored.startswith("argon2$argon2id$")
    accounts = {
        "wrong": {"password": stored},
        "inactive": {"password": stored, "is_active": False},
        "unusable": {"password": make_password(None)},
        "older": {"password": PBKDF2PasswordHasher().encode(PASSWORD, "salt" * 6, OLD_ROUNDS)},
    }
    for kind, fields in accounts.items():
        User.objects.create(username=f"{kind}.person", **fields)
    typed = {kind: (f"{kind}.person", "not it") for kind in (*accounts, "unknown")}
    return {**typed, "inactive, right": ("inactive.person", PASSWORD)}


def medians(door, kinds, trials):
    """Milliseconds that each kind takes by the median, of CPU and by the clock.

    Their trials take turns. The clock also tells what else the machine does: it needs many.
    """
    cpu, clock = ({kind: [] for kind in kinds} for _ in range(2))
    for _ in range(trials):
        for kind in random.sample(list(kinds), len(kinds)):
            start, start_cpu = time.perf_counter(), time.process_time()
            door(*kinds[kind])
            cpu[kind].append((time.process_time() - start_cpu) * 1000)
            clock[kind].append((time.perf_counter() - start) * 1000)
    return [{kind: statistics.median(taken[kind]) for kind in kinds} for taken in (cpu, clock)]


def differences(found):
    """By how much each kind differs from an unknown name, as a part of what that takes."""
    return {kind: abs(taken / found["unknown"] - 1) for kind, taken in found.items()}


@pytest.mark.parametrize("door", DOORS)
def test_every_refusal_is_the_same_answer(kinds, door):
    answers = {kind: door(*typed) for kind, typed in kinds.items()}
    assert answers["unknown"][0] in (200, 401)
    different = [kind for kind, answer in answers.items() if answer != answers["unknown"]]
    assert different == []


@pytest.mark.parametrize("door", DOORS)
def test_every_refusal_takes_as_long(kinds, door, request):
    is_long = request.config.getoption("--long")
    medians(door, kinds, 3)  # what is slow the first time
    cpu, clock = medians(door, kinds, TRIALS["long" if is_long else "short"])
    for name, found in (("CPU", cpu), ("clock", clock)):
        print(f"\n{door.__name__}, {name}:", {k: f"{ms:.1f} ms" for k, ms in found.items()})
    for found in (cpu, clock) if is_long else (cpu,):
        assert {kind: d for kind, d in differences(found).items() if d > ALIKE} == {}


@pytest.mark.parametrize("door", DOORS)
def test_the_measure_finds_what_takes_another_time(kinds, door, monkeypatch):
    """Without the work for an unknown name, and that for hashes of an older kind."""
    kinds = {kind: kinds[kind] for kind in ("unknown", "wrong", "older")}
    monkeypatch.setattr(User, "set_password", lambda self, password: None)
    monkeypatch.setattr(backends, "take_as_long", lambda username, password: None)
    found = differences(medians(door, kinds, 10)[0])
    assert min(d for kind, d in found.items() if kind != "unknown") > ALIKE


def test_nothing_more_is_done_while_all_hashes_are_of_the_preferred_kind(kinds, monkeypatch):
    User.objects.filter(username="older.person").delete()
    ran = []
    encode = PBKDF2PasswordHasher.encode
    monkeypatch.setattr(
        PBKDF2PasswordHasher, "encode", lambda *args: ran.append(args) or encode(*args)
    )
    for typed in kinds.values():
        by_api(*typed)
    assert ran == []


# The hashes --------------------------------------------------------------------------------------


def test_passwords_are_hashed_by_argon2id_and_older_hashes_are_replaced_at_sign_in(ada):
    with override_settings(PASSWORD_HASHERS=production.PASSWORD_HASHERS):
        stored = make_password(PASSWORD)
        parameters = identify_hasher(stored).decode(stored)
        assert (parameters["algorithm"], parameters["variety"]) == ("argon2", "argon2id")
        # The first choice of OWASP's is 46 MiB in one pass.
        assert parameters["memory_cost"] >= 46 * 1024
        ada.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt" * 6, OLD_ROUNDS)
        ada.save()
        fields = {"username": "ada", "password": PASSWORD}
        assert APIClient().post("/api/v1/auth/login", fields).status_code == 200
        ada.refresh_from_db()
        assert ada.password.startswith("argon2$argon2id$")
        assert ada.check_password(PASSWORD)
