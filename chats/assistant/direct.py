"""`ai/ask` and `ai/photo` wait for a provider in a thread of the web server: few do at a time.

Everything else that asks a provider is done by the worker. A call is a job that is held by the
process that has the request, so that a person has one call under way, whatever asks for it.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from django.conf import settings

from chatproject.jobs.kinds import Kind
from chatproject.jobs.models import Job
from chatproject.jobs.running import STORE_AWAY
from chatproject.limits.limits import Limit, TooMany, spend_budgets
from chatproject.stores.outages import deadline, no_deadline

from .questions import PROVIDERS

T = TypeVar("T")

ONE_AT_A_TIME = Limit("questions_at_once", "Your last question isn't answered yet.")
ROOM_AFTER = 5  # seconds until somebody who found no room is to try again
SPARE = 10  # seconds beyond the providers' timeouts for which a call is held

_room = threading.BoundedSemaphore(settings.PROVIDER_CALLS)


class NoRoom(Exception):
    """This process has as many calls under way as it may (`PROVIDER_CALLS`)."""


def _not_queued(job: Job) -> None:
    raise AssertionError(f"{job} is done by the request that asks.")


DIRECT = Kind("direct", _not_queued, lane=PROVIDERS, attempts=1, is_one_each=True)


def ask(user_id: int, call: Callable[[], T]) -> T:
    """What a call of a provider returns, for somebody who has no other under way.

    Raises `NoRoom`, or `TooMany`: for a second one at a time, or beyond a day's budget.
    """
    job = DIRECT.job(uuid.uuid4().hex, None, user_id)
    if not Job.objects.hold(job, max(settings.AI_TIMEOUT, settings.UNSPLASH_TIMEOUT) + SPARE):
        raise TooMany(ONE_AT_A_TIME, ROOM_AFTER * 1_000_000)
    try:
        return _in_room(user_id, call)
    finally:
        # The request's own deadline may be over by now. What can't be deleted ends by itself.
        with suppress(*STORE_AWAY), no_deadline(), deadline():
            Job.objects.finish(job)


def _in_room(user_id: int, call: Callable[[], T]) -> T:
    if not _room.acquire(blocking=False):
        raise NoRoom
    try:
        spend_budgets(user_id)
        return call()
    finally:
        _room.release()
