"""The admin's pages of messages."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chatproject.text.bidi import shown
from chats import actions
from chats.models import Chat, Message
from chats.models.previews import named_files
from chats.models.uuid7 import uuid7_bound
from users.models import User

from .change_lists import WINDOW, Selection
from .files import FilesAdmin
from .filters import day_of, next_day, user_id_of, uuid_of
from .message_filters import (
    ChatFilter,
    DeletedFilter,
    FromFilter,
    SenderFilter,
    UntilFilter,
    chats_called,
)
from .message_page import MessagePage
from .moderation import NOTHING, People, excerpt, link


@admin.register(Message)
class MessageAdmin(FilesAdmin, MessagePage):
    """Messages, read-only; moderators delete them."""

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
        "files",
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
        """One chat's messages by `seq`; all, or one sender's, by id, which is in order of time."""
        rows, key, condition = Message.objects.all(), "pk", Q()
        chat_ids, message_id = self._ids_of(values.get("chat"), text)
        if message_id:
            rows = rows.filter(pk=message_id)
        elif len(chat_ids) == 1:
            rows, key = rows.in_chat(chat_ids[0]), "seq"
        elif chat_ids:
            condition &= Q(chat_id__in=chat_ids)
        if sender := values.get("sender"):
            of_sender = Q(sender_id=user_id_of(sender))
            in_one_chat = key == "seq"
            rows, condition = (
                (rows, condition & of_sender)
                if in_one_chat
                else (rows.filter(of_sender), condition)
            )
        rows = self._of_days(rows, key, values.get("from"), values.get("until"))
        if deleted := values.get("deleted"):
            condition &= Q(deleted_at__isnull=deleted != "yes")
        if text and not uuid_of(text):
            condition &= Q(content__icontains=text)
        return Selection(rows, key, condition)

    @staticmethod
    def _ids_of(chat: str | None, text: str) -> tuple[list[uuid.UUID], uuid.UUID | None]:
        """The ids of the chats and the message asked for; a searched UUID may be of either."""
        chat_ids, searched = chats_called(chat) if chat else [], uuid_of(text)
        if searched is None:
            return chat_ids, None
        if chat_ids or Message.objects.filter(pk=searched).exists():
            return chat_ids, searched
        return [searched], None

    @staticmethod
    def _of_days(rows: Any, key: str, first: str | None, last: str | None) -> Any:
        """The messages of these days, as a range of `key`."""
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
        chats = Chat.objects.in_bulk({message.chat_id for message in rows})
        ids = {i for chat in chats.values() if not chat.is_group for i in chat.member_ids}
        people = People(
            {*ids, *(m.sender_id for m in rows), *(m.deleted_by for m in rows)},
        )
        for message in rows:
            message.people = people  # type: ignore[attr-defined]
            message.chat_row = chats.get(message.chat_id)  # type: ignore[attr-defined]

    @admin.display(description="sent")
    def sent(self, message: Message) -> Any:
        """`created_at`, which links to the message."""
        return message.created_at

    @admin.display(description="sender")
    def sender(self, message: Any) -> SafeString:
        """The sender's name, which links to their messages."""
        name = message.people.name(message.sender_id)
        return link("chats_message_changelist", name, sender=message.sender_id)

    @admin.display(description="chat")
    def chat(self, message: Any) -> SafeString | str:
        """The chat's title, which links to the chat; `(deleted)` if there is none any more."""
        chat = message.chat_row
        if chat is None:
            return "(deleted)"
        return link("chats_chat_change", message.people.title(chat), chat.pk)

    @admin.display(description="text")
    def text(self, message: Message) -> str:
        """An excerpt of the text; of a tombstone, who deleted it."""
        if message.deleted_at:
            return f"({self.state(message)})"
        start = excerpt(message) or named_files(message.attachments)
        return f"{start} (edited)" if message.edited_at else start

    @admin.display(description="text")
    def full_text(self, message: Message) -> SafeString:
        """The whole text, escaped; empty for a tombstone."""
        return format_html('<div class="readonly" dir="auto">{}</div>', shown(message.content))

    @admin.display(description="photo")
    def photo_source(self, message: Message) -> SafeString | str:
        """The address of the photo, as a link if it is https."""
        url = (message.photo or {}).get("image_url", "")
        # The address is a provider's: only https is linked, never `javascript:`.
        if not url.startswith("https://"):
            return url or NOTHING
        return format_html('<a href="{}" rel="noreferrer noopener">{}</a>', url, url)

    @admin.display(description="state")
    def state(self, message: Any) -> str:
        """`Edited`, or `Deleted by` and a name."""
        if message.deleted_at:
            by = message.people.name(message.deleted_by) if message.deleted_by else "nobody"
            return f"Deleted by {by}"
        return "Edited" if message.edited_at else NOTHING

    @admin.display(description="in reply to")
    def replied(self, message: Message) -> SafeString | str:
        """Who wrote the message that this one answers, and its start; links to it."""
        replied = Message.objects.filter(pk=message.reply_to).first() if message.reply_to else None
        if replied is None:
            return NOTHING
        text = "(deleted)" if replied.deleted_at else excerpt(replied)
        name = People([replied.sender_id]).name(replied.sender_id)
        return link("chats_message_change", f"{name}: {text}", replied.pk)

    # What moderators do --------------------------------------------------------------------------

    @admin.action(
        description="Delete messages (a tombstone stays in their place)", permissions=["moderate"]
    )
    def delete_messages(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Turn the selected messages into tombstones, after a confirmation."""
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
            assert isinstance(request.user, User)
            deleted = actions.delete_message(request.user, chat, message, moderator=True)
        except (Chat.DoesNotExist, Message.DoesNotExist):
            self.message_user(request, "A chat was deleted meanwhile.", messages.WARNING)
            return False
        # By id: a name in the log would outlast its account.
        done = f"Deleted message {message.seq} of user {message.sender_id} in chat {chat.pk}."
        self.log_change(request, deleted, done)
        return True
