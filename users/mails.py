"""Mails. They name nothing that people chose but user names, and those only to confirmed addresses.

They are jobs: they outlast the process that asks for them, and the time of its answer doesn't tell
who has an account. Codes are made when a mail is sent, so that no job holds one.
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from chatproject.jobs.kinds import Kind
from chatproject.limits import limits
from chatproject.limits.addresses import client_network
from chatproject.stores.outages import is_away
from chatproject.text.names import same_name

logger = logging.getLogger(__name__)

LANE = "mail"
ATTEMPTS = 6  # within half an hour


def spend(email: str, request: HttpRequest) -> None:
    """Count one mail that a request asks for; `TooMany` beyond the limits."""
    limits.PASSWORD_RESET_ADDRESS.spend(client_network(request))
    limits.PASSWORD_RESET.spend(same_name(email))


def queue(kind: Kind, key: str, payload: dict[str, Any]) -> None:
    """Queue a mail about something that was done, and doesn't fail with it: that is logged."""
    try:
        kind.add(key, payload)
    except Exception as error:
        if not is_away(error):
            raise
        logger.error("A mail was not queued: %s", type(error).__name__)


def send(name: str, to: str, **values: Any) -> None:
    """Mail `templates/users/mails/<name>.txt`, whose first line is the subject, to one address.

    For jobs: it waits for the mail server, and raises what goes wrong.
    """
    # A worker loads these when there is a first mail.
    from django.core.mail import EmailMessage
    from django.template.loader import render_to_string

    # Our own address, not the one of a request: a client can make that up.
    values["site"] = next(iter(settings.ORIGINS), "")
    subject, _, body = render_to_string(f"users/mails/{name}.txt", values).partition("\n")
    EmailMessage(subject, body.strip() + "\n", to=[to]).send()
