"""Invitations: finding them by their codes."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from chatproject.limits import limits
from chatproject.limits.addresses import client_network

from . import first_account
from .models import Invitation

KEY = "invitation"


def find(code: str, request: HttpRequest) -> Invitation | None:
    """The invitation with this code, if it still works; `TooMany` if too many are tried."""
    limits.INVITATION_CODES.spend(client_network(request))
    return _working(Invitation.objects.by_code(code))


def of_browser(request: HttpRequest) -> Invitation | None:
    """The invitation that this browser has opened, if it still works."""
    key = request.session.get(KEY)
    return _working(Invitation.objects.live().filter(pk=key).first()) if key else None


def keep(invitation: Invitation, request: HttpRequest) -> None:
    """Remember an invitation in the session: by its id, which is no code."""
    request.session[KEY] = str(invitation.pk)


def forget(request: HttpRequest) -> None:
    """End what `keep` began."""
    request.session.pop(KEY, None)


def _working(invitation: Invitation | None) -> Invitation | None:
    """The first account's works while there is none; others while who made them is active.

    Where accounts are closed, no other works.
    """
    if invitation is None:
        return None
    if invitation.kind == Invitation.Kind.FIRST:
        return invitation if first_account.is_missing() else None
    makes = (
        settings.REGISTRATION != "closed" and invitation.made_by and invitation.made_by.is_active
    )
    return invitation if makes else None
