"""What is kept of messages, in a dialog or on a page: pins, and former texts."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from chatproject.text.cuts import cut
from chats import actions
from chats.models import Message, MessageRow
from chats.models.previews import named_files
from chats.permissions import permissions_for
from chats.representation import MessageContext, dashed

from .rendering import MemberRequest, chat_page, find_chat, render_page

EXCERPT = 280  # characters of a pinned message


@require_safe
@chat_page
def pins(request: MemberRequest, chat_id: uuid.UUID) -> HttpResponse:
    """The pinned messages of a chat."""
    chat = find_chat(request, chat_id)
    rows = Message.objects.pins(chat, request.user.pk)
    people = {row.pinned_by for row in rows if row.pinned_by}
    names = MessageContext.of(rows, people=people).names
    folded = request.user.blocked_ids if chat.is_group else frozenset()
    context = {
        "chat": chat,
        "pins": [_pin(row, names, folded) for row in rows],
        "hidden": chat.pin_count - len(rows),  # from before one came
        "may_unpin": permissions_for(chat, request.user.pk).can_pin_messages,
    }
    return render_page(request, "chats/pins.html", context)


def _pin(row: MessageRow, names: Any, folded: frozenset[int]) -> dict[str, Any]:
    text = cut(row.content, EXCERPT) or named_files(row.attachments)
    return {
        "id": dashed(row.id),
        "sender": names.get(row.sender_id),
        "text": "Message from somebody you blocked" if row.sender_id in folded else text,
        "sent_at": row.created_at,
        "pinned_by": names.get(row.pinned_by),
    }


@require_POST
@chat_page
def unpin(request: MemberRequest, chat_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    """Unpin a message, and show the others."""
    chat = find_chat(request, chat_id)
    message = Message.objects.seen_by(chat, request.user.pk).get(pk=message_id)
    actions.unpin_message(request.user, chat, message)
    return redirect("chats:pins", chat_id)


@require_safe
@chat_page
def edits(request: MemberRequest, chat_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    """What a message said before it was edited, and what it says now."""
    chat = find_chat(request, chat_id)
    message: Message = Message.objects.seen_by(chat, request.user.pk).get(pk=message_id)
    texts = actions.former_texts(request.user, chat, message)
    context = {"chat": chat, "message": message, "texts": texts}
    return render_page(request, "chats/edits.html", context)
