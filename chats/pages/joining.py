"""The pages by which people join groups: the list of groups, and the page of an invitation."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chatproject.limits import limits
from chats import actions
from chats.errors import Invalid, Refused
from chats.models import Chat, Directory, JoinRequest
from users import group_invitations, invitations
from users.models import Invitation, User
from users.registration import BAD_INVITATION

from .people import FOUND, NAME_MAX_LENGTH
from .rendering import MemberRequest, chat_page, render_page


@require_safe
@chat_page
def groups(request: MemberRequest) -> HttpResponse:
    """Groups that anybody may find, to join or to ask."""
    return _groups_page(request)


def _groups_page(request: MemberRequest, problem: str = "") -> HttpResponse:
    query = request.GET.get("q", "").strip()[:NAME_MAX_LENGTH].replace("\x00", "")
    limits.SEARCHES.spend(request.user.pk)
    found: Any = Directory(request.user, query)
    pages = Paginator(found, FOUND)
    context = {
        "query": query,
        "page_obj": pages.get_page(request.GET.get("page")),
        "problem": problem,
    }
    return render_page(request, "chats/groups.html", context, status=400 if problem else 200)


@require_POST
@chat_page
def join(request: MemberRequest, chat_id: uuid.UUID) -> HttpResponse:
    """Join a group of the list, or ask to."""
    try:
        joined = actions.join_group(request.user, chat_id)
    except Invalid as refusal:
        return _groups_page(request, refusal.message)
    return redirect("chats:detail", chat_id) if joined else redirect("chats:groups")


@require_POST
@chat_page
def withdraw(request: MemberRequest, chat_id: uuid.UUID) -> HttpResponse:
    """No longer ask to join a group."""
    try:
        actions.withdraw_request(request.user, chat_id)
    except JoinRequest.DoesNotExist:
        return _groups_page(request, "Your request was answered already.")
    return redirect("chats:groups")


# An invitation -----------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """The group of the invitation that this browser has opened, with a button to join."""
    found = invitations.of_browser(request)
    group = group_invitations.name_of(found) if found else None
    if found is None or group is None:
        return _ended(request)
    if request.method == "POST":
        if not isinstance(request.user, User):
            return redirect_to_login(request.path)
        return _join(request, request.user, found)
    return _invitation_page(request, found, group)


def _join(request: HttpRequest, user: User, found: Invitation) -> HttpResponse:
    try:
        chat = actions.join_by_invitation(user, found)
    except (Invalid, Refused, Chat.DoesNotExist) as refusal:
        assert found.chat_id is not None
        Chat.objects.confirm(found.chat_id)
        if isinstance(refusal, Chat.DoesNotExist):
            return _ended(request)
        problem = getattr(refusal, "message", str(refusal))
        group = group_invitations.name_of(found) or "a group"
        return _invitation_page(request, found, group, problem)
    invitations.forget(request)
    return redirect("chats:detail", chat.pk)


def _invitation_page(
    request: HttpRequest, found: Invitation, group: str, problem: str = ""
) -> HttpResponse:
    context = {
        "invitation": found,
        "group": group,
        "problem": problem,
        "may_sign_up": settings.REGISTRATION != "closed",
    }
    return render(request, "chats/invitation.html", context, status=403 if problem else 200)


def _ended(request: HttpRequest) -> HttpResponse:
    invitations.forget(request)
    messages.error(request, BAD_INVITATION)
    return redirect("users:invitation")
