"""Who reacted to a message, in a dialog or on a page."""

from __future__ import annotations

import uuid
from itertools import groupby
from operator import itemgetter

from django.contrib.auth import get_user_model
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from chats.models import Message

from .rendering import MemberRequest, chat_page, find_chat, render_page

A_PAGE = 50


@require_safe
@chat_page
def reactions(request: MemberRequest, chat_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    """Who reacted with what: the emoji first used first, and of each who came first."""
    chat = find_chat(request, chat_id)
    message: Message = Message.objects.seen_by(chat, request.user.pk).get(pk=message_id)
    pairs = [(one, user_id) for one in message.reactions or [] for user_id in one["user_ids"]]
    page = Paginator(pairs, A_PAGE).get_page(request.GET.get("page"))
    names = get_user_model().objects.names({user_id for _, user_id in page})
    kinds = [
        {
            "emoji": one["emoji"],
            "count": len(one["user_ids"]),
            "people": [names.get(user_id) for _, user_id in some],
        }
        for one, some in groupby(page, itemgetter(0))
    ]
    context = {"chat": chat, "message": message, "kinds": kinds, "page_obj": page}
    return render_page(request, "chats/reactions.html", context)
