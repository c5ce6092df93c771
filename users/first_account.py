"""The first account of a new site: an administrator's, by a link that the log prints once."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.urls import reverse
from django.utils import timezone

from .models import Invitation, User, code_hash

logger = logging.getLogger(__name__)

LIFETIME = timedelta(days=1)


def is_missing() -> bool:
    """Whether nobody has an account yet."""
    return not User.objects.filter(is_bot=False).exists()


def announce() -> None:
    """Log a link for the first account, if there is none and no link that works.

    In a thread of its own: it closes its connections. Without tables it does nothing.
    """
    try:
        code = offer()
    except DatabaseError as error:
        logger.warning("Whether there is an account isn't known: %s", error)
        return
    finally:
        connections.close_all()
    if code:
        site, path = next(iter(settings.ORIGINS), ""), reverse("users:invitation")
        logger.warning("Make the first account, an administrator's: %s%s#%s", site, path, code)


def offer() -> str:
    """The code of a new link; "" if there is an account, or another link works."""
    firsts = Invitation.objects.filter(kind=Invitation.Kind.FIRST)
    with transaction.atomic():
        if not is_missing() or firsts.live().exists():
            return ""
        firsts.delete()
        code = secrets.token_urlsafe(24)
        # Of processes that start at once, one makes it: there is one row of the kind.
        row = Invitation(
            kind=Invitation.Kind.FIRST,
            code_hash=code_hash(code),
            expires_at=timezone.now() + LIFETIME,
        )
        made = Invitation.objects.bulk_create([row], ignore_conflicts=True)
    return code if Invitation.objects.filter(pk=made[0].pk).exists() else ""
