"""Turns: one at a time, whoever dies; and a Redis that is away holds nobody up."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from chatproject.stores import turns


def test_one_has_its_turn_at_a_time() -> None:
    inside, most, mutex = 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal inside, most
        with turns.turn("one at a time"):
            with mutex:
                inside += 1
                most = max(most, inside)
            time.sleep(0.002)
            with mutex:
                inside -= 1

    started = time.monotonic()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(20)))
    assert most == 1
    assert time.monotonic() - started < 2  # whoever waits is woken


def test_other_keys_are_not_waited_for() -> None:
    started = time.monotonic()
    with turns.turn("this"), turns.turn("that"):
        pass
    assert time.monotonic() - started < turns.HELD / 1000


def test_the_turn_of_a_process_that_died_ends_by_itself() -> None:
    client = turns._client_of("died")
    keys = [f"turn:{{died}}{part}" for part in ("", ":waiting", ":handed")]
    assert turns._wait(client, keys)  # by a process that dies now
    started = time.monotonic()
    with turns.turn("died"):
        waited = time.monotonic() - started
    assert waited < turns.PATIENCE + 0.2
    assert not turns._ask(client, "EXISTS", keys[0])


def test_who_waits_longest_is_next() -> None:
    order: list[int] = []
    started = threading.Barrier(2)

    def work(number: int) -> None:
        with turns.turn("in order"):
            order.append(number)

    def first() -> None:
        with turns.turn("in order"):
            started.wait()
            time.sleep(0.06)

    with ThreadPoolExecutor(5) as threads:
        threads.submit(first)
        started.wait()
        for number in range(4):
            threads.submit(work, number)
            time.sleep(0.01)
    assert order == [0, 1, 2, 3]


def test_a_redis_that_is_away_holds_nobody_up(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URLS = ["redis://127.0.0.1:1/0"]
    started = time.monotonic()
    for _ in range(3):
        with turns.turn("away"):
            pass
    assert time.monotonic() - started < 1
