"""What the admin's pages of chats and messages share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from chatproject.text.bidi import isolate
from chats.models import Chat, Message, MessageRow

from .change_lists import NewestFirstChangeList, Selection
from .filters import uuid_of

EXCERPT = 120  # characters
NOTHING = "-"  # shown for an empty value


class ModerationAdmin(admin.ModelAdmin):
    """Read-only pages; what moderators do goes through `chats.actions`."""

    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return NewestFirstChangeList

    def selection(self, values: dict[str, str | None], text: str) -> Selection:
        """The rows for these values of the filters, by parameter name, and this search."""
        raise NotImplementedError

    def resolve(self, rows: Sequence[Any]) -> None:
        """Attach to rows what pages show of users and chats, with one query for each of the two."""
        raise NotImplementedError

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            self.resolve([found])
        return found

    # Permissions ---------------------------------------------------------------------------------

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """Whether the user is a moderator; Django asks this for actions with `moderate`."""
        return request.user.has_perm("chats.moderate_chat")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_moderate_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: deleting rows would leave holes and tell no member; actions are used instead."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields or ()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context |= {
            "can_moderate": self.has_moderate_permission(request),
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return super().render_change_form(request, context, *args, **kwargs)

    # Actions -------------------------------------------------------------------------------------

    def response_action(
        self, request: HttpRequest, queryset: Any, *args: Any
    ) -> HttpResponse | None:
        """Find selected rows by id, on whatever page; refuse "select all" of a list."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        across = request.POST.get("select_across", "0") != "0"
        if across or not all(map(uuid_of, chosen)):
            self.message_user(request, "There is no such row.", messages.ERROR)
            return None
        return super().response_action(request, self.get_queryset(request))

    def confirmation(
        self, request: HttpRequest, *, title: str, lines: Iterable[Any], verb: str, **context: Any
    ) -> TemplateResponse:
        """The page that asks for confirmation: `lines` say of what, `verb` labels the button."""
        return TemplateResponse(
            request,
            "admin/chats/confirm.html",
            {
                **self.admin_site.each_context(request),
                "title": title,
                "opts": self.opts,
                "lines": lines,
                "verb": verb,
                "action_checkbox_name": ACTION_CHECKBOX_NAME,
                **context,
            },
        )


def link(url_name: str, text: str, *args: Any, **query: Any) -> SafeString:
    """A link to a page of the admin; `args` are those of its URL, `query` its query string."""
    url = reverse(f"admin:{url_name}", args=args)
    return format_html('<a href="{}">{}</a>', f"{url}?{urlencode(query)}" if query else url, text)


def excerpt(message: Message | MessageRow) -> str:
    """The first `EXCERPT` characters of a message, and `…` if there are more."""
    text = isolate(message.content[:EXCERPT])
    return f"{text}…" if len(message.content) > EXCERPT else text


class People:
    """The names of these users, read with one query."""

    def __init__(self, user_ids: Iterable[int | None]) -> None:
        ids = {user_id for user_id in user_ids if user_id is not None}
        self.users = get_user_model().objects.names(ids) if ids else {}

    def name(self, user_id: int) -> str:
        """A user's name, or `User ID` if the row is gone."""
        user = self.users.get(user_id)
        return isolate(user.name) if user else f"User {user_id}"

    def title(self, chat: Chat) -> str:
        """A group's name, or `Ada and Grace` for a private chat."""
        if chat.is_group:
            return isolate(chat.name)
        return " and ".join(self.name(user_id) for user_id in chat.member_ids)
