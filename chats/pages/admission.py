"""Who may come into a group, on the pages of its members: invitations, requests, bans, access."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from chats import actions
from chats.errors import Invalid
from chats.models import ChatPermissions, JoinRequest
from chats.permissions import permissions_for
from users import invitations
from users.models import Invitation
from users.pages.invitation_forms import NewInvitationForm

from .forms import AccessForm
from .rendering import MemberRequest, allow, chat_page, find_chat, render_page

A_PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@chat_page
def access(request: MemberRequest, chat_id: uuid.UUID) -> HttpResponse:
    """Say who may join a group by themselves."""
    chat = find_chat(request, chat_id)
    allow(permissions_for(chat, request.user.pk).can_change_access)
    initial = {name: getattr(chat, name) for name in AccessForm.base_fields}
    form = AccessForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.change_access(request.user, chat, **form.cleaned_data)
        return redirect("chats:members", chat.pk)
    context = {"chat": chat, "form": form, "history": settings.AI_HISTORY}
    return render_page(request, "chats/access.html", context, status=400 if form.errors else 200)


# Requests and bans -------------------------------------------------------------------------------


@require_POST
@chat_page
def accept_request(request: MemberRequest, chat_id: uuid.UUID, user_id: int) -> HttpResponse:
    """Let somebody in who asks to join."""
    return _answer(request, chat_id, actions.accept_request, user_id)


@require_POST
@chat_page
def refuse_request(request: MemberRequest, chat_id: uuid.UUID, user_id: int) -> HttpResponse:
    """Refuse somebody who asks to join."""
    return _answer(request, chat_id, actions.refuse_request, user_id)


@require_POST
@chat_page
def lift_ban(request: MemberRequest, chat_id: uuid.UUID, user_id: int) -> HttpResponse:
    """Let somebody back who was removed."""
    return _answer(request, chat_id, actions.lift_ban, user_id)


def _answer(request: MemberRequest, chat_id: uuid.UUID, action: Any, user_id: int) -> HttpResponse:
    chat = find_chat(request, chat_id)
    try:
        action(request.user, chat, user_id)
    except (JoinRequest.DoesNotExist, ChatPermissions.DoesNotExist):
        messages.info(request, "Somebody else was faster.")
    except Invalid as refusal:
        messages.error(request, refusal.message)
    return redirect("chats:members", chat.pk)


# Invitations -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@chat_page
def group_invitations(request: MemberRequest, chat_id: uuid.UUID) -> HttpResponse:
    """List the invitations to a group and who came by them, and make one."""
    chat = find_chat(request, chat_id)
    may_make = actions.may_invite(request.user, chat)
    form = NewInvitationForm(request.POST or None)
    link = ""
    if request.method == "POST":
        allow(may_make)
        if form.is_valid():
            _, code = actions.make_invitation(request.user, chat, **form.cleaned_data)
            # In this answer alone: nothing that is stored can be used.
            link, form = invitations.link(code), NewInvitationForm()
    pages = Paginator(actions.group_invitations_of(request.user, chat), A_PAGE)
    context = {
        "chat": chat,
        "form": form,
        "link": link,
        "may_make": may_make,
        "page_obj": pages.get_page(request.GET.get("page")),
    }
    status = 400 if form.errors else 200
    return render_page(request, "chats/invitations.html", context, status=status)


@require_POST
@chat_page
def revoke_invitation(
    request: MemberRequest, chat_id: uuid.UUID, invitation_id: uuid.UUID
) -> HttpResponse:
    """Withdraw an invitation to a group."""
    chat = find_chat(request, chat_id)
    try:
        actions.revoke_invitation(request.user, chat, invitation_id)
    except Invitation.DoesNotExist:
        messages.info(request, "There is no such invitation.")
    return redirect("chats:group_invitations", chat.pk)
