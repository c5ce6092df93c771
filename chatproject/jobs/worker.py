"""The worker: runs jobs, several at a time, until it is stopped."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial

from django import db
from django.conf import settings

from chatproject.stores.outages import deadline

from .kinds import Kind
from .models import Job
from .running import RETRY_MAX_DELAY, STORE_AWAY, run_job

logger = logging.getLogger(__name__)

# Seconds between polls. A change stream wouldn't do: a lease ends without a change, so polling is
# needed anyway. A poll costs one key of a small index, and a job takes far longer than that.
POLL = 0.5
CONCURRENCY = 4  # jobs at a time, in each lane
SIGN = 3.0  # seconds between signs that a job is still at work
STOP_SECONDS = 5.0  # for running jobs to finish when the worker is stopped


class Run(threading.Thread):
    """The thread of one running job; a daemon, so that a hung job can't keep the process alive."""

    def __init__(self, kind: Kind, job: Job, done: Callable[[], None]) -> None:
        super().__init__(name=f"job {job}", daemon=True)
        self.kind, self.job = kind, job
        self.ended = False
        self.shown_at = 0.0  # monotonic time at which it was last shown at work
        self.started_at = self.renewed_at = time.monotonic()
        self._done = done

    def run(self) -> None:
        """Run the job; if it can't be settled, it is due again when its lease ends."""
        try:
            run_job(self.kind, self.job)
        except Exception:
            logger.exception("%s is left for later.", self.job)
        finally:
            db.connections.close_all()  # this thread's
            self.ended = True
            self._done()


class Worker:
    """Runs up to `CONCURRENCY` jobs of each lane at a time until it is stopped."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self.runs: list[Run] = []
        self._kinds = {kind.name: kind for kind in kinds}
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
            self._renew_leases()
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
                for kind in self._kinds.values():
                    kind.find()
                if Job.objects.is_due(self._kinds):
                    for lane in dict.fromkeys(kind.lane for kind in self._kinds.values()):
                        self._fill(lane)
            self._delay = POLL
        except STORE_AWAY as error:
            self._delay = min(self._delay * 2, RETRY_MAX_DELAY)
            self._next_look = time.monotonic() + self._delay
            logger.warning(
                "MongoDB is away (%s): next try in %g s.", type(error).__name__, self._delay
            )

    def _fill(self, lane: str) -> None:
        names = [kind.name for kind in self._kinds.values() if kind.lane == lane]
        free = CONCURRENCY - sum(run.kind.lane == lane for run in self.runs)
        while free > 0 and (job := Job.objects.claim(names, settings.JOB_LEASE)):
            run = Run(self._kinds[job.kind], job, self._job_ended.set)
            self.runs.append(run)
            run.start()
            free -= 1

    def _renew_leases(self) -> None:
        moment = time.monotonic()
        for run in self.runs:
            is_old = moment - run.renewed_at >= settings.JOB_LEASE / 3
            if is_old and moment - run.started_at < run.kind.time_limit and not run.ended:
                run.renewed_at = moment
                self._safely(run, partial(self._renew, run))

    @staticmethod
    def _renew(run: Run) -> None:
        if not Job.objects.renew(run.job, settings.JOB_LEASE) and not run.ended:
            logger.warning("The lease of %s has ended.", run.job)

    def _show_at_work(self) -> None:
        for run in self.runs:
            if time.monotonic() - run.shown_at >= SIGN:
                run.shown_at = time.monotonic()
                self._show(run, is_at_work=True)

    def _end_jobs(self) -> None:
        ended = [run for run in self.runs if run.ended]
        self.runs = [run for run in self.runs if run not in ended]
        for run in ended:
            self._show(run, is_at_work=False)

    def _finish_or_release(self) -> None:
        """Give running jobs `STOP_SECONDS` to finish, and release the rest to other workers."""
        end = time.monotonic() + STOP_SECONDS
        for run in self.runs:
            run.join(max(end - time.monotonic(), 0))
        self._end_jobs()
        left, self.runs = self.runs, []
        for run in left:
            self._show(run, is_at_work=False)
            self._safely(run, partial(Job.objects.release, run.job))

    def _show(self, run: Run, *, is_at_work: bool) -> None:
        others = [o.job for o in self.runs if o is not run and o.kind is run.kind]
        self._safely(run, lambda: run.kind.show(run.job, others, is_at_work=is_at_work))

    @staticmethod
    def _safely(run: Run, work: Callable[[], None]) -> None:
        """Do something about a running job that may fail: an error is only logged."""
        try:
            db.close_old_connections()
            with deadline():
                work()
        except STORE_AWAY as error:
            logger.warning("%s: %s while it runs.", run.job, type(error).__name__)
