"""The admin's pages of chats."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString

from chatproject.text.counts import plural
from chats import actions
from chats.models import Chat, ChatPermissions
from chats.permissions import permissions_of
from users.models import Invitation, User

from .change_lists import WINDOW, Selection
from .filters import AccessFilter, ChoiceFilter, InputFilter, user_id_of, uuid_of
from .members import MembersAdmin
from .moderation import NOTHING, People, link

FORMER = 100  # former members that the page of a chat shows


class KindFilter(ChoiceFilter):
    """Private chats or groups."""

    title = "kind"
    parameter_name = "kind"
    options = {"group": "Groups", "private": "Private chats"}


class MemberFilter(InputFilter):
    """Chats of one member, by user name or id."""

    title = "member"
    parameter_name = "member"
    placeholder = "User name"


@admin.register(Chat)
class ChatAdmin(MembersAdmin):
    """Chats, read-only; moderators delete them, remove members and hand groups over."""

    list_display = ("title", "kind", "access", "members", "message_count", "latest", "created_at")
    list_filter = (MemberFilter, KindFilter, AccessFilter)
    search_fields = ("name",)
    search_help_text = (
        "A chat's UUID, or a part of its name. Names are looked for in "
        f"{WINDOW:,} chats at a time, newest first."
    )
    actions = ("delete_chats", "make_private")
    fields = (
        "title",
        "kind",
        "access",
        "history_for_new_members",
        "assistant_sees_history",
        "owner",
        "members",
        "invitations",
        "message_count",
        "last_message_at",
        "created_at",
        "updated_at",
        "id",
    )

    def selection(self, values: dict[str, str | None], text: str) -> Selection:
        rows, condition = Chat.objects.all(), Q()
        if member := values.get("member"):
            rows = rows.filter(member_ids__contains=[user_id_of(member)])
        if kind := values.get("kind"):
            condition &= Q(is_group=kind == "group")
        if access := values.get("access"):
            condition &= Q(access=access)
        if chat_id := uuid_of(text):
            rows = rows.filter(pk=chat_id)
        elif text:
            condition &= Q(name__icontains=text)
        return Selection(rows, "created_at", condition)

    def resolve(self, rows: Sequence[Chat]) -> None:
        ids = {user_id for chat in rows if not chat.is_group for user_id in chat.member_ids}
        people = People({*ids, *(chat.owner_id for chat in rows)})
        for chat in rows:
            chat.people = people  # type: ignore[attr-defined]

    @admin.display(description="chat")
    def title(self, chat: Any) -> str:
        """A group's name, or the two people of a private chat."""
        return chat.people.title(chat)

    @admin.display(description="kind")
    def kind(self, chat: Chat) -> str:
        """`Group` or `Private chat`."""
        return "Group" if chat.is_group else "Private chat"

    @admin.display(description="owner")
    def owner(self, chat: Any) -> str:
        """The name of a group's owner; a private chat has none."""
        return chat.people.name(chat.owner_id) if chat.is_group else NOTHING

    @admin.display(description="members")
    def members(self, chat: Chat) -> int:
        """How many members the chat has."""
        return len(chat.member_ids)

    @admin.display(description="invitations")
    def invitations(self, chat: Chat) -> SafeString:
        """How many there are to a group; links to them."""
        count = Invitation.objects.filter(chat_id=chat.pk).count()
        return link("users_invitation_changelist", str(count), chat_id=chat.pk)

    @admin.display(description="messages")
    def message_count(self, chat: Chat) -> SafeString:
        """`last_seq`, so tombstones are included; links to the messages."""
        return link("chats_message_changelist", f"{chat.last_seq:,}", chat=chat.pk)

    @admin.display(description="latest activity")
    def latest(self, chat: Chat) -> Any:
        """When the latest message was sent; in a chat without messages, when it was created."""
        return chat.last_message_at

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        chat = kwargs.get("obj")
        if chat is not None:
            context["members"] = self._member_rows(chat)
            context["former"] = self._former_rows(chat)
        return super().render_change_form(request, context, *args, **kwargs)

    @staticmethod
    def _member_rows(chat: Chat) -> list[dict[str, Any]]:
        people = get_user_model().objects.names(chat.member_ids)
        active = get_user_model().objects.people().filter(pk__in=chat.member_ids)
        active_ids = set(active.values_list("pk", flat=True))
        return [
            {
                "id": user_id,
                "user": people.get(user_id),
                "is_owner": allowed.is_owner,
                "is_active": user_id in active_ids,
                "flags": allowed.as_flags(),
                "can_be_removed": chat.is_group and not allowed.is_owner,
            }
            for user_id, allowed in permissions_of(chat).items()
        ]

    @staticmethod
    def _former_rows(chat: Chat) -> list[dict[str, Any]]:
        """What holds of up to `FORMER` people who were members."""
        kept = list(ChatPermissions.objects.kept(chat.pk, FORMER))
        people = People(row.user_id for row in kept)
        return [
            {
                "name": people.name(row.user_id),
                "was_removed": row.gone == ChatPermissions.Gone.REMOVED,
                "is_silenced": not row.can_send_messages,
            }
            for row in kept
        ]

    # What moderators do --------------------------------------------------------------------------

    @admin.action(description="Delete chats with all their messages", permissions=["moderate"])
    def delete_chats(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Delete the selected chats with their messages, after a confirmation."""
        chats = list(queryset)
        self.resolve(chats)
        if "confirmed" not in request.POST:
            return self.confirmation(
                request,
                title="Delete chats?",
                lines=[f"{self.title(chat)}: {plural(chat.last_seq, 'message')}" for chat in chats],
                verb="Delete with all messages",
                action="delete_chats",
                chosen=[chat.pk for chat in chats],
            )
        for chat in chats:
            self._delete(request, chat)
        return HttpResponseRedirect(reverse("admin:chats_chat_changelist"))

    @admin.action(description="Let nobody join by themselves", permissions=["moderate"])
    def make_private(self, request: HttpRequest, queryset: Any) -> None:
        """Take the selected groups off the list that people find them in."""
        assert isinstance(request.user, User)
        chosen = [chat for chat in queryset if chat.access != Chat.Access.PRIVATE]
        for chat in chosen:
            with suppress(Chat.DoesNotExist):  # somebody else has just deleted it
                actions.make_private(request.user, chat)
                self.log_change(request, chat, "Made private.")
        self.message_user(request, f"{len(chosen)} made private.")

    def _delete(self, request: HttpRequest, chat: Chat) -> None:
        title = self.title(chat)
        try:
            assert isinstance(request.user, User)
            actions.delete_chat(request.user, chat, moderator=True)
        except Chat.DoesNotExist:
            return  # somebody else has just deleted it
        self.log_deletions(request, [chat])  # type: ignore[arg-type]
        self.message_user(request, f"{title} was deleted.", messages.SUCCESS)
