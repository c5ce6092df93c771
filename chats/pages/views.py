"""The chat pages: find the chat, check the rule, call one action, respond."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chats import actions
from chats.errors import Invalid
from chats.models import Chat, JoinRequest, Message
from chats.permissions import Permissions, is_closed, permissions_for
from chats.representation import title_of

from .chat_list import colour_key
from .forms import GroupForm, MessageForm, NameForm, first_error
from .people import acquaintances, find_people, people_by_id
from .rendering import MemberRequest, allow, chat_page, find_chat, render_page
from .timeline import Timeline

LISTED_WITH_CHAT = 40  # chats listed next to an open one; the script loads more


@require_safe
@chat_page
def chat_list(request: MemberRequest) -> HttpResponse:
    """The user's chat list."""
    return render_page(request, "chats/list.html", {}, whole=True)


@require_safe
@chat_page
def detail(request: MemberRequest, chat_id: uuid.UUID) -> HttpResponse:
    """A chat: where reading continues, before `?before=SEQ`, or around `?at=MESSAGE`."""
    return render_chat(request, find_chat(request, chat_id))


def render_chat(request: MemberRequest, chat: Chat, **more: Any) -> HttpResponse:
    """The page of a chat, at the place that the request asks for."""
    timeline = Timeline(chat, request.user, before=_before(request), around=_around(request, chat))
    context = chat_context(request, chat, timeline) | more
    return render_page(request, "chats/detail.html", context, whole=True, listed=LISTED_WITH_CHAT)


def _before(request: MemberRequest) -> int | None:
    text = request.GET.get("before", "")
    if text and not re.fullmatch("[1-9][0-9]{0,17}", text):
        raise BadRequest("before: a number from 1 on, of at most 18 digits.")
    return int(text) if text else None


def _around(request: MemberRequest, chat: Chat) -> Message | None:
    text = request.GET.get("at")
    if not text:
        return None
    try:
        message: Message = Message.objects.seen_by(chat, request.user.pk).get(pk=uuid.UUID(text))
    except ValueError:
        raise BadRequest("at: a UUID.") from None
    return message


def chat_context(request: MemberRequest, chat: Chat, timeline: Timeline) -> dict[str, Any]:
    """What a template shows of a chat with these messages."""
    user = request.user
    allowed = permissions_for(chat, user.pk)
    return {
        "chat": chat,
        "title": title_of(chat.name, chat.other_id(user.pk), timeline.names),
        "colour_key": colour_key(chat, user.pk),
        "allowed": allowed,
        "asking": _asking(chat, allowed),
        "closed": is_closed(chat, user.pk),
        "other": timeline.names.get(chat.other_id(user.pk)),
        "flags_json": json.dumps(allowed.as_flags()),
        "timeline": timeline,
        "rows": list(timeline.rows()),
        "markers_json": json.dumps([*timeline.markers.items()], separators=(",", ":")),
        "member_ids_json": json.dumps(chat.member_ids, separators=(",", ":")),
        "people_json": json.dumps(timeline.people),
        "bots_json": json.dumps([get_user_model().objects.bot().pk]),
        "max_length": settings.MESSAGE_MAX_LENGTH,
        "most_files": settings.ATTACHMENTS_PER_MESSAGE,
        "most_bytes": settings.ATTACHMENT_MAX_SIZE,
        "client_id": uuid.uuid4().hex,
        "answers": bool(settings.AI_API_KEY),
        "history": settings.AI_HISTORY if chat.assistant_sees_history else 0,
        "photos": bool(settings.UNSPLASH_ACCESS_KEY),
        "moderates": user.is_staff and user.has_perm("chats.moderate_chat"),
    }


def _asking(chat: Chat, allowed: Permissions) -> int:
    """How many ask to join, for those who may answer."""
    if chat.access != Chat.Access.REQUEST or not allowed.can_add_members:
        return 0
    count: int = JoinRequest.objects.waiting(chat.pk).count()
    return count


@require_POST
@chat_page
def send(request: MemberRequest, chat_id: uuid.UUID) -> HttpResponse:
    """Send a message by a form, from a browser without scripts."""
    form = MessageForm(request.POST)
    try:
        if not form.is_valid():
            raise first_error(form)
        message, _ = actions.post_message(request.user, chat_id, **form.cleaned_data)
    except Invalid as refusal:
        find_chat(request, chat_id)
        messages.error(request, f"Not sent. {refusal.message}")
        return redirect("chats:detail", chat_id)
    if message.reply_to:  # only written in a thread
        return redirect("chats:thread", chat_id, message.reply_to)
    # To the message, even where reading continues further up.
    return redirect(f"{reverse('chats:detail', args=[chat_id])}?before={message.seq + 1}")


# New chats ---------------------------------------------------------------------------------------


@require_safe
@chat_page
def new(request: MemberRequest) -> HttpResponse:
    """Find a person to talk to."""
    query = request.GET.get("q", "").strip()
    people = find_people(request.user, query) if query else acquaintances(request.user)
    return render_page(request, "chats/new.html", {"query": query, "people": people})


@require_POST
@chat_page
def new_private(request: MemberRequest, user_id: int) -> HttpResponse:
    """Open the private chat with a person; create it if there is none."""
    try:
        chat, _ = actions.create_private_chat(request.user, user_id)
    except Invalid as refusal:
        messages.error(request, refusal.message)
        return redirect("chats:new")
    return redirect("chats:detail", chat.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@chat_page
def new_group(request: MemberRequest) -> HttpResponse:
    """Create a group of picked people. A search submits the form by GET, which keeps the picks."""
    form = GroupForm(request.POST or None, initial={"name": request.GET.get("name", "")})
    if request.method == "POST":
        chat = _create_group(request, form)
        if chat:
            return redirect("chats:detail", chat.pk)
    data = request.POST if request.method == "POST" else request.GET
    query = data.get("q", "").strip()
    picked = people_by_id(data.getlist("member_ids"))
    found = find_people(request.user, query) if query else acquaintances(request.user)
    context = {
        "form": form,
        "query": query,
        "picked": picked,
        "people": [person for person in found if person not in picked],
    }
    return render_page(request, "chats/new_group.html", context, status=400 if form.errors else 200)


def _create_group(request: MemberRequest, form: GroupForm) -> Chat | None:
    if not form.is_valid():
        return None
    try:
        return actions.create_group(request.user, **form.cleaned_data)
    except Invalid as refusal:
        form.add_error(refusal.field, refusal.message)
    return None


# The chat itself ---------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@chat_page
def rename(request: MemberRequest, chat_id: uuid.UUID) -> HttpResponse:
    """Rename a group."""
    chat = find_chat(request, chat_id)
    allow(permissions_for(chat, request.user.pk).can_rename)
    form = NameForm(request.POST or None, initial={"name": chat.name})
    if request.method == "POST" and form.is_valid():
        try:
            actions.rename_chat(request.user, chat, form.cleaned_data["name"])
            return redirect("chats:detail", chat.pk)
        except Invalid as refusal:
            form.add_error("name", refusal.message)
    context = {"chat": chat, "form": form}
    return render_page(request, "chats/rename.html", context, status=400 if form.errors else 200)
