"""Mails are sent in the background, so that the response time doesn't reveal who has an account."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.contrib.auth.forms import PasswordResetForm

from .models import User

logger = logging.getLogger(__name__)

MOST_WAITING = 1000  # mails of one process; the rates of the limits are far below

_threads = ThreadPoolExecutor(2, thread_name_prefix="mail")
_room = threading.BoundedSemaphore(MOST_WAITING)


def in_background(work: Callable[[], object]) -> None:
    """Run `work`, which must use no database, in a thread; the process waits for it at its exit."""
    if not _room.acquire(blocking=False):
        logger.error("%s mails are waiting: one is dropped", MOST_WAITING)
        return
    _threads.submit(_do, work)


def _do(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception:
        logger.exception("A mail was not sent")
    finally:
        _room.release()


class ResetForm(PasswordResetForm):
    """Finds the accounts of an address at once, and mails them in the background."""

    def save(self, *args: Any, **options: Any) -> None:
        self.found = list(super().get_users(self.cleaned_data["email"]))
        in_background(lambda: super(ResetForm, self).save(*args, **options))

    def get_users(self, email: str) -> list[User]:
        return self.found
