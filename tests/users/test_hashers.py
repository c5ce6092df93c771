"""The memory that hashing takes has a bound."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils.module_loading import import_string

from chatproject import settings as production
from tests.waiting import wait_for
from users.hashers import AT_ONCE


def test_a_process_hashes_few_passwords_at_once(monkeypatch):
    hasher = import_string(production.PASSWORD_HASHERS[0])()
    lock, go, running, most = threading.Lock(), threading.Event(), 0, 0

    def work(*args):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        assert go.wait(10)
        with lock:
            running -= 1
        return True

    monkeypatch.setattr(Argon2PasswordHasher, "encode", work)
    monkeypatch.setattr(Argon2PasswordHasher, "verify", work)
    with ThreadPoolExecutor(20) as threads:
        calls = [threads.submit(hasher.encode, "password", "salt") for _ in range(6)]
        calls += [threads.submit(hasher.verify, "password", "stored") for _ in range(6)]
        wait_for(lambda: running == AT_ONCE)
        go.set()
        assert all(call.result(10) for call in calls)
    assert most == AT_ONCE
