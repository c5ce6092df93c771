"""The members panel: who is in a chat, and what they may do."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chats import actions
from chats.errors import Invalid
from chats.models import Chat, ChatPermissions
from chats.permissions import Permissions, online_to, permissions_for, permissions_of
from chats.representation import title_of
from users.models import User

from .forms import MemberForm, PermissionsForm, first_error
from .people import find_people
from .rendering import MemberRequest, allow, chat_page, find_chat, render_page

SHOWN = 50  # people who ask to join, and who are kept out


@require_safe
@chat_page
def members(request: MemberRequest, chat_id: uuid.UUID) -> HttpResponse:
    """Who is in a chat, what they may do, and people to add."""
    chat = find_chat(request, chat_id)
    return _members_page(request, chat)


@require_POST
@chat_page
def add_member(request: MemberRequest, chat_id: uuid.UUID) -> HttpResponse:
    """Add a person to a group."""
    chat = find_chat(request, chat_id)
    form = MemberForm(request.POST)
    try:
        if not form.is_valid():
            raise first_error(form)
        actions.add_members(request.user, chat, [form.cleaned_data["user_id"]], field="user_id")
    except Invalid as refusal:
        return _members_page(request, chat, problem=refusal.message)
    return redirect("chats:members", chat.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@chat_page
def remove_member(request: MemberRequest, chat_id: uuid.UUID, user_id: int) -> HttpResponse:
    """Remove a member from a group, after a confirmation."""
    chat = find_chat(request, chat_id)
    if request.method == "POST":
        if user_id == request.user.pk:
            return redirect("chats:leave", chat.pk)
        return _member_action(request, chat, actions.remove_member, user_id)
    mine = permissions_for(chat, request.user.pk)
    allow(mine.can_remove_members)
    if user_id in chat.member_ids:
        allow(mine.can_remove(permissions_for(chat, user_id)))
    return _ask_about_member(request, chat, user_id, "chats/remove_member.html")


@require_http_methods(["GET", "HEAD", "POST"])
@chat_page
def make_owner(request: MemberRequest, chat_id: uuid.UUID, user_id: int) -> HttpResponse:
    """Transfer a group to another member, after a confirmation."""
    chat = find_chat(request, chat_id)
    if request.method == "POST":
        return _member_action(request, chat, actions.transfer_ownership, user_id)
    allow(permissions_for(chat, request.user.pk).is_owner)
    return _ask_about_member(request, chat, user_id, "chats/make_owner.html")


@require_POST
@chat_page
def permissions(request: MemberRequest, chat_id: uuid.UUID, user_id: int) -> HttpResponse:
    """Store the permissions of a member that the user may change."""
    chat = find_chat(request, chat_id)
    form = PermissionsForm(request.POST)
    form.is_valid()  # a switch is on or off: there is nothing to get wrong
    # Browsers send nothing for the switches that the page disables, as for those that are off.
    own = permissions_for(chat, request.user.pk).grantable
    flags = {name: value for name, value in form.cleaned_data.items() if name in own}
    return _member_action(request, chat, actions.set_permissions, user_id, **flags)


def _member_action(
    request: MemberRequest, chat: Chat, action: Any, user_id: int, **values: Any
) -> HttpResponse:
    try:
        action(request.user, chat, user_id, **values)
    except Invalid as refusal:
        return _members_page(request, chat, problem=refusal.message)
    return redirect("chats:members", chat.pk)


def _ask_about_member(
    request: MemberRequest, chat: Chat, user_id: int, template: str
) -> HttpResponse:
    people = get_user_model().objects.names([user_id])
    if user_id not in chat.member_ids or user_id not in people:
        return _members_page(request, chat, problem="This user is no member of the chat.")
    return render_page(request, template, {"chat": chat, "person": people[user_id]})


def _is_managed(mine: Permissions, theirs: Permissions) -> bool:
    """Whether the user may change something about a member of a group."""
    changes = mine.can_grant_permissions and not theirs.is_owner
    return theirs.chat.is_group and (changes or mine.can_remove(theirs))


def _kept_out(chat: Chat, mine: Permissions, user_ids: list[int]) -> set[int]:
    """Those of these people who were removed, and whom the user may not add again."""
    if not user_ids or mine.can_remove_members:
        return set()
    return ChatPermissions.objects.removed_among(chat.pk, user_ids)


def _rows_of(rows: Any) -> tuple[list[Any], int]:
    """The people of up to `SHOWN` rows, and how many more there are."""
    shown, count = list(rows[:SHOWN]), rows.count()
    names = get_user_model().objects.names([row.user_id for row in shown])
    return [names[row.user_id] for row in shown if row.user_id in names], count - len(shown)


def _admission(user: User, chat: Chat, mine: Permissions) -> dict[str, Any]:
    """Who asks to join and who is kept out, for those who may answer."""
    asking = _rows_of(actions.join_requests_of(user, chat)) if mine.can_add_members else ([], 0)
    kept_out = chat.is_group and mine.can_remove_members
    bans = _rows_of(actions.bans_of(user, chat)) if kept_out else ([], 0)
    return {
        "asking": asking[0],
        "more_asking": asking[1],
        "banned": bans[0],
        "more_banned": bans[1],
        "may_invite": actions.may_invite(user, chat),
    }


def _looked_for(request: MemberRequest) -> int | None:
    """The member whose entry is shown, where a mention of them leads."""
    text = request.GET.get("person", "")
    return int(text) if re.fullmatch("[0-9]{1,19}", text) else None


def _members_page(request: MemberRequest, chat: Chat, problem: str = "") -> HttpResponse:
    user = request.user
    query = request.GET.get("q", "").strip()
    allowed = permissions_of(chat)
    mine = allowed[user.pk]
    names = get_user_model().objects.names(chat.member_ids)
    online = online_to(user.pk, chat)
    rows = [
        {
            "person": names[user_id],
            "online": user_id in online,
            "allowed": allowed[user_id],
            "removable": mine.can_remove(allowed[user_id]),
            "managed": _is_managed(mine, allowed[user_id]),
            "blocked": user_id in user.blocked_ids,
            "form": PermissionsForm(
                initial=allowed[user_id].as_flags(), auto_id=f"id_{user_id}_%s"
            ),
        }
        for user_id in chat.member_ids
        if user_id in names
    ]
    found = find_people(user, query) if query else []
    people = [person for person in found if person.pk not in chat.member_ids]
    context = {
        "chat": chat,
        "title": title_of(chat.name, chat.other_id(user.pk), names),
        "rows": sorted(rows, key=lambda row: (not row["allowed"].is_owner, row["person"].name)),
        "mine": mine,
        "query": query,
        "people": people,
        "kept_out": _kept_out(chat, mine, [person.pk for person in people]),
        "problem": problem,
        "looked_for": _looked_for(request),
        **_admission(user, chat, mine),
    }
    return render_page(request, "chats/members.html", context, status=400 if problem else 200)
