"""Group commit: writes that many threads ask for at the same time are done together.

A write that waits for disks costs about the same for ten rows as for one. While one is under way,
later callers queue; when it ends, the first of them writes the items of all. A caller with nobody
ahead doesn't wait. See D. DeWitt et al., "Implementation Techniques for Main Memory Database
Systems", SIGMOD 1984, section 5.2.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Generic, TypeVar

from pymongo.errors import WaitQueueTimeoutError

from .outages import seconds_left

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
R = TypeVar("R")


class _Wait(Generic[T, R]):
    """A waiting caller; it is woken to lead a group, or when its group has ended."""

    __slots__ = ("error", "item", "leads", "result", "told")

    def __init__(self, item: T) -> None:
        self.item = item
        self.leads = False  # the group of those that wait then
        self.result: R | None = None
        self.error: BaseException | None = None
        self.told = threading.Lock()  # a signal: cheaper than an Event
        self.told.acquire()


class GroupCommit(Generic[K, T, R]):
    """A thread-safe function that writes items of one key together, at most `most` at a time.

    `write` gets the items in order of arrival and returns a result for each. If it raises, every
    caller of the group gets the error. A caller waits no longer than its deadline (`outages.py`).

    Before a group is formed, its leader enters `turn(key)`, where it may have to wait for other
    processes: meanwhile the group grows.
    """

    def __init__(
        self,
        write: Callable[[K, list[T]], list[R]],
        most: int,
        turn: Callable[[K], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        self._write = write
        self._most = most
        self._turn = turn
        self._mutex = threading.Lock()
        self._waiting: dict[K, list[_Wait[T, R]]] = {}  # by keys with a group under way

    def __call__(self, key: K, item: T) -> R:
        """Write an item and return its result; `WaitQueueTimeoutError` after the deadline."""
        wait: _Wait[T, R] = _Wait(item)
        with self._mutex:
            wait.leads = key not in self._waiting
            self._waiting.setdefault(key, []).append(wait)
        if not wait.leads:
            self._wait(key, wait)
        if wait.leads:
            self._lead(key)
        if wait.error is not None:
            raise wait.error
        return wait.result  # type: ignore[return-value]

    def _wait(self, key: K, wait: _Wait[T, R]) -> None:
        if wait.told.acquire(timeout=max(min(seconds_left(), threading.TIMEOUT_MAX), 0)):
            return
        with self._mutex:
            if wait.leads:  # since just now: the others depend on it
                return
            if wait in self._waiting.get(key, ()):
                self._waiting[key].remove(wait)
        raise WaitQueueTimeoutError("The writes before this one took too long.")

    def _lead(self, key: K) -> None:
        """Write the items of all who wait, this caller's first."""
        group: list[_Wait[T, R]] = []
        try:
            with self._turn(key):
                group = self._take_group(key)
                results = self._write(key, [wait.item for wait in group])
            for wait, result in zip(group, results, strict=True):
                wait.result = result
        except BaseException as error:
            group = group or self._take_group(key)
            for wait in group:
                wait.error = error
        finally:
            self._hand_over(key)
            for wait in group[1:]:
                wait.told.release()

    def _take_group(self, key: K) -> list[_Wait[T, R]]:
        with self._mutex:
            waiting = self._waiting[key]
            self._waiting[key] = waiting[self._most :]
            return waiting[: self._most]

    def _hand_over(self, key: K) -> None:
        """Make the first waiting caller leader of the next group."""
        with self._mutex:
            waiting = self._waiting[key]
            if not waiting:
                del self._waiting[key]
                return
            leader = waiting[0]
            leader.leads = True
        leader.told.release()
