"""Mails. They name nothing that people chose but user names, and those only to confirmed addresses.

They are sent in the background, so that the response time doesn't reveal who has an account.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string

from chatproject.limits import limits
from chatproject.limits.addresses import client_network

from .backends import same_name

logger = logging.getLogger(__name__)

MOST_WAITING = 1000  # mails of one process; the rates of the limits are far below

_threads = ThreadPoolExecutor(2, thread_name_prefix="mail")
_room = threading.BoundedSemaphore(MOST_WAITING)


def spend(email: str, request: HttpRequest) -> None:
    """Count one mail that a request asks for; `TooMany` beyond the limits."""
    limits.PASSWORD_RESET_ADDRESS.spend(client_network(request))
    limits.PASSWORD_RESET.spend(same_name(email))


def send(name: str, to: str, **values: Any) -> None:
    """Mail `templates/users/mails/<name>.txt`, whose first line is the subject, to one address."""
    # Our own address, not the one of a request: a client can make that up.
    values["site"] = next(iter(settings.ORIGINS), "")
    in_background(lambda: _send(name, to, values))


def _send(name: str, to: str, values: dict[str, Any]) -> None:
    subject, _, body = render_to_string(f"users/mails/{name}.txt", values).partition("\n")
    EmailMessage(subject, body.strip() + "\n", to=[to]).send()


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
