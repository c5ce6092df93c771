"""Many sign-ins of one address at once leave the threads and cores of a process to others."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx2
import pytest

from chatproject.limits import at_once
from chatproject.limits.limits import TooMany
from chatproject.limits.rates import Rate
from tests.server_process import ServerProcess
from users.models import User
from users.signing_in.hashers import Argon2Hasher

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 60
PASSWORD = "correct horse battery staple"
ATTACKER, OTHER = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def http(transactional_db):
    """A client of the server of a deployment, with its hashes of 100 MiB."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "chatproject.settings",
        "PASSWORDS_AT_ONCE": "4",
        "TRUSTED_PROXIES": "1",
    }
    process = ServerProcess("granian", environment)
    process.wait_until_ready()
    limits = httpx2.Limits(max_connections=None)
    with httpx2.Client(base_url=process.url, timeout=60, limits=limits, trust_env=False) as http:
        yield http
    process.stop()


def sign_in(http, address, password):
    """The status and the seconds of a sign-in, and when to try again."""
    start = time.monotonic()
    answer = http.post(
        "/api/v1/auth/login",
        json={"username": "ada", "password": password},
        headers={"X-Forwarded-For": address},
    )
    return answer.status_code, time.monotonic() - start, answer.headers.get("Retry-After")


def test_60_sign_ins_at_once_of_one_address_hold_nobody_else_up(http, ada):
    User.objects.filter(pk=ada.pk).update(password=Argon2Hasher().encode(PASSWORD, "salt" * 4))
    assert sign_in(http, OTHER, PASSWORD)[0] == 200  # all is loaded now
    quiet = max(sign_in(http, OTHER, PASSWORD)[1] for _ in range(3))
    start = Barrier(AT_ONCE + 1)

    def attack(_):
        start.wait()
        return sign_in(http, ATTACKER, "wrong")

    with ThreadPoolExecutor(AT_ONCE) as threads:
        attacks = threads.map(attack, range(AT_ONCE))
        start.wait()
        others = [sign_in(http, OTHER, PASSWORD) for _ in range(5)]
        answers = list(attacks)
    assert {status for status, *_ in answers} == {401, 429}
    refused = [wait for status, _, wait in answers if status == 429]
    assert set(refused) == {"1"}
    assert len(refused) > AT_ONCE / 2
    assert [status for status, *_ in others] == [200] * 5
    # Behind all of them it would be thirty times as long.
    assert max(seconds for _, seconds, _ in others) < 10 * quiet


def test_no_more_than_so_many_of_one_address_run_at_once(settings):
    settings.PASSWORDS_AT_ONCE = 2
    with at_once.password_of(ATTACKER), at_once.password_of(ATTACKER):
        with pytest.raises(TooMany, match="in 1 second") as refused, at_once.password_of(ATTACKER):
            pass
        with at_once.password_of(OTHER):
            pass
    assert refused.value.retry_after == 1
    with at_once.password_of(ATTACKER):
        pass
    assert not at_once._running


def test_who_is_refused_so_spends_none_of_the_tries(client, ada, settings):
    settings.PASSWORDS_AT_ONCE = 1
    settings.LIMIT_SIGN_IN = settings.LIMIT_SIGN_IN_ADDRESS = Rate(2, 3600)
    data = {"username": "ada", "password": PASSWORD}
    with at_once.password_of("127.0.0.1"):
        for path in ("/accounts/sign-in/", "/admin/login/") * 2:
            assert client.post(path, data).status_code == 429
    assert client.post("/accounts/sign-in/", data).status_code == 302
