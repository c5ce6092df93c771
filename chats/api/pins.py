"""The API of what is kept of messages: pins, and what they said before they were edited."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from chats import actions
from chats.models import Message, ReadMarker
from chats.models.read_marker import NOBODY
from chats.representation import MessageContext, iso

from .changes import fitting, fitting_rows
from .message_serializers import MessageSerializer
from .openapi import ERRORS, READ_ERRORS
from .pagination import BoundedPagination
from .viewset import ChatViews


class FittingViews(ChatViews):
    """Lists whose pages end where they would be too large."""

    pagination_class = BoundedPagination

    def _answer(self, rows: Any, page: Any) -> Response:
        """The answer with the rows that fit, of all of a page."""
        self.paginator.cut(len(rows), len(page))  # type: ignore[union-attr]
        return self.get_paginated_response(rows)


@extend_schema_view(
    list=extend_schema(responses={200: MessageSerializer(many=True), **READ_ERRORS}),
    create=extend_schema(request=None, responses={200: MessageSerializer, **ERRORS}),
    destroy=extend_schema(responses={204: None, **ERRORS}),
)
class PinViewSet(FittingViews):
    """The pinned messages of a chat."""

    def list(self, request: Request, chat_id: uuid.UUID) -> Response:
        """The pinned messages that one sees, the latest pin first."""
        chat = self.find_chat(chat_id)
        pins = Message.objects.pins(chat, self.user.pk)
        page: Any = self.paginate_queryset(pins)
        first = min((row.seq for row in page), default=None)
        readers = ReadMarker.objects.readers(chat, first) if first else NOBODY
        context = MessageContext.of(page, readers, [self.user], chat.since(self.user.pk))
        return self._answer(fitting(page, context, self.user.pk), page)

    def create(self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Pin a message: at most 50 of a chat."""
        chat, message = self.find_message(chat_id, message_id)
        self.valid_data()
        return self.answer(chat, actions.pin_message(self.user, chat, message))

    def destroy(self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Unpin a message."""
        chat, message = self.find_message(chat_id, message_id)
        actions.unpin_message(self.user, chat, message)
        return Response(status=status.HTTP_204_NO_CONTENT)


class FormerTextSerializer(serializers.Serializer[actions.FormerText]):
    """What a message said before an edit."""

    content = serializers.CharField()
    written_at = serializers.DateTimeField(help_text="Since when it said so.")
    replaced_at = serializers.DateTimeField(help_text="Until when.")


@extend_schema_view(
    list=extend_schema(
        responses={200: FormerTextSerializer(many=True), **ERRORS},
        description="What a message said before it was edited, the oldest text first; of its last "
        "100 edits. For its author, and for those who may delete the messages of others.",
    )
)
class EditViewSet(FittingViews):
    """The edits of a message."""

    def list(self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """What a message said before it was edited, the oldest text first."""
        chat, message = self.find_message(chat_id, message_id)
        texts = actions.former_texts(self.user, chat, message)
        page: Any = self.paginate_queryset(texts)
        return self._answer(fitting_rows([_shown(text) for text in page]), page)


def _shown(text: actions.FormerText) -> dict[str, Any]:
    return {
        "content": text.content,
        "written_at": iso(text.written_at),
        "replaced_at": iso(text.replaced_at),
    }
