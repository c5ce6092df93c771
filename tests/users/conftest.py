"""What the tests of accounts share."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections


@pytest.fixture(autouse=True)
def mails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails are sent when the answer comes; `tests/users/test_mails.py` waits for them instead."""
    monkeypatch.setattr("users.mails.in_background", lambda work: work())


@pytest.fixture
def at_once(transactional_db: None) -> Callable[..., list[Any]]:
    """A function: what so many calls of a function answer that start at the same moment."""

    def run(times: int, call: Callable[[], Any]) -> list[Any]:
        start = Barrier(times)

        def one(_: int) -> Any:
            start.wait(10)
            try:
                return call()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(times) as threads:
            return list(threads.map(one, range(times)))

    return run
