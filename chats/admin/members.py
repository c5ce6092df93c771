"""What moderators do with the members of a group, each after a question."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from chatproject.text.bidi import isolate
from chats import actions
from chats.errors import Invalid, Refused
from chats.models import Chat

from .filters import LARGEST
from .moderation import ModerationAdmin, People


class MembersAdmin(ModerationAdmin):
    """Pages that ask, and then remove a member or make one the owner."""

    def get_urls(self) -> list[URLPattern]:
        pages = {"remove": self.remove_member, "make_owner": self.make_owner}
        names = {"remove": "chats_chat_remove_member", "make_owner": "chats_chat_make_owner"}
        own = [
            path(
                f"<uuid:chat_id>/members/<int:user_id>/{name}/",
                self.admin_site.admin_view(page),
                name=names[name],
            )
            for name, page in pages.items()
        ]
        return [*own, *super().get_urls()]

    def remove_member(self, request: HttpRequest, chat_id: uuid.UUID, user_id: int) -> HttpResponse:
        """Confirm (GET), then remove a member from a group (POST); 403 unless a moderator."""
        chat = self._group(request, chat_id, user_id)
        name = People([user_id]).name(user_id)
        if request.method != "POST":
            return self.confirmation(
                request,
                title="Remove a member?",
                lines=[f"{name} from {isolate(str(chat))}"],
                verb="Remove from the chat",
            )
        if self._done(request, chat, user_id, actions.remove_member):
            # By id: a name in the log would outlast its account.
            self.log_change(request, chat, f"Removed user {user_id}.")
            self.message_user(request, f"{name} was removed.", messages.SUCCESS)
        return _page_of(chat)

    def make_owner(self, request: HttpRequest, chat_id: uuid.UUID, user_id: int) -> HttpResponse:
        """Confirm (GET), then hand a group over to a member (POST); 403 unless a moderator."""
        chat = self._group(request, chat_id, user_id)
        name = People([user_id]).name(user_id)
        if request.method != "POST":
            return self.confirmation(
                request,
                title="Make a member the owner?",
                lines=[f"{name} of {isolate(str(chat))}"],
                verb="Make owner",
            )
        if self._done(request, chat, user_id, actions.transfer_ownership):
            self.log_change(request, chat, f"Made user {user_id} the owner.")
            self.message_user(request, f"{name} is the owner now.", messages.SUCCESS)
        return _page_of(chat)

    def _group(self, request: HttpRequest, chat_id: uuid.UUID, user_id: int) -> Chat:
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        chat: Chat | None = Chat.objects.filter(pk=chat_id).first()
        if chat is None or user_id > LARGEST:
            raise Http404
        return chat

    def _done(
        self, request: HttpRequest, chat: Chat, user_id: int, action: Callable[..., Any]
    ) -> bool:
        """Whether an action was done; if not, the next page says why."""
        try:
            action(request.user, chat, user_id, moderator=True)
        except Chat.DoesNotExist:
            name = People([user_id]).name(user_id)
            self.message_user(request, f"{name} is no member any more.", messages.WARNING)
        except (Refused, Invalid) as problem:
            self.message_user(request, getattr(problem, "message", str(problem)), messages.ERROR)
        else:
            return True
        return False


def _page_of(chat: Chat) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:chats_chat_change", args=[chat.pk]))
