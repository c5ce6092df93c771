"""The chat pages: find, allow, call one action, answer."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import BadRequest
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from . import actions, presence
from .chat_list import colour_key, title_of
from .errors import Invalid, Refused
from .forms import GroupForm, MemberForm, MessageForm, NameForm, PermissionsForm
from .models import Chat, Message
from .pages import chat_page, render_page
from .people import acquaintances, find_people, people_by_id
from .permissions import permissions_for, permissions_of
from .timeline import Timeline


def find_chat(request: HttpRequest, chat_id: uuid.UUID) -> Chat:
    chat: Chat = Chat.objects.for_member(request.user).get(pk=chat_id)
    return chat


@require_GET
@chat_page
def chat_list(request: HttpRequest) -> HttpResponse:
    """The chats of a person; on a wide screen beside an empty pane."""
    return render_page(request, "chats/list.html", {})


@require_GET
@chat_page
def detail(request: HttpRequest, chat_id: uuid.UUID) -> HttpResponse:
    """A chat with its newest messages, those `?before=SEQ`, or those around `?at=MESSAGE`."""
    chat = find_chat(request, chat_id)
    timeline = Timeline(chat, request.user, before=_before(request), around=_around(request, chat))
    return render_page(request, "chats/detail.html", _detail_context(request, chat, timeline))


def _before(request: HttpRequest) -> int | None:
    text = request.GET.get("before", "")
    if text and not (text.isascii() and text.isdigit() and 0 < int(text[:20]) < 2**63):
        raise BadRequest("before: a number from 1 on.")
    return int(text) if text else None


def _around(request: HttpRequest, chat: Chat) -> Message | None:
    text = request.GET.get("at")
    if not text:
        return None
    try:
        message: Message = Message.objects.in_chat(chat.pk).get(pk=uuid.UUID(text))
    except ValueError:
        raise BadRequest("at: a UUID.") from None
    return message


def _detail_context(request: HttpRequest, chat: Chat, timeline: Timeline) -> dict[str, Any]:
    user: Any = request.user
    bots = get_user_model().objects.filter(is_bot=True)
    return {
        "chat": chat,
        "title": title_of(chat, user.pk, timeline.names),
        "colour_key": colour_key(chat, user.pk),
        "allowed": permissions_for(chat, user.pk),
        "timeline": timeline,
        "rows": list(timeline.rows()),
        "online": presence.online(chat.pk),
        "marker": timeline.markers.get(user.pk, 0),
        "markers_json": json.dumps(timeline.markers),
        "people_json": json.dumps(timeline.people),
        "bots_json": json.dumps(list(bots.values_list("pk", flat=True))),
        "max_length": settings.MESSAGE_MAX_LENGTH,
    }


@require_POST
@chat_page
def send(request: HttpRequest, chat_id: uuid.UUID) -> HttpResponse:
    """Send from a browser without scripts."""
    form = MessageForm(request.POST)
    try:
        if not form.is_valid():
            raise _invalid(form)
        actions.post_message(request.user, chat_id, **form.cleaned_data)
    except Invalid as refusal:
        find_chat(request, chat_id)
        messages.error(request, f"Not sent. {refusal.message}")
    return redirect("chats:detail", chat_id)


# New chats ---------------------------------------------------------------------------------------


@require_GET
@chat_page
def new(request: HttpRequest) -> HttpResponse:
    """Find a person to talk to."""
    query = request.GET.get("q", "").strip()
    people = find_people(request.user, query) if query else acquaintances(request.user)
    return render_page(request, "chats/new.html", {"query": query, "people": people})


@require_POST
@chat_page
def new_private(request: HttpRequest, user_id: int) -> HttpResponse:
    """Open the private chat with a person; it is made if there is none."""
    try:
        chat, _ = actions.create_private_chat(request.user, user_id)
    except Invalid as refusal:
        messages.error(request, refusal.message)
        return redirect("chats:new")
    return redirect("chats:detail", chat.pk)


@require_http_methods(["GET", "POST"])
@chat_page
def new_group(request: HttpRequest) -> HttpResponse:
    """Pick people and a name. Searching keeps what was picked: the form is sent by GET then."""
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
    return render_page(request, "chats/new_group.html", context, 400 if form.errors else 200)


def _create_group(request: HttpRequest, form: GroupForm) -> Chat | None:
    if not form.is_valid():
        return None
    try:
        return actions.create_group(request.user, **form.cleaned_data)
    except Invalid as refusal:
        form.add_error(refusal.field, refusal.message)
    return None


# The chat itself ---------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@chat_page
def rename(request: HttpRequest, chat_id: uuid.UUID) -> HttpResponse:
    chat = find_chat(request, chat_id)
    _allow(permissions_for(chat, request.user.pk).can_rename)  # type: ignore[arg-type]
    form = NameForm(request.POST or None, initial={"name": chat.name})
    if request.method == "POST" and form.is_valid():
        try:
            actions.rename_chat(request.user, chat, form.cleaned_data["name"])
            return redirect("chats:detail", chat.pk)
        except Invalid as refusal:
            form.add_error("name", refusal.message)
    context = {"chat": chat, "form": form}
    return render_page(request, "chats/rename.html", context, 400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@chat_page
def delete(request: HttpRequest, chat_id: uuid.UUID) -> HttpResponse:
    """Delete a chat for everybody, after a question."""
    chat = find_chat(request, chat_id)
    if request.method == "POST":
        actions.delete_chat(request.user, chat)
        messages.success(request, "The chat was deleted.")
        return redirect("chats:list")
    _allow(permissions_for(chat, request.user.pk).can_delete_chat)  # type: ignore[arg-type]
    return render_page(request, "chats/delete.html", {"chat": chat})


@require_http_methods(["GET", "POST"])
@chat_page
def leave(request: HttpRequest, chat_id: uuid.UUID) -> HttpResponse:
    chat = find_chat(request, chat_id)
    if request.method == "POST":
        actions.remove_member(request.user, chat, request.user.pk)  # type: ignore[arg-type]
        messages.success(request, f"You left {chat.name}.")
        return redirect("chats:list")
    _allow(permissions_for(chat, request.user.pk).can_leave)  # type: ignore[arg-type]
    return render_page(request, "chats/leave.html", {"chat": chat})


# Members -----------------------------------------------------------------------------------------


@require_GET
@chat_page
def members(request: HttpRequest, chat_id: uuid.UUID) -> HttpResponse:
    """Who is in a chat, what they may do, and people to add."""
    chat = find_chat(request, chat_id)
    return _members_page(request, chat)


@require_POST
@chat_page
def add_member(request: HttpRequest, chat_id: uuid.UUID) -> HttpResponse:
    chat = find_chat(request, chat_id)
    form = MemberForm(request.POST)
    try:
        if not form.is_valid():
            raise _invalid(form)
        actions.add_members(request.user, chat, [form.cleaned_data["user_id"]])
    except Invalid as refusal:
        return _members_page(request, chat, problem=refusal.message)
    return redirect("chats:members", chat.pk)


@require_http_methods(["GET", "POST"])
@chat_page
def remove_member(request: HttpRequest, chat_id: uuid.UUID, user_id: int) -> HttpResponse:
    """Remove a member from a group, after a question."""
    chat = find_chat(request, chat_id)
    if request.method == "POST":
        return _member_action(request, chat, actions.remove_member, user_id)
    _allow(permissions_for(chat, request.user.pk).can_remove_members)  # type: ignore[arg-type]
    return _ask_about_member(request, chat, user_id, "chats/remove_member.html")


@require_http_methods(["GET", "POST"])
@chat_page
def make_owner(request: HttpRequest, chat_id: uuid.UUID, user_id: int) -> HttpResponse:
    """Hand a group over to another member, after a question."""
    chat = find_chat(request, chat_id)
    if request.method == "POST":
        return _member_action(request, chat, actions.transfer_ownership, user_id)
    _allow(permissions_for(chat, request.user.pk).is_owner)  # type: ignore[arg-type]
    return _ask_about_member(request, chat, user_id, "chats/make_owner.html")


@require_POST
@chat_page
def permissions(request: HttpRequest, chat_id: uuid.UUID, user_id: int) -> HttpResponse:
    """Store the four switches of a member."""
    chat = find_chat(request, chat_id)
    form = PermissionsForm(request.POST)
    form.is_valid()  # a switch is on or off: there is nothing to get wrong
    return _member_action(request, chat, actions.set_permissions, user_id, **form.cleaned_data)


def _member_action(
    request: HttpRequest, chat: Chat, action: Any, user_id: int, **values: Any
) -> HttpResponse:
    try:
        action(request.user, chat, user_id, **values)
    except Invalid as refusal:
        return _members_page(request, chat, problem=refusal.message)
    return redirect("chats:members", chat.pk)


def _ask_about_member(
    request: HttpRequest, chat: Chat, user_id: int, template: str
) -> HttpResponse:
    people = get_user_model().objects.names([user_id])
    if user_id not in chat.member_ids or user_id not in people:
        return _members_page(request, chat, problem="This user is no member of the chat.")
    return render_page(request, template, {"chat": chat, "person": people[user_id]})


def _members_page(request: HttpRequest, chat: Chat, problem: str = "") -> HttpResponse:
    user: Any = request.user
    query = request.GET.get("q", "").strip()
    allowed = permissions_of(chat)
    names = get_user_model().objects.names(chat.member_ids)
    online = presence.online(chat.pk)
    rows = [
        {
            "person": names[user_id],
            "online": user_id in online,
            "allowed": allowed[user_id],
            "form": PermissionsForm(
                initial=allowed[user_id].as_flags(), auto_id=f"id_{user_id}_%s"
            ),
        }
        for user_id in chat.member_ids
        if user_id in names
    ]
    found = find_people(user, query) if query else []
    context = {
        "chat": chat,
        "title": title_of(chat, user.pk, names),
        "rows": sorted(rows, key=lambda row: (not row["allowed"].is_owner, row["person"].name)),  # type: ignore[attr-defined]
        "mine": permissions_for(chat, user.pk),
        "query": query,
        "people": [person for person in found if person.pk not in chat.member_ids],
        "problem": problem,
    }
    return render_page(request, "chats/members.html", context, 400 if problem else 200)


def _allow(rule: bool) -> None:
    if not rule:
        raise Refused("You may not do this in this chat.")


def _invalid(form: Form) -> Invalid:
    """The first thing that is wrong with a form."""
    field, errors = next(iter(form.errors.items()))
    return Invalid(field, errors[0])
