"""Kinds of jobs: how each is done. The setting `JOB_KINDS` lists those that workers run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from pymongo.client_session import ClientSession

from chatproject.stores.mongodb.documents import now

from .models import Job


class Again(Exception):
    """Raised by a job that must be done anew, at once: what it is about has changed meanwhile."""


class Show(Protocol):
    """Shows users that a job runs, every few seconds, and that it no longer does."""

    def __call__(self, job: Job, others: Collection[Job], *, is_at_work: bool) -> None:
        """`others` of its kind run in this process, too."""


def _nothing(*_: object, **__: object) -> None:
    """For a kind that doesn't need it."""


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    `work` may be called again for a job that it had done already, if a worker died just then. The
    kinds of a lane share its threads, so that a slow provider holds up no mail.
    """

    name: str
    work: Callable[[Job], None]
    lane: str
    attempts: int  # before it is given up
    is_one_each: bool = False  # one job of its lane at a time for a person
    time_limit: float = 300.0  # seconds; then another worker may take it
    give_up: Callable[[Job], None] = _nothing  # called once, before a job is kept as failed
    find: Callable[[], None] = _nothing  # queues what was noted elsewhere; called at each poll
    show: Show = _nothing

    def add(
        self,
        key: str,
        payload: dict[str, Any] | None = None,
        *,
        person_id: int | None = None,
        due: datetime | None = None,
        session: ClientSession | None = None,
    ) -> bool:
        """Queue a job; False if one with this key waits or runs already.

        `key` has up to 255 characters. With a session, in its transaction.
        """
        job = self.job(key, payload, person_id)
        job.due = due or now()
        return Job.objects.add(job, session)

    def job(self, key: str, payload: dict[str, Any] | None, person_id: int | None) -> Job:
        """A job of this kind that isn't stored."""
        slot = f"{self.lane}:{person_id}" if self.is_one_each else ""
        return Job(kind=self.name, key=key, payload=payload or {}, person_id=person_id, slot=slot)


def kinds() -> dict[str, Kind]:
    """Every kind that workers run, by name."""
    found: list[Kind] = [import_string(path) for path in settings.JOB_KINDS]
    return {kind.name: kind for kind in found}
