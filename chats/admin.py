"""Moderation: chats and messages to look at, and the actions that people see at once."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from . import actions
from .admin_lists import (
    LARGEST,
    WINDOW,
    ChoiceFilter,
    InputFilter,
    NewestFirstChangeList,
    Selection,
    day_of,
    next_day,
    user_id_of,
    uuid_of,
)
from .errors import Invalid, Refused
from .models import Chat, Message
from .permissions import permissions_of
from .uuid7 import uuid7_bound

EXCERPT = 120  # characters
NOTHING = "-"

admin.site.site_title = admin.site.site_header = "Chat moderation"


class ModerationAdmin(admin.ModelAdmin):
    """Read-only pages; what moderators do goes through `chats.actions`."""

    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return NewestFirstChangeList

    def selection(self, values: dict[str, str | None], text: str) -> Selection:
        """What the list shows for the values of its filters and its search."""
        raise NotImplementedError

    def resolve(self, rows: Sequence[Any]) -> None:
        """Give rows what their page shows from other stores, in one query each."""
        raise NotImplementedError

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            self.resolve([found])
        return found

    # Who may what --------------------------------------------------------------------------------

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chats.moderate_chat")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_moderate_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are never deleted as such: that would leave holes, and nobody would be told."""
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
        """Chosen rows are found wherever the list has moved to; all of a list can't be chosen."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        across = request.POST.get("select_across", "0") != "0"
        if across or not all(map(uuid_of, chosen)):
            self.message_user(request, "There is no such row.", messages.ERROR)
            return None
        return super().response_action(request, self.get_queryset(request))

    def confirmation(
        self, request: HttpRequest, *, title: str, lines: Iterable[Any], verb: str, **context: Any
    ) -> TemplateResponse:
        """The page that asks before something is done that can't be undone."""
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
    url = reverse(f"admin:{url_name}", args=args)
    return format_html('<a href="{}">{}</a>', f"{url}?{urlencode(query)}" if query else url, text)


def excerpt(message: Message) -> str:
    text = message.content[:EXCERPT]
    return f"{text}…" if len(message.content) > EXCERPT else text


class People:
    """The names of everybody on a page, in one query."""

    def __init__(self, user_ids: Iterable[int | None]) -> None:
        ids = {user_id for user_id in user_ids if user_id is not None}
        self.users = get_user_model().objects.names(ids) if ids else {}

    def name(self, user_id: int) -> str:
        user = self.users.get(user_id)
        return user.name if user else f"User {user_id}"

    def title(self, chat: Chat) -> str:
        """What moderators read as a chat's name."""
        if chat.is_group:
            return chat.name
        return " and ".join(self.name(user_id) for user_id in chat.member_ids)


# Chats -------------------------------------------------------------------------------------------


class KindFilter(ChoiceFilter):
    title = "kind"
    parameter_name = "kind"
    options = {"group": "Groups", "private": "Private chats"}


class MemberFilter(InputFilter):
    title = "member"
    parameter_name = "member"
    placeholder = "User name"


