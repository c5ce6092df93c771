"""A refused sign-in says the same, and does the same work, whether an account exists or not."""

import re
from itertools import count

import pytest
from argon2 import PasswordHasher, extract_parameters, low_level
from django.contrib.auth.hashers import identify_hasher, make_password
from django.test import Client
from rest_framework.test import APIClient

from chatproject import settings as production
from chatproject.limits.rates import Rate
from tests.conftest import PASSWORD
from users.models import User
from users.signing_in.hashers import Argon2Hasher

pytestmark = pytest.mark.django_db

addresses = (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in count())


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
def doors_open(settings, monkeypatch):
    """The limits are another matter; the hashes are of production's kind, but light."""
    settings.LIMIT_SIGN_IN = settings.LIMIT_SIGN_IN_ADDRESS = Rate.parse("1000000/1s")
    settings.PASSWORD_HASHERS = production.PASSWORD_HASHERS
    for name, least in {"time_cost": 1, "memory_cost": 64, "parallelism": 1}.items():
        monkeypatch.setattr(Argon2Hasher, name, least)


@pytest.fixture
def kinds(doors_open):
    """What may be typed, by kind: names of accounts of every kind, and passwords that are wrong."""
    stored = make_password(PASSWORD)
    assert stored.startswith("argon2$argon2id$")
    accounts = {
        "wrong": {"password": stored},
        "inactive": {"password": stored, "is_active": False},
        "unusable": {"password": make_password(None)},
    }
    for kind, fields in accounts.items():
        User.objects.create(username=f"{kind}.person", **fields)
    typed = {kind: (f"{kind}.person", "not it") for kind in (*accounts, "unknown")}
    return {**typed, "inactive, right": ("inactive.person", PASSWORD)}


def work(parameters):
    """What tells how much work a hash is."""
    return parameters.type, parameters.time_cost, parameters.memory_cost, parameters.parallelism


@pytest.fixture
def hashes(kinds, monkeypatch):
    """The work of each hash that is computed from now on."""
    computed = []
    hash_secret, verify = low_level.hash_secret, PasswordHasher.verify

    def watched_hash(secret, salt, **parameters):
        encoded = hash_secret(secret, salt, **parameters)
        computed.append(work(extract_parameters(encoded.decode())))
        return encoded

    def watched_verify(self, encoded, password):
        computed.append(work(extract_parameters(encoded)))
        return verify(self, encoded, password)

    monkeypatch.setattr(low_level, "hash_secret", watched_hash)
    monkeypatch.setattr(PasswordHasher, "verify", watched_verify)
    return computed


def hashes_of_each(door, kinds, hashes):
    """What a refusal of each kind computes at this door."""
    found = {}
    for kind, typed in kinds.items():
        hashes.clear()
        door(*typed)
        found[kind] = tuple(hashes)
    return found


@pytest.mark.parametrize("door", DOORS)
def test_every_refusal_is_the_same_answer(kinds, door):
    answers = {kind: door(*typed) for kind, typed in kinds.items()}
    assert answers["unknown"][0] in (200, 401)
    different = [kind for kind, answer in answers.items() if answer != answers["unknown"]]
    assert different == []


@pytest.mark.parametrize("door", DOORS)
def test_every_refusal_computes_one_hash_of_the_same_parameters(kinds, door, hashes):
    preferred = work(Argon2Hasher().params())
    found = hashes_of_each(door, kinds, hashes)
    assert found == dict.fromkeys(kinds, (preferred,))


@pytest.mark.parametrize("door", DOORS)
def test_the_count_notices_work_that_is_missing_or_lighter(kinds, door, hashes, monkeypatch):
    monkeypatch.setattr(User, "set_password", lambda self, password: None)  # an unknown name's
    monkeypatch.setattr(Argon2Hasher, "memory_cost", 128)  # the stored hashes are lighter now
    preferred = work(Argon2Hasher().params())
    found = hashes_of_each(door, kinds, hashes)
    assert found["unknown"] == ()
    as_much = [kind for kind, computed in found.items() if computed == (preferred,)]
    assert as_much == ["unusable"]


# The hashes --------------------------------------------------------------------------------------


def test_passwords_are_hashed_by_argon2id(settings):
    settings.PASSWORD_HASHERS = production.PASSWORD_HASHERS
    stored = make_password(PASSWORD)
    parameters = identify_hasher(stored).decode(stored)
    assert (parameters["algorithm"], parameters["variety"]) == ("argon2", "argon2id")
    # The first choice of OWASP's is 46 MiB in one pass.
    assert parameters["memory_cost"] >= 46 * 1024
