"""The page of one message: what was said around it, and a way to deactivate its sender."""

from __future__ import annotations

import uuid
from datetime import UTC
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from chats.models import Message, MessageRow
from users import actions
from users.models import User

from .moderation import ModerationAdmin, People, excerpt

NEIGHBOURS = 10  # messages that are shown before, and after


class MessagePage(ModerationAdmin):
    """Shows a message among its neighbours."""

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.deactivate_sender)
        name = "chats_message_deactivate_sender"
        return [path("<uuid:message_id>/sender/deactivate/", page, name=name), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        message = kwargs.get("obj")
        if message is not None:
            context["neighbours"] = _neighbours(message)
            context["sender"] = self._deactivatable(request, message)
        return super().render_change_form(request, context, *args, **kwargs)

    def deactivate_sender(self, request: HttpRequest, message_id: uuid.UUID) -> HttpResponse:
        """Confirm (GET), then deactivate a message's sender (POST); 403 without the permissions."""
        message = self.get_object(request, str(message_id))
        if message is None:
            raise Http404
        sender = self._deactivatable(request, message)
        if sender is None:
            raise PermissionDenied
        name = People([sender.pk]).name(sender.pk)
        if request.method != "POST":
            return self.confirmation(
                request,
                title="Deactivate the sender?",
                warning="They are signed out everywhere at once, and can't sign in.",
                lines=[f"{name} (@{sender.username})"],
                verb="Deactivate",
            )
        actions.deactivate(sender)
        self.admin_site.get_model_admin(User).log_change(request, sender, "Deactivated.")
        self.message_user(request, f"{name} was deactivated.", messages.SUCCESS)
        return redirect("admin:chats_message_change", message_id)

    def _deactivatable(self, request: HttpRequest, message: Message) -> User | None:
        """The sender, if whoever asks may deactivate them."""
        users = self.admin_site.get_model_admin(User)
        sender = User.objects.filter(pk=message.sender_id, is_active=True, is_bot=False).first()
        if sender is None or sender == request.user or not self.has_moderate_permission(request):
            return None
        return sender if users.has_change_permission(request, sender) else None


def _neighbours(message: Message) -> list[dict[str, Any]]:
    """A message and up to `NEIGHBOURS` on each side of it, in order."""
    low, high = message.seq - NEIGHBOURS - 1, message.seq + NEIGHBOURS
    rows = Message.objects.between(message.chat_id, low, high)
    people = People(row.sender_id for row in rows)
    return [
        {
            "id": uuid.UUID(row.id),
            "is_shown": row.seq == message.seq,
            "sent_at": row.created_at.replace(tzinfo=UTC),
            "sender": people.name(row.sender_id),
            "text": _text(row),
        }
        for row in rows
    ]


def _text(row: MessageRow) -> str:
    if row.deleted_at:
        return "(deleted)"
    return f"{excerpt(row)} (edited)" if row.edited_at else excerpt(row)
