"""What the tests of accounts share."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from tests.jobs import run_due


@pytest.fixture(autouse=True)
def mails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails are sent when the answer comes; in `tests/users/test_mails.py` they wait instead."""
    from chatproject.jobs.models import JobQuerySet

    add = JobQuerySet.add

    def add_and_run(self: Any, *args: Any) -> bool:
        is_new = add(self, *args)
        run_due("mail")
        return is_new

    monkeypatch.setattr(JobQuerySet, "add", add_and_run)


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
