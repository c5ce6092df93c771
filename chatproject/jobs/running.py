"""How a job that was taken is done, and what becomes of it: done, tried again later, or failed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django import db
from pymongo.errors import PyMongoError

from chatproject.stores.mongodb.documents import now
from chatproject.stores.outages import deadline, is_away

from .kinds import Again, Kind
from .models import Job

logger = logging.getLogger(__name__)

RETRY_DELAY, RETRY_MAX_DELAY = 0.5, 10.0  # seconds between tries while a store is away
FIRST_WAIT, GROWTH, LONGEST_WAIT = 5, 4, 3600  # seconds between attempts at a job: 5, 20, 80 …

STORE_AWAY = (PyMongoError, db.Error)


def wait_after(attempts: int) -> int:
    """Seconds until the next attempt, after this many (from 1)."""
    return int(min(FIRST_WAIT * GROWTH ** (attempts - 1), LONGEST_WAIT))


def run_job(kind: Kind, job: Job) -> None:
    """Do a job that was taken, and settle it."""
    settle = _settlement(kind, job)
    # If it can't be settled, it is done again; what it did is kept as long as the lease.
    patiently(settle, job)


def _settlement(kind: Kind, job: Job) -> Callable[[], None]:
    try:
        if job.attempts > kind.attempts:
            return _give_up(kind, job, f"{kind.attempts} workers ended while they did it.")
        kind.work(job)
    except Again:
        return lambda: Job.objects.release(job)
    except Exception as error:
        return _failure(kind, job, error)
    return lambda: Job.objects.finish(job)


def _failure(kind: Kind, job: Job, error: Exception) -> Callable[[], None]:
    text = f"{type(error).__name__}: {error}"
    if is_away(error):
        logger.warning("%s waits for a store: %s", job, type(error).__name__)
        return lambda: Job.objects.release(job, wait=RETRY_MAX_DELAY)
    logger.error("%s: attempt %d of %d failed.", job, job.attempts, kind.attempts, exc_info=error)
    if job.attempts >= kind.attempts:
        return _give_up(kind, job, text)
    return lambda: Job.objects.postpone(job, wait=wait_after(job.attempts), error=text)


def _give_up(kind: Kind, job: Job, error: str) -> Callable[[], None]:
    if job.attempts <= kind.attempts + 1:  # else this itself has ended a worker
        try:
            kind.give_up(job)
        except Exception:
            logger.exception("%s is given up, which can't be told.", job)
    return lambda: Job.objects.fail(job, error)


def patiently(work: Callable[[], None], job: Job) -> None:
    """Do a part of a job; while a store is away, try again until the job's lease ends."""
    delay = RETRY_DELAY
    while True:
        try:
            with deadline():
                return work()
        except STORE_AWAY as error:
            logger.warning("%s can't be stored now: %s.", job, type(error).__name__)
            left = (job.due - now()).total_seconds() if job.due else 0
            if left <= delay:
                raise
        time.sleep(delay)
        db.close_old_connections()  # a broken one would fail every try
        delay = min(delay * 2, RETRY_MAX_DELAY)
