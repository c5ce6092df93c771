"""Rate limits: the arithmetic, the counters in Valkey and without it, and two processes at once."""

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx2
import pytest
import redis
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as some

from chatproject.development.valkey import Valkey
from chatproject.limits.limit_store import KEPT, REST, LimitStore, Memory
from chatproject.limits.limits import SENDS, TooMany, in_words
from chatproject.limits.rates import Rate
from chats.models import Message
from tests.conftest import PASSWORD
from tests.server_process import ServerProcess, clock_set
from tests.waiting import wait_for
from users.models import User

AT_ONCE = 50
SLOW = Rate(8, 3600)  # none comes back while a test runs

# Rates -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("60/10s", Rate(60, 10)),
        ("10/5m", Rate(10, 300)),
        ("3/1h", Rate(3, 3600)),
        (" 1/30d ", Rate(1, 30 * 86400)),
        ("1000000/1s", Rate(1_000_000, 1)),
    ],
)
def test_a_rate_is_read_as_people_write_it(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate


@pytest.mark.parametrize(
    "text",
    [
        *("", "10", "10/m", "10/5", "10/5w", "-1/5m", "1.5/5m", "ten/5m", "10 / 5m", "١/1m"),
        *("0/5m", "10/0s", "1000001/1s", "1/31d"),
    ],
)
def test_any_other_rate_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="such as 60/10s, 10/5m or 3/1h"):
        Rate.parse(text)


@given(
    amount=some.integers(1, 20),
    seconds=some.integers(1, 100),
    steps=some.lists(some.integers(0, 10_000_000), min_size=1, max_size=200),
)
def test_no_more_pass_than_the_amount_and_what_came_back(
    amount: int, seconds: int, steps: list[int]
) -> None:
    rate, due, now = Rate(amount, seconds), 0, 10**15
    passed: list[int] = []
    for step in steps:
        now += step
        due, wait = rate.take(due, now)
        if not wait:
            passed.append(now)
            continue
        # It says exactly when the next one passes.
        assert rate.take(due, now + wait - 1)[1] == 1
        assert rate.take(due, now + wait)[1] == 0
    for first, start in enumerate(passed):
        for last, end in enumerate(passed[first:], start=1):
            assert last <= amount + (end - start) // rate.interval


def test_a_clock_that_was_set_back_keeps_nobody_out() -> None:
    rate, now = Rate(2, 60), 10**15
    due = 0
    for _ in range(2):
        due, wait = rate.take(due, now)
        assert not wait
    assert rate.take(due, now)[1]
    assert rate.take(due, now - 3600 * 10**6)[1] == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((1, "1 second"), (119, "119 seconds"), (120, "2 minutes"), (121, "3 minutes")),
        *((7199, "120 minutes"), (7200, "2 hours"), (7201, "3 hours")),
    ],
)
def test_a_wait_in_words_is_never_shorter_than_it_is(seconds: int, words: str) -> None:
    assert in_words(seconds) == words


# Counters in Valkey -------------------------------------------------------------------------------


def together(calls: list[Callable[[], Any]]) -> list[Any]:
    """What these calls answer, which start at the same moment."""
    start = Barrier(len(calls))

    def one(call: Callable[[], Any]) -> Any:
        start.wait(20)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(one, calls))


