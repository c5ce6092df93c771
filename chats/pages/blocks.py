"""Block and unblock the people of a chat; the list of all is a page of the account."""

from __future__ import annotations

import uuid

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from chats.errors import Refused
from chats.models import Chat
from users import blocks
from users.models import User

from .rendering import MemberRequest, chat_page, find_chat, render_page

NOBODY = "There is no such member."


@require_http_methods(["GET", "HEAD", "POST"])
@chat_page
def block(request: MemberRequest, chat_id: uuid.UUID, user_id: int) -> HttpResponse:
    """Block somebody of a chat, after a confirmation."""
    chat = find_chat(request, chat_id)
    people = get_user_model().objects.names([user_id])
    if user_id not in chat.member_ids or user_id not in people:
        raise Refused(NOBODY)
    if request.method == "POST":
        _block(request.user, user_id)
        return _back(chat)
    return render_page(request, "chats/block.html", {"chat": chat, "person": people[user_id]})


@require_POST
@chat_page
def unblock(request: MemberRequest, chat_id: uuid.UUID, user_id: int) -> HttpResponse:
    """End the block of somebody of a chat."""
    chat = find_chat(request, chat_id)
    blocks.unblock(request.user, user_id)
    return _back(chat)


def _block(user: User, user_id: int) -> None:
    try:
        blocks.block(user, user_id)
    except ValidationError as error:
        raise Refused(error.messages[0]) from None
    except User.DoesNotExist:
        raise Refused(NOBODY) from None


def _back(chat: Chat) -> HttpResponse:
    return redirect("chats:members" if chat.is_group else "chats:detail", chat.pk)
