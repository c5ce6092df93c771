"""Stores that are away: how long MongoDB is waited for, and which errors say that a store is away.

Decision 12 has the reasons.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import pymongo
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError
from pymongo import _csot
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    CursorNotFound,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

RETRY_AFTER = 5  # seconds, what a client is told
IMPATIENT = 2  # seconds of a deadline
IMPATIENCE = 10.0  # seconds after the last one who waited in vain
# Interrupted, ExceededTimeLimit, ReadConcernMajorityNotAvailableYet: of a member whose state moves.
MOMENTARY = {11601, 262, 134}
# Of PostgreSQL, as internal errors: a server that was the primary until a moment ago, and a
# transaction in which it has waited for us for too long.
PASSING = {"25006", "25P03"}


class Unconfirmed(PyMongoError):
    """A write that another request made is no majority's yet, so it must not be answered with."""


_impatient_until = 0.0  # monotonic


def deadline() -> AbstractContextManager[None]:
    """All that is asked of the stores inside of this takes `MONGODB_TIMEOUT` seconds at most.

    Less after `lose_patience`, so that an outage doesn't occupy every thread.
    """
    limit = settings.MONGODB_TIMEOUT
    if time.monotonic() < _impatient_until:
        limit = min(limit, IMPATIENT)
    return pymongo.timeout(limit)


def lose_patience(error: BaseException) -> None:
    """A store was waited for in vain: in this process the next ones wait less, for a while."""
    global _impatient_until
    if time.monotonic() >= _impatient_until:  # once an outage
        logger.warning("A store is away: %s", error)
    _impatient_until = time.monotonic() + IMPATIENCE


def no_deadline() -> AbstractContextManager[None]:
    """Within a deadline: what may take its time."""
    return pymongo.timeout(0)


def seconds_left() -> float:
    """Until the deadline: negative after it, infinite where there is none."""
    return _csot.get_deadline() - time.monotonic()


def in_thread(work: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """`database_sync_to_async` with a deadline, to which the wait for the thread counts.

    The deadline is set here and nowhere else in async code: a task that is started under one would
    keep it for ever.
    """
    threaded = database_sync_to_async(work)

    @wraps(work)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with deadline():
                return await threaded(*args, **kwargs)
        except Exception as error:
            if is_away(error):
                lose_patience(error)
            raise

    return call


def is_away(error: BaseException) -> bool:
    """True if a store can't be reached, is too slow, or has no majority: the same may work soon.

    The MongoDB engine wraps errors of the driver.
    """
    cause = error.__cause__ if isinstance(error, DatabaseError) and error.__cause__ else error
    if isinstance(cause, PyMongoError):
        return _is_mongodb_away(cause)
    if getattr(cause, "sqlstate", None) in PASSING:
        return True
    return isinstance(error, OperationalError | InterfaceError)


def _is_mongodb_away(error: PyMongoError) -> bool:
    if isinstance(error, ConnectionFailure | WriteConcernError | CursorNotFound | Unconfirmed):
        return True
    if isinstance(error, BulkWriteError) and error.details.get("writeConcernErrors"):
        return True
    if isinstance(error, OperationFailure) and error.code in MOMENTARY:
        return True
    return error.timeout or error.has_error_label("RetryableWriteError")
