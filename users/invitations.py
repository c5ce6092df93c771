"""Invitations: making, finding, opening and withdrawing them."""

from __future__ import annotations

import secrets
import uuid
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from chatproject.limits import limits
from chatproject.limits.addresses import client_network

from . import first_account, group_invitations
from .models import Invitation, User, code_hash

DAYS, MAX_DAYS = 7, 30  # how long one works
MAX_USES = 100
KEY = "invitation"  # in a session
MAY_NOT_INVITE = "You may not invite people to this site."
MAY_NOT_INVITE_TO_GROUPS = "You may not make invitations."


# Making ------------------------------------------------------------------------------------------


def may_invite(user: Any) -> bool:
    """Whether a user may make invitations to the site now, and those that they made work."""
    return settings.REGISTRATION != "closed" and may_invite_to_groups(user)


def may_invite_to_groups(user: Any) -> bool:
    """Whether a user may make invitations to groups that let them add people, and those work."""
    if not (user.is_authenticated and user.is_active):
        return False
    return bool(settings.INVITATIONS == "members" or user.is_staff)


def check_may_invite(user: User) -> None:
    """PermissionDenied for those who may not make invitations to the site."""
    if not may_invite(user):
        raise PermissionDenied(MAY_NOT_INVITE)


def make(
    user: User, *, days: int = DAYS, max_uses: int = 1, client_id: str | None = None
) -> tuple[Invitation, str]:
    """A new invitation to the site, and its code; see `_make`."""
    check_may_invite(user)
    return _make(user, days, max_uses, client_id, kind=Invitation.Kind.SITE)


def make_for_group(
    user: User,
    chat_id: uuid.UUID,
    *,
    days: int = DAYS,
    max_uses: int = 1,
    client_id: str | None = None,
) -> tuple[Invitation, str]:
    """A new invitation to a group, and its code; whether the group lets them isn't asked here."""
    if not may_invite_to_groups(user):
        raise PermissionDenied(MAY_NOT_INVITE_TO_GROUPS)
    return _make(user, days, max_uses, client_id, kind=Invitation.Kind.GROUP, chat_id=chat_id)


def _make(
    user: User, days: int, max_uses: int, client_id: str | None, **columns: Any
) -> tuple[Invitation, str]:
    """A new invitation, and its code, which isn't stored; `TooMany` beyond the limit.

    The same with the same `client_id` is the invitation that was made.
    """
    code = secrets.token_urlsafe(24)
    if client_id:
        code = _code_of(user.pk, client_id, days, max_uses, *columns.values())
        if made := Invitation.objects.filter(code_hash=code_hash(code)).first():
            return made, code
    limits.INVITATIONS.spend(user.pk)
    made, _ = Invitation.objects.get_or_create(
        code_hash=code_hash(code),
        defaults={
            **columns,
            "made_by": user,
            "expires_at": timezone.now() + timedelta(days=days),
            "max_uses": max_uses,
            "uses_left": max_uses,
        },
    )
    return made, code


def _code_of(*asked: object) -> str:
    """A code that nobody else can guess, and that is the same for the same."""
    text = "\n".join(map(str, asked))
    digest = salted_hmac("users.invitations", text, algorithm="sha256").digest()
    return urlsafe_b64encode(digest[:24]).decode()


def link(code: str) -> str:
    """The address to hand on; the code is behind the `#`, where no server sees it."""
    return f"{next(iter(settings.ORIGINS), '')}{reverse('users:invitation')}#{code}"


def of(user: User) -> QuerySet[Invitation]:
    """A person's invitations to the site with who came by them, the newest first."""
    return _listed(made_by=user, kind=Invitation.Kind.SITE)


def of_group(chat_id: uuid.UUID, **conditions: Any) -> QuerySet[Invitation]:
    """The invitations to a group with who came by them, the newest first."""
    return _listed(chat_id=chat_id, **conditions)


def _listed(**conditions: Any) -> QuerySet[Invitation]:
    found: QuerySet[Invitation] = (
        Invitation.objects.filter(**conditions)
        .select_related("made_by")
        .order_by("-created_at", "pk")
        .prefetch_related("arrivals__user")
    )
    return found


def revoke(some: QuerySet[Invitation], invitation_id: uuid.UUID) -> bool:
    """Withdraw one of these invitations; False if it isn't among them."""
    found = some.filter(pk=invitation_id)
    found.filter(revoked_at=None).update(revoked_at=timezone.now())
    return found.exists()


# Opening -----------------------------------------------------------------------------------------


def find(code: str, request: HttpRequest) -> Invitation | None:
    """The invitation with this code, if it still works; `TooMany` if too many are tried."""
    limits.INVITATION_CODES.spend(client_network(request))
    return _working(Invitation.objects.by_code(code, request.user.pk))


def of_browser(request: HttpRequest) -> Invitation | None:
    """The invitation that this browser has opened, if it still works."""
    key = request.session.get(KEY)
    live = Invitation.objects.live(request.user.pk)
    return _working(live.filter(pk=key).first()) if key else None


def keep(invitation: Invitation, request: HttpRequest) -> None:
    """Remember an invitation in the session: by its id, which is no code."""
    request.session[KEY] = str(invitation.pk)


def forget(request: HttpRequest) -> None:
    """End what `keep` began."""
    request.session.pop(KEY, None)


def _working(invitation: Invitation | None) -> Invitation | None:
    """The first account's works while there is none; others while who made them may invite."""
    if invitation is None:
        return None
    if invitation.kind == Invitation.Kind.FIRST:
        return invitation if first_account.is_missing() else None
    if invitation.kind == Invitation.Kind.GROUP:
        return invitation if _leads_to_a_group(invitation) else None
    return invitation if invitation.made_by and may_invite(invitation.made_by) else None


def _leads_to_a_group(invitation: Invitation) -> bool:
    maker = invitation.made_by
    lets = maker is not None and may_invite_to_groups(maker)
    return lets and group_invitations.name_of(invitation) is not None
