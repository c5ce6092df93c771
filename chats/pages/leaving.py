"""Leave, clear or delete a chat, each after a confirmation."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from chatproject.text.bidi import isolate
from chats import actions
from chats.models import Chat
from chats.permissions import permissions_for
from chats.representation import title_of

from .forms import DeleteGroupForm
from .rendering import MemberRequest, allow, chat_page, find_chat, render_page


def _title(request: MemberRequest, chat: Chat) -> str:
    other = chat.other_id(request.user.pk)
    return title_of(chat.name, other, get_user_model().objects.names([other] if other else []))


@require_http_methods(["GET", "HEAD", "POST"])
@chat_page
def delete(request: MemberRequest, chat_id: uuid.UUID) -> HttpResponse:
    """Delete a chat for everybody; of a group the name must be typed."""
    chat = find_chat(request, chat_id)
    allow(permissions_for(chat, request.user.pk).can_delete_chat)
    form = DeleteGroupForm(chat.name, request.POST or None) if chat.is_group else None
    if request.method == "POST" and (form is None or form.is_valid()):
        actions.delete_chat(request.user, chat)
        messages.success(request, "The chat was deleted.")
        return redirect("chats:list")
    context = {"chat": chat, "title": _title(request, chat), "form": form}
    status = 400 if form and form.errors else 200
    return render_page(request, "chats/delete.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@chat_page
def clear(request: MemberRequest, chat_id: uuid.UUID) -> HttpResponse:
    """Hide what was said until now from oneself."""
    chat = find_chat(request, chat_id)
    if request.method == "POST":
        actions.clear_chat(request.user, chat)
        return redirect("chats:detail", chat.pk)
    context = {"chat": chat, "title": _title(request, chat)}
    return render_page(request, "chats/clear.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@chat_page
def leave(request: MemberRequest, chat_id: uuid.UUID) -> HttpResponse:
    """Leave a group."""
    chat = find_chat(request, chat_id)
    if request.method == "POST":
        actions.remove_member(request.user, chat, request.user.pk)
        messages.success(request, f"You left {isolate(chat.name)}.")
        return redirect("chats:list")
    allow(permissions_for(chat, request.user.pk).can_leave)
    return render_page(request, "chats/leave.html", {"chat": chat})
