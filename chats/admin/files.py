"""The files of a message in the admin: moderators see what its chat sees."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from chatproject.files.answers import Stored, answer
from chatproject.files.signatures import IMAGES
from chatproject.text.bidi import shown
from chats.models import Attachment, Message
from chats.models.attachment import keys_of

from .moderation import NOTHING, ModerationAdmin


class FilesAdmin(ModerationAdmin):
    """Lists the files of a message, and answers with their contents."""

    def get_urls(self) -> list[URLPattern]:
        """The address of a file, too."""
        view = self.admin_site.admin_view(self.file)
        own = path("<uuid:message_id>/files/<uuid:attachment_id>/", view, name="chats_file")
        return [own, *super().get_urls()]

    def file(
        self, request: HttpRequest, message_id: uuid.UUID, attachment_id: uuid.UUID
    ) -> HttpResponseBase:
        """The content of a file of a message that isn't deleted."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        message = Message.objects.filter(pk=message_id, deleted_at=None).first()
        if message is None:
            raise Http404
        of_message = {"message_id": message_id, "due_at": None, "state": Attachment.State.READY}
        rows = Attachment.objects.filter(chat_id=message.chat_id, pk=attachment_id, **of_message)
        row = rows.first()
        if row is None:
            raise Http404
        key, image_key, _ = keys_of(row.chat_id.hex, row.pk.hex)
        stored = Stored(image_key if row.type in IMAGES else key, row.name, row.type)
        try:
            return answer(request, stored)
        except FileNotFoundError:
            raise Http404 from None

    def files(self, message: Message) -> SafeString | str:
        """The names of its files, which link to their contents, with types and sizes."""
        if not message.attachments:
            return NOTHING
        lines = ((_link(message, one), one["type"], one["size"]) for one in message.attachments)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} ({}, {} bytes)</li>", lines))

    files.short_description = "files"  # type: ignore[attr-defined]


def _link(message: Message, file: dict[str, Any]) -> SafeString | str:
    name = shown(file["name"])
    if file["state"] != Attachment.State.READY:
        return name
    address = reverse("admin:chats_file", args=[message.pk, file["id"]])
    return format_html('<a href="{}" dir="auto">{}</a>', address, name)
