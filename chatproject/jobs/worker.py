"""The worker: runs jobs from a queue, several at a time, until it is stopped."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from typing import Generic, Protocol, TypeVar

from django import db
from pymongo.errors import PyMongoError

from chatproject.stores.outages import deadline

logger = logging.getLogger(__name__)

# Seconds between polls. A change stream wouldn't do: a lease ends without a change, so polling is
# needed anyway. A poll costs one key of a small index, and a job takes far longer than that.
POLL = 0.5
CONCURRENCY = 4  # jobs at a time
SIGN = 3.0  # seconds between signs that a job is still at work
STOP_SECONDS = 5.0  # for running jobs to finish when the worker is stopped
RETRY_DELAY, RETRY_MAX_DELAY = 0.5, 10.0  # seconds between tries while a store is away

STORE_AWAY = (PyMongoError, db.Error)

J = TypeVar("J")


class Queue(Protocol[J]):
    """A source of jobs. A claimed job is leased: it is due again when the lease ends."""

    def claim(self) -> J | None:
        """Lease the job that has been due longest; None if none is due."""

    def work(self, job: J) -> None:
        """Run a claimed job to its end."""

    def release(self, job: J) -> None:
        """End the lease now, so that another worker may claim the job."""

    def show(self, job: J, others: Collection[J], *, is_at_work: bool) -> None:
        """Show users that a job is at work, or no longer; `others` still are."""


class Job(threading.Thread, Generic[J]):
    """The thread of one running job; a daemon, so that a hung job can't keep the process alive."""

    def __init__(self, queue: Queue[J], job: J, done: Callable[[], None]) -> None:
        super().__init__(name=f"job-{job}", daemon=True)
        self.job = job
        self.ended = False
        self.shown_at = 0.0  # monotonic time at which it was last shown at work
        self._queue = queue
        self._done = done

    def run(self) -> None:
        """Run the job; if it fails, it is due again when its lease ends."""
        try:
            self._queue.work(self.job)
        except Exception:
            logger.exception("%s is left for later.", self.name)
        finally:
            db.connections.close_all()  # this thread's
            self.ended = True
            self._done()


class Worker(Generic[J]):
    """Runs up to `CONCURRENCY` jobs of a queue at a time until it is stopped."""

    def __init__(self, queue: Queue[J]) -> None:
        self.jobs: list[Job[J]] = []
        self._queue = queue
        self._stopping = False
        self._job_ended = threading.Event()
        self._delay = POLL
        self._next_look = 0.0  # monotonic

    def stop(self, *_: object) -> None:
        """Make `run` end soon; called as a signal handler, so it takes no lock."""
        self._stopping = True

    def run(self) -> None:
        """Poll for jobs and run them until `stop`; then finish or release them."""
        while not self._stopping:
            self._start_jobs()
            self._show_at_work()
            self._job_ended.wait(POLL)
            self._job_ended.clear()
            self._end_jobs()
        self._finish_or_release()

    def _start_jobs(self) -> None:
        if time.monotonic() < self._next_look:
            return
        try:
            with deadline():
                while len(self.jobs) < CONCURRENCY and (taken := self._queue.claim()):
                    self._start_job(taken)
            self._delay = POLL
        except STORE_AWAY as error:
            self._delay = min(self._delay * 2, RETRY_MAX_DELAY)
            self._next_look = time.monotonic() + self._delay
            logger.warning(
                "MongoDB is away (%s): next try in %g s.", type(error).__name__, self._delay
            )

    def _start_job(self, taken: J) -> None:
        job = Job(self._queue, taken, self._job_ended.set)
        self.jobs.append(job)
        job.start()

    def _show_at_work(self) -> None:
        for job in self.jobs:
            if time.monotonic() - job.shown_at >= SIGN:
                job.shown_at = time.monotonic()
                self._show(job, is_at_work=True)

    def _end_jobs(self) -> None:
        ended = [job for job in self.jobs if job.ended]
        self.jobs = [job for job in self.jobs if job not in ended]
        for job in ended:
            self._show(job, is_at_work=False)

    def _finish_or_release(self) -> None:
        """Give running jobs `STOP_SECONDS` to finish, and release the rest to other workers."""
        end = time.monotonic() + STOP_SECONDS
        for job in self.jobs:
            job.join(max(end - time.monotonic(), 0))
        self._end_jobs()
        left, self.jobs = self.jobs, []
        for job in left:
            self._show(job, is_at_work=False)
            try:
                with deadline():
                    self._queue.release(job.job)
            except STORE_AWAY:
                logger.warning("%s waits until its lease ends.", job.name)

    def _show(self, job: Job[J], *, is_at_work: bool) -> None:
        """Show whether a job is at work; an error is only logged."""
        try:
            db.close_old_connections()
            with deadline():
                others = [other.job for other in self.jobs if other is not job]
                self._queue.show(job.job, others, is_at_work=is_at_work)
        except STORE_AWAY as error:
            logger.warning("%s isn't shown at work: %s.", job.name, type(error).__name__)
