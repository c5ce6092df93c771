"""Store outages: how long to wait for a store, and which errors mean that it is away.

Decision 12 gives the reasons.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from contextvars import Context
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import pymongo
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from pymongo import _csot
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    CursorNotFound,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    WaitQueueTimeoutError,
    WriteConcernError,
)

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4  # of a process of sockets that ask the stores
RETRY_AFTER = 5  # seconds that a client is told to wait
SHORTENED = 2  # seconds until the deadline, after a wait in vain
SHORTENED_FOR = 10.0  # seconds for which `SHORTENED` holds after the last wait in vain
PROBE = 0.5  # seconds for MongoDB to confirm that a majority follows
# Interrupted, ExceededTimeLimit, ReadConcernMajorityNotAvailableYet: a member is changing state.
MOMENTARY = {11601, 262, 134}
# SQLSTATEs that don't arrive as operational errors: a server that has just stopped being the
# primary (read-only transaction), and a transaction that was idle for too long.
PASSING = {"25006", "25P03"}


class Unconfirmed(PyMongoError):
    """Another request's write isn't on a majority yet, so an answer must not rely on it."""


class TooSlow(PyMongoError):
    """The stores answered, but what was asked of them took longer than the deadline."""

    timeout = True


_shortened_until = 0.0  # monotonic
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="stores")


def deadline() -> AbstractContextManager[None]:
    """Limit what the stores are asked inside this block to `MONGODB_TIMEOUT` seconds in all.

    After `shorten_deadlines` the limit is `SHORTENED` seconds, so that an outage doesn't hold up
    every thread.
    """
    limit = settings.MONGODB_TIMEOUT
    if time.monotonic() < _shortened_until:
        limit = min(limit, SHORTENED)
    return pymongo.timeout(limit)


def shorten_deadlines(error: BaseException) -> None:
    """After a wait in vain, shorten this process's deadlines for `SHORTENED_FOR` seconds.

    Not if it was the work that took so long: others needn't have less time for that. To find out
    may take `PROBE` seconds.
    """
    global _shortened_until
    if _took_long(_cause_of(error)):
        return
    if time.monotonic() >= _shortened_until:  # log once per outage
        logger.warning("A store is away: %s", error)
    _shortened_until = time.monotonic() + SHORTENED_FOR


def no_deadline() -> AbstractContextManager[None]:
    """Lift the deadline inside this block."""
    return pymongo.timeout(0)


def seconds_left() -> float:
    """Seconds until the deadline: negative after it, infinite without one."""
    return _csot.get_deadline() - time.monotonic()


def in_thread(work: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """`database_sync_to_async` with a deadline that includes the wait for a thread.

    One of `THREADS` of its own: handshakes don't wait behind everything else that asks a store.
    Async code sets deadlines only here: a task started under a deadline would keep it for ever.
    """

    @wraps(work)
    def note_outages(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return work(*args, **kwargs)
        except Exception as error:
            if is_away(error):
                shorten_deadlines(error)
            raise

    threaded = database_sync_to_async(note_outages, thread_sensitive=False, executor=_threads)

    @wraps(work)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        with deadline():
            return await threaded(*args, **kwargs)

    return call


def is_away(error: BaseException) -> bool:
    """True if a store can't be reached, is too slow, or has no majority: a retry may work soon.

    The MongoDB engine wraps the driver's errors, so the cause is examined.
    """
    cause = _cause_of(error)
    if isinstance(cause, PyMongoError):
        return _is_mongodb_away(cause)
    if getattr(cause, "sqlstate", None) in PASSING:
        return True
    return isinstance(error, OperationalError | InterfaceError)


def _cause_of(error: BaseException) -> BaseException:
    return error.__cause__ if isinstance(error, DatabaseError) and error.__cause__ else error


def _took_long(cause: BaseException) -> bool:
    """Whether a store answers, and an error only says that there wasn't the time for all."""
    if isinstance(cause, TooSlow | WaitQueueTimeoutError):
        return True  # what others wait for has an error of its own
    return isinstance(cause, ExecutionTimeout | NetworkTimeout) and Context().run(_answers)


def _answers() -> bool:
    """Whether MongoDB takes writes; run it in a context that has no deadline.

    A deletion of nothing waits, like any write, until a majority has all that was written before.
    """
    connection: Any = connections["chat"]
    try:
        with pymongo.timeout(PROBE):
            connection.database.probes.delete_one({"_id": 0})
    except PyMongoError:
        return False
    return True


def _is_mongodb_away(error: PyMongoError) -> bool:
    if isinstance(error, ConnectionFailure | WriteConcernError | CursorNotFound | Unconfirmed):
        return True
    if isinstance(error, BulkWriteError) and error.details.get("writeConcernErrors"):
        return True
    if isinstance(error, OperationFailure) and error.code in MOMENTARY:
        return True
    return error.timeout or error.has_error_label("RetryableWriteError")