@pytest.fixture
def key() -> str:
    """A counter that no other test has."""
    return f"limit:test:{uuid.uuid4()}"


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey of this test, to break."""
    server = Valkey(tmp_path)
    server.start()
    yield server
    assert server.process
    server.process.send_signal(signal.SIGCONT)
    server.stop()


def took(call: Callable[[], Any]) -> tuple[Any, float]:
    """What a call answers, and in how many seconds."""
    start = time.monotonic()
    return call(), time.monotonic() - start


def test_threads_take_as_many_as_there_are(key: str) -> None:
    counters = LimitStore(settings.REDIS_URLS[0])
    waits = together([lambda: counters.take(key, SLOW)] * AT_ONCE)
    assert waits.count(0) == SLOW.amount
    # Microseconds until one comes back, all but the moment that this took.
    assert all(SLOW.interval - 10_000_000 < wait <= SLOW.interval for wait in waits if wait)


def test_one_comes_back_after_the_wait_and_one_can_be_given_back(key: str) -> None:
    counters, rate = LimitStore(settings.REDIS_URLS[0]), Rate(2, 1)
    assert [counters.take(key, rate) for _ in range(2)] == [0, 0]
    assert 0 < counters.take(key, rate) <= rate.interval
    wait_for(lambda: counters.take(key, rate) == 0, 2)
    counters = LimitStore(settings.REDIS_URLS[0])
    other = f"{key}:other"
    assert [bool(counters.take(other, SLOW)) for _ in range(9)] == [False] * 8 + [True]
    counters.give_back(other, SLOW)
    assert [bool(counters.take(other, SLOW)) for _ in range(2)] == [False, True]


def test_a_key_goes_when_all_have_come_back(key: str) -> None:
    counters, client = (
        LimitStore(settings.REDIS_URLS[0]),
        redis.Redis.from_url(settings.REDIS_URLS[0]),
    )
    counters.take(key, SLOW)
    assert 0 < client.pttl(key) <= SLOW.interval // 1000 + 1
    counters.take(key, SLOW)
    assert SLOW.interval // 1000 < client.pttl(key) <= 2 * SLOW.interval // 1000 + 1
    counters.give_back(key, SLOW)
    assert client.pttl(key) > 0


def test_a_process_whose_clock_is_an_hour_late_counts_with_the_others(key: str) -> None:
    counters = LimitStore(settings.REDIS_URLS[0])
    assert [counters.take(key, SLOW) for _ in range(3)] == [0, 0, 0]
    program = f"""
