"""Writes of many threads that are made together."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext

import pymongo
import pytest
from pymongo.errors import AutoReconnect, WaitQueueTimeoutError

from chatproject.stores.group_commit import GroupCommit
from tests.waiting import wait_for

MOST = 3


class Store:
    """Writes what it is told to, in groups; the first one is under way until `go`."""

    def __init__(self) -> None:
        self.groups: list[tuple[str, list[int]]] = []
        self.is_writing, self.go = threading.Event(), threading.Event()
        self.error: Exception | None = None
        self.commit = GroupCommit(self.write, MOST)
        self.threads = ThreadPoolExecutor(20)

    def write(self, key: str, items: list[int]) -> list[int]:
        is_first = not self.groups
        self.groups.append((key, items))
        if is_first:
            self.is_writing.set()
            assert self.go.wait(10)
        if self.error:
            raise self.error
        return [item * 10 for item in items]

    def submit(self, item: int, key: str = "a", seconds: float | None = None) -> Future[int]:
        """Write this in a thread, behind all that were submitted before."""
        waiting = self.waiting(key)
        future = self.threads.submit(self._call, key, item, seconds)
        if self.groups:
            wait_for(lambda: self.waiting(key) > waiting or (key, [item]) in self.groups)
        else:
            assert self.is_writing.wait(10)
        return future

    def _call(self, key: str, item: int, seconds: float | None) -> int:
        with nullcontext() if seconds is None else pymongo.timeout(seconds):
            return self.commit(key, item)

    def waiting(self, key: str = "a") -> int:
        return len(self.commit._waiting.get(key, ()))


@pytest.fixture
def store():
    store = Store()
    yield store
    store.go.set()
    store.threads.shutdown()
    assert not store.commit._waiting  # nothing is kept of what has ended


def test_who_comes_alone_is_written_at_once(store):
    store.go.set()
    assert [store.commit("a", 1), store.commit("a", 2)] == [10, 20]
    assert store.groups == [("a", [1]), ("a", [2])]


def test_who_comes_while_others_are_written_is_written_with_all_who_came(store):
    futures = [store.submit(number) for number in range(1, 8)]
    store.go.set()
    assert [future.result(10) for future in futures] == [10, 20, 30, 40, 50, 60, 70]
    assert store.groups == [("a", [1]), ("a", [2, 3, 4]), ("a", [5, 6, 7])]


def test_other_keys_do_not_wait(store):
    first = store.submit(1)
    assert store.submit(2, key="b").result(10) == 20
    assert not first.done()


def test_an_error_is_told_to_its_group_and_no_other(store):
    first, *others = [store.submit(number) for number in (1, 2, 3)]
    store.error = AutoReconnect("away")
    store.go.set()
    for future in (first, *others):
        with pytest.raises(AutoReconnect):
            future.result(10)
    store.error = None
    assert store.commit("a", 4) == 40


def test_who_has_no_time_left_is_not_written_and_holds_nobody_up(store):
    first = store.submit(1)
    late, other = store.submit(2, seconds=0.1), store.submit(3)
    with pytest.raises(WaitQueueTimeoutError):
        late.result(5)
    store.go.set()
    assert (first.result(10), other.result(10)) == (10, 30)
    assert store.groups == [("a", [1]), ("a", [3])]


def test_who_has_no_time_left_while_it_is_written_hears_so_in_time(store):
    first, second = store.submit(1), threading.Event()
    leader, late = store.submit(2), store.submit(3, seconds=1)
    write = store.commit._write
    store.commit._write = lambda key, items: second.wait(10) and write(key, items)
    store.go.set()
    assert first.result(10) == 10
    with pytest.raises(WaitQueueTimeoutError):
        late.result(5)
    second.set()
    assert leader.result(10) == 20


def test_many_threads_get_each_its_own_answer(store):
    store.go.set()

    def call(number: int) -> bool:
        return store.commit(str(number % 2), number) == number * 10

    assert all(store.threads.map(call, range(2000)))
    written = [item for _, items in store.groups for item in items]
    assert sorted(written) == list(range(2000))
    assert max(len(items) for _, items in store.groups) <= MOST