@admin.register(Chat)
class ChatAdmin(ModerationAdmin):
    list_display = ("title", "kind", "members", "message_count", "latest", "created_at")
    list_filter = (MemberFilter, KindFilter)
    search_fields = ("name",)
    search_help_text = (
        "A chat's UUID, or a part of its name. Names are looked for in "
        f"{WINDOW:,} chats at a time, newest first."
    )
    actions = ("delete_chats",)
    fields = (
        "title",
        "kind",
        "owner",
        "members",
        "message_count",
        "last_message_at",
        "created_at",
        "updated_at",
        "id",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("recent")

    def selection(self, values: dict[str, str | None], text: str) -> Selection:
        rows, sieve = Chat.objects.defer("recent"), Q()
        if member := values.get("member"):
            rows = rows.filter(member_ids__contains=[user_id_of(member)])
        if kind := values.get("kind"):
            sieve &= Q(is_group=kind == "group")
        if chat_id := uuid_of(text):
            rows = rows.filter(pk=chat_id)
        elif text:
            sieve &= Q(name__icontains=text)
        return Selection(rows, "created_at", sieve)

    def resolve(self, rows: Sequence[Chat]) -> None:
        ids = {user_id for chat in rows if not chat.is_group for user_id in chat.member_ids}
        people = People({*ids, *(chat.owner_id for chat in rows)})
        for chat in rows:
            chat.people = people  # type: ignore[attr-defined]

    @admin.display(description="chat")
    def title(self, chat: Any) -> str:
        return chat.people.title(chat)

    @admin.display(description="kind")
    def kind(self, chat: Chat) -> str:
        return "Group" if chat.is_group else "Private chat"

    @admin.display(description="owner")
    def owner(self, chat: Any) -> str:
        return chat.people.name(chat.owner_id) if chat.is_group else NOTHING

    @admin.display(description="members")
    def members(self, chat: Chat) -> int:
        return len(chat.member_ids)

    @admin.display(description="messages")
    def message_count(self, chat: Chat) -> SafeString:
        """`last_seq`: numbers are dense, tombstones count."""
        return link("chats_message_changelist", f"{chat.last_seq:,}", chat=chat.pk)

    @admin.display(description="latest activity")
    def latest(self, chat: Chat) -> Any:
        return chat.last_message_at

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        chat = kwargs.get("obj")
        if chat is not None:
            context["members"] = self._member_rows(chat)
        return super().render_change_form(request, context, *args, **kwargs)

    @staticmethod
    def _member_rows(chat: Chat) -> list[dict[str, Any]]:
        people = get_user_model().objects.names(chat.member_ids)
        return [
            {
                "id": user_id,
                "user": people.get(user_id),
                "is_owner": allowed.is_owner,
                "flags": allowed.as_flags(),
                "can_be_removed": chat.is_group and not allowed.is_owner,
            }
            for user_id, allowed in permissions_of(chat).items()
        ]

    # What moderators do --------------------------------------------------------------------------

    @admin.action(description="Delete chats with all their messages", permissions=["moderate"])
    def delete_chats(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        chats = list(queryset)
        self.resolve(chats)
        if "confirmed" not in request.POST:
            return self.confirmation(
                request,
                title="Delete chats?",
                lines=[f"{self.title(chat)}: {chat.last_seq:,} messages" for chat in chats],
                verb="Delete with all messages",
                action="delete_chats",
                chosen=[chat.pk for chat in chats],
            )
        for chat in chats:
            self._delete(request, chat)
        return HttpResponseRedirect(reverse("admin:chats_chat_changelist"))

    def _delete(self, request: HttpRequest, chat: Chat) -> None:
        title = self.title(chat)
        try:
            actions.delete_chat(request.user, chat, moderator=True)
        except Chat.DoesNotExist:
            return  # by somebody else, a moment ago
        self.log_deletions(request, [chat])  # type: ignore[arg-type]
        self.message_user(request, f"{title} was deleted.", messages.SUCCESS)

    def get_urls(self) -> list[URLPattern]:
        remove = path(
            "<uuid:chat_id>/members/<int:user_id>/remove/",
            self.admin_site.admin_view(self.remove_member),
            name="chats_chat_remove_member",
        )
        return [remove, *super().get_urls()]

    def remove_member(self, request: HttpRequest, chat_id: uuid.UUID, user_id: int) -> HttpResponse:
        """Ask, then remove a member from a group."""
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        chat = Chat.objects.filter(pk=chat_id).first()
        if chat is None or user_id > LARGEST:
            raise Http404
        name = People([user_id]).name(user_id)
        if request.method != "POST":
            return self.confirmation(
                request,
                title="Remove a member?",
                lines=[f"{name} from {chat}"],
                verb="Remove from the chat",
            )
        try:
            actions.remove_member(request.user, chat, user_id, moderator=True)
        except Chat.DoesNotExist:
            self.message_user(request, f"{name} is no member any more.", messages.WARNING)
        except (Refused, Invalid) as problem:
            self.message_user(request, getattr(problem, "message", str(problem)), messages.ERROR)
        else:
            # By number: a name would outlast its account.
            self.log_change(request, chat, f"Removed user {user_id}.")
            self.message_user(request, f"{name} was removed.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:chats_chat_change", args=[chat_id]))


# Messages ----------------------------------------------------------------------------------------


class ChatFilter(InputFilter):
    title = "chat"
    parameter_name = "chat"
    placeholder = "UUID of the chat"


class SenderFilter(InputFilter):
    title = "sender"
    parameter_name = "sender"
    placeholder = "User name"


class FromFilter(InputFilter):
    title = "first day (UTC)"
    parameter_name = "from"
    input_type = "date"


class UntilFilter(InputFilter):
    title = "last day (UTC)"
    parameter_name = "until"
    input_type = "date"


class DeletedFilter(ChoiceFilter):
    title = "deletion"
    parameter_name = "deleted"
    options = {"yes": "Deleted", "no": "Not deleted"}


@admin.register(Message)
class MessageAdmin(ModerationAdmin):
    list_display = ("sent", "sender", "chat", "text")
    list_display_links = ("sent",)
    list_filter = (ChatFilter, SenderFilter, FromFilter, UntilFilter, DeletedFilter)
    search_fields = ("content",)
    search_help_text = (
        "The UUID of a message or a chat, or words. Words are looked for in "
        f"{WINDOW:,} messages at a time, newest first: of one chat or sender if you choose one."
    )
    actions = ("delete_messages",)
    fields = (
        "sender",
        "chat",
        "full_text",
        "photo_source",
        "state",
        "seq",
        "created_at",
        "edited_at",
        "deleted_at",
        "replied",
        "client_id",
        "id",
    )

    def selection(self, values: dict[str, str | None], text: str) -> Selection:
        """One chat's by `seq`; all, or one sender's, by id, which is in the order of time."""
        rows, key, sieve = Message.objects.all(), "pk", Q()
        chat_id, message_id = self._ids_of(values.get("chat"), text)
        if message_id:
            rows = rows.filter(pk=message_id)
        elif chat_id:
            rows, key = rows.in_chat(chat_id), "seq"
        if sender := values.get("sender"):
            of_sender = Q(sender_id=user_id_of(sender))
            rows, sieve = (rows, sieve & of_sender) if chat_id else (rows.filter(of_sender), sieve)
        rows = self._of_days(rows, key, values.get("from"), values.get("until"))
        if deleted := values.get("deleted"):
            sieve &= Q(deleted_at__isnull=deleted != "yes")
        if text and not uuid_of(text):
            sieve &= Q(content__icontains=text)
        return Selection(rows, key, sieve)

    @staticmethod
    def _ids_of(chat: str | None, text: str) -> tuple[uuid.UUID | None, uuid.UUID | None]:
        """The chat and the message that are asked for; a searched UUID may be either's."""
        chat_id, searched = uuid_of(chat or ""), uuid_of(text)
        if chat and not chat_id:
            raise Invalid("chat", f"{chat} is no UUID of a chat.")
        if searched and (chat_id or Message.objects.filter(pk=searched).exists()):
            return chat_id, searched
        return chat_id or searched, None

    @staticmethod
    def _of_days(rows: Any, key: str, first: str | None, last: str | None) -> Any:
        """The range of the key in which these days' messages are."""
        if key == "pk":
            if first:
                rows = rows.filter(pk__gte=uuid7_bound(day_of(first)))
            return rows.filter(pk__lt=uuid7_bound(next_day(day_of(last)))) if last else rows
        numbers = rows.values_list("seq", flat=True)
        if first:
            later = numbers.filter(created_at__gte=day_of(first)).order_by("created_at")
            rows = rows.filter(seq__gte=number) if (number := later.first()) else rows.none()
        if last:
            earlier = numbers.filter(created_at__lt=next_day(day_of(last))).order_by("-created_at")
            rows = rows.filter(seq__lte=number) if (number := earlier.first()) else rows.none()
        return rows

    def resolve(self, rows: Sequence[Message]) -> None:
        chats = Chat.objects.defer("recent").in_bulk({message.chat_id for message in rows})
        ids = {i for chat in chats.values() if not chat.is_group for i in chat.member_ids}
        people = People(
            {*ids, *(m.sender_id for m in rows), *(m.deleted_by for m in rows)},
        )
        for message in rows:
            message.people = people  # type: ignore[attr-defined]
            message.chat_row = chats.get(message.chat_id)  # type: ignore[attr-defined]

    @admin.display(description="sent")
    def sent(self, message: Message) -> Any:
        return message.created_at

    @admin.display(description="sender")
    def sender(self, message: Any) -> SafeString:
        name = message.people.name(message.sender_id)
        return link("chats_message_changelist", name, sender=message.sender_id)

    @admin.display(description="chat")
    def chat(self, message: Any) -> SafeString | str:
        chat = message.chat_row
        if chat is None:
            return "(deleted)"
        return link("chats_chat_change", message.people.title(chat), chat.pk)

    @admin.display(description="text")
    def text(self, message: Message) -> str:
        if message.deleted_at:
            return f"({self.state(message)})"
        return f"{excerpt(message)} (edited)" if message.edited_at else excerpt(message)

    @admin.display(description="text")
    def full_text(self, message: Message) -> SafeString:
        return format_html('<div class="readonly">{}</div>', message.content)

    @admin.display(description="photo")
    def photo_source(self, message: Message) -> SafeString | str:
        url = (message.photo or {}).get("image_url", "")
        # Only what a browser opens as a page: an address comes from a provider.
        if not url.startswith("https://"):
            return url or NOTHING
        return format_html('<a href="{}" rel="noreferrer noopener">{}</a>', url, url)

    @admin.display(description="state")
    def state(self, message: Any) -> str:
        if message.deleted_at:
            by = message.people.name(message.deleted_by) if message.deleted_by else "nobody"
            return f"Deleted by {by}"
        return "Edited" if message.edited_at else NOTHING

    @admin.display(description="in reply to")
    def replied(self, message: Message) -> SafeString | str:
        if message.reply_to is None:
            return NOTHING
        return link("chats_message_change", str(message.reply_to), message.reply_to)

    # What moderators do --------------------------------------------------------------------------

    @admin.action(
        description="Delete messages (a tombstone stays in their place)", permissions=["moderate"]
    )
    def delete_messages(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        chosen = [message for message in queryset if not message.deleted_at]
        if not chosen:
            self.message_user(request, "Nothing is left to delete.", messages.WARNING)
            return None
        self.resolve(chosen)
        if "confirmed" not in request.POST:
            return self.confirmation(
                request,
                title="Delete messages?",
                lines=[f"{m.people.name(m.sender_id)}: {excerpt(m)}" for m in chosen],
                verb="Delete",
                action="delete_messages",
                chosen=[message.pk for message in chosen],
            )
        deleted = sum(self._delete(request, message) for message in chosen)
        self.message_user(request, f"{deleted} deleted.", messages.SUCCESS)
        return None

    def _delete(self, request: HttpRequest, message: Any) -> bool:
        chat = message.chat_row
        try:
            if chat is None:
                raise Chat.DoesNotExist
            deleted = actions.delete_message(request.user, chat, message, moderator=True)
        except (Chat.DoesNotExist, Message.DoesNotExist):
            self.message_user(request, "A chat was deleted meanwhile.", messages.WARNING)
            return False
        # By number: a name would outlast its account.
        done = f"Deleted message {message.seq} of user {message.sender_id} in chat {chat.pk}."
        self.log_change(request, deleted, done)
        return True