import time
from chatproject.limits.limit_store import LimitStore
from chatproject.limits.rates import Rate
counters = LimitStore({settings.REDIS_URLS[0]!r})
print(time.time(), *(counters.take({key!r}, Rate(8, 3600)) for _ in range(6)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=settings.BASE_DIR,
        env={**os.environ, **clock_set(-3600)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    clock, *waits = done.stdout.split()
    assert 3500 < time.time() - float(clock) < 3700, "the other process has our clock"
    assert waits[:5] == ["0"] * 5
    assert 0 < int(waits[5]) <= SLOW.interval
    assert counters.take(key, SLOW) > 0


def test_several_shards_share_the_counters(settings: Any) -> None:
    first = settings.REDIS_URLS[0]
    settings.REDIS_URLS = [first, f"{first.rpartition('/')[0]}/1"]
    settings.LIMIT_SENDS = Rate(1, 60)
    users = [uuid.uuid4() for _ in range(20)]
    shards = [redis.Redis.from_url(url) for url in settings.REDIS_URLS]
    before = [set(shard.keys()) for shard in shards]
    for user in users:
        SENDS.spend(user)
        with pytest.raises(TooMany):
            SENDS.spend(user)
    counted = [len({*shard.keys()} - then) for shard, then in zip(shards, before, strict=True)]
    assert sum(counted) == len(users)
    assert min(counted) > 0


# Without Valkey ----------------------------------------------------------------------------------


def break_by_stopping(server: Valkey) -> None:
    assert server.process
    server.process.send_signal(signal.SIGSTOP)


def break_by_killing(server: Valkey) -> None:
    assert server.process
    server.process.kill()
    server.process.wait()


@pytest.mark.parametrize("break_it", [break_by_stopping, break_by_killing])
def test_without_valkey_a_process_counts_for_itself_and_waits_below_a_second(
    valkey: Valkey, key: str, break_it: Callable[[Valkey], None], caplog: pytest.LogCaptureFixture
) -> None:
    counters = LimitStore(valkey.url)
    assert counters.take(key, SLOW) == 0
    break_it(valkey)
    wait, seconds = took(lambda: counters.take(key, SLOW))
    assert (wait, seconds < 1.0) == (0, True), seconds
    waits, seconds = took(lambda: [counters.take(key, SLOW) for _ in range(SLOW.amount)])
    assert [bool(wait) for wait in waits] == [False] * (SLOW.amount - 1) + [True]
    assert seconds < 0.1
    counters.give_back(key, SLOW)
    assert counters.take(key, SLOW) == 0
    assert not counters.is_remembered(key)
    assert caplog.text.count("Limits are counted by each process for itself") == 1


def test_when_valkey_is_back_it_counts_again(valkey: Valkey, key: str) -> None:
    counters = LimitStore(valkey.url)
    assert [counters.take(key, SLOW) for _ in range(SLOW.amount)] == [0] * SLOW.amount
    counters.remember("known", 3600)
    break_by_stopping(valkey)
    assert counters.take(key, SLOW) == 0
    assert not counters.is_remembered("known")
    assert valkey.process
    valkey.process.send_signal(signal.SIGCONT)
    wait_for(lambda: counters.is_remembered("known"), REST + 2)
    assert counters.take(key, SLOW) > 0
    break_by_killing(valkey)
    valkey.start()  # empty
    assert counters.take(key, SLOW) == 0


def test_after_any_number_of_failures_it_counts_again(valkey: Valkey, key: str) -> None:
    counters = LimitStore(valkey.url)
    break_by_killing(valkey)
    for _ in range(200):
        counters.remember(key, 3600)
    assert not counters.is_remembered(key)
    valkey.start()
    counters.remember(key, 3600)
    assert counters.is_remembered(key)


def test_a_restart_between_two_calls_isn_t_an_absence(
    valkey: Valkey, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    counters = LimitStore(valkey.url)
    counters.take(key, SLOW)
    break_by_killing(valkey)
    valkey.start()
    assert counters.take(key, SLOW) == 0
    assert caplog.text == ""


def test_memory_holds_the_newest_keys_only() -> None:
    memory, one = Memory(), Rate(1, 3600)
    assert memory.take("first", one) == 0
    assert memory.take("second", one) == 0
    for number in range(KEPT - 1):
        memory.take(f"other {number}", one)
    assert memory.take("second", one) > 0
    assert memory.take("first", one) == 0


# Two processes -----------------------------------------------------------------------------------

CSRF = "a" * 32  # the token and the cookie


@pytest.fixture(scope="module")
def two_servers(django_db_setup: None, server_name: str) -> Iterator[list[ServerProcess]]:
    """Two processes with the same limits; the clock of one is an hour late."""
    names = ("SIGN_IN", "REGISTER", "PASSWORD_RESET", "SENDS", "QUESTIONS")
    limits = {f"LIMIT_{name}": f"{SLOW.amount}/1h" for name in names}
    servers = [
        ServerProcess(server_name, limits),
        ServerProcess(server_name, {**limits, **clock_set(-3600)}),
    ]
    for server in servers:
        server.wait_until_ready()
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture
def let_through(
    transactional_db: None, two_servers: list[ServerProcess]
) -> Callable[..., list[httpx2.Response]]:
    """A function: of 50 requests at once, every other one to each process, those that passed.

    They are these requests, over and over; `{n}` in a value becomes the number of the request.
    """

    def send(*requests: dict[str, Any], **client_options: Any) -> list[httpx2.Response]:
        client_options.setdefault("cookies", {})["csrftoken"] = CSRF
        with httpx2.Client(timeout=60, limits=httpx2.Limits(), **client_options) as client:
            answers = together(
                [
                    partial(post, client, two_servers[number % 2].url, number, **request)
                    for number, request in zip(range(AT_ONCE), cycle(requests), strict=False)
                ]
            )
        # Or they would be right to let more pass: the premise of an exact count.
        logs = "".join(server.output() for server in two_servers)
        assert re.findall("Limits are counted by each process.*", logs) == []
        refused = [answer for answer in answers if answer.status_code == 429]
        assert all(answer.status_code < 500 or answer.status_code == 503 for answer in answers)
        for answer in refused:
            assert 0 < int(answer.headers["Retry-After"]) <= SLOW.interval / 1_000_000
        return [answer for answer in answers if answer.status_code != 429]

    return send


def post(client: httpx2.Client, url: str, number: int, path: str, **fields: str) -> httpx2.Response:
    """Post to the API as JSON, to a page as a form."""
    values = {name: value.replace("{n}", str(number)) for name, value in fields.items()}
    if path.startswith("/api/"):
        return client.post(url + path, json=values, headers={"X-CSRFToken": CSRF})
    return client.post(url + path, data={**values, "csrfmiddlewaretoken": CSRF})


def signed_in(user: Any) -> dict[str, dict[str, str]]:
    """What makes an HTTP client this user's."""
    client = Client()
    client.force_login(user)
    return {"cookies": {"sessionid": client.cookies["sessionid"].value, "csrftoken": CSRF}}


def test_of_50_sign_ins_at_once_over_two_processes_as_many_pass_as_the_limit_says(
    let_through: Callable[..., list[httpx2.Response]], ada: Any
) -> None:
    guess = {"username": "ada", "password": "wrong {n}"}
    passed = let_through(
        {"path": "/accounts/sign-in/", **guess},
        {"path": "/api/v1/auth/login", **guess},
        {"path": "/admin/login/", **guess},
    )
    assert len(passed) == SLOW.amount
    assert {answer.status_code for answer in passed} <= {200, 401}


def test_of_50_registrations_at_once_over_two_processes_as_many_pass_as_the_limit_says(
    let_through: Callable[..., list[httpx2.Response]],
) -> None:
    passed = let_through(
        {"path": "/api/v1/auth/register", "username": "mary{n}", "password": PASSWORD},
        {
            "path": "/accounts/sign-up/",
            "username": "mary{n}",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )
    assert len(passed) == SLOW.amount == User.objects.people().count()
    assert {answer.status_code for answer in passed} <= {201, 302}


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
def test_of_50_password_resets_at_once_over_two_processes_as_many_pass_as_the_limit_says(
    let_through: Callable[..., list[httpx2.Response]], ada: Any, email: str
) -> None:
    passed = let_through({"path": "/accounts/password-reset/", "email": email})
    assert [answer.status_code for answer in passed] == [302] * SLOW.amount


def test_of_50_sends_at_once_over_two_processes_as_many_pass_as_the_limit_says(
    let_through: Callable[..., list[httpx2.Response]], ada: Any, group: Any
) -> None:
    passed = let_through(
        {"path": f"/api/v1/chats/{group.pk}/messages", "content": "By the API, {n}"},
        {"path": f"/chats/{group.pk}/send/", "content": "By the form, {n}"},
        **signed_in(ada),
    )
    assert len(passed) == SLOW.amount == Message.objects.in_chat(group.pk).count()
    assert {answer.status_code for answer in passed} <= {201, 302}


def test_of_50_questions_at_once_over_two_processes_as_many_pass_as_the_limit_says(
    let_through: Callable[..., list[httpx2.Response]], ada: Any, group: Any
) -> None:
    passed = let_through(
        {"path": f"/api/v1/chats/{group.pk}/messages", "content": "@ai How, {n}?"},
        {"path": f"/chats/{group.pk}/send/", "content": "@photo {n}"},
        **signed_in(ada),
    )
    assert len(passed) == SLOW.amount == Message.objects.in_chat(group.pk).count()
    assert {answer.status_code for answer in passed} <= {201, 302}


@pytest.mark.parametrize(("server", "proxies"), [("daphne", 0), ("uvicorn", 0), ("granian", 1)])
def test_no_server_believes_an_address_that_a_client_made_up(
    transactional_db: None, server: str, proxies: int
) -> None:
    limits = {"LIMIT_SIGN_IN_ADDRESS": f"{SLOW.amount}/1h", "TRUSTED_PROXIES": str(proxies)}
    process = ServerProcess(server, limits)
    try:
        process.wait_until_ready()
        statuses = [
            httpx2.post(
                f"{process.url}/api/v1/auth/login",
                json={"username": f"name{number}", "password": "wrong"},
                # As the one proxy says it, or as a client that makes up another one each time.
                headers=[
                    ("X-Forwarded-For", f"203.0.113.{number}"),
                    ("X-Forwarded-For", "192.0.2.1" if proxies else f"198.51.100.{number}"),
                ],
            ).status_code
            for number in range(SLOW.amount + 1)
        ]
    finally:
        process.stop()
    assert statuses == [401] * SLOW.amount + [429]


def test_without_valkey_people_sign_in_and_send_and_each_process_still_limits(
    valkey: Valkey, start_server: Callable[..., ServerProcess], ada: Any, group: Any
) -> None:
    limits = {"LIMIT_SIGN_IN": "2/1h", "LIMIT_SENDS": "2/1h", "REDIS_URL": valkey.url}
    server = start_server(**limits)
    path = f"/api/v1/chats/{group.pk}/messages"
    with httpx2.Client(timeout=30, **signed_in(ada)) as client:
        break_by_stopping(valkey)
        for what, fields, good in (
            ("/api/v1/auth/login", {"username": "ada", "password": PASSWORD}, 200),
            (path, {"content": "Still here"}, 201),
        ):
            answers = [post(client, server.url, number, what, **fields) for number in range(3)]
            assert [answer.status_code for answer in answers] == [good] * 2 + [429]
            # A send also waits for the channel layer, up to a second (`events.PUBLISH_TIMEOUT`).
            slowest = max(answer.elapsed.total_seconds() for answer in answers)
            assert slowest < (1.5 if good == 200 else 2.5), what
