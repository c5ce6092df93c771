"""The API of threads: a message and the replies to it."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chats.models import ReadMarker
from chats.models.threads import seen_thread
from chats.representation import MessageContext, message_data

from .changes import fitting
from .message_serializers import MessageSerializer
from .openapi import READ_ERRORS
from .pagination import BoundedPagination
from .viewset import ChatViews


@extend_schema_serializer(many=False)
class ThreadPageSerializer(serializers.Serializer[Any]):
    """The answer to a request for a thread."""

    count = serializers.IntegerField(help_text="Of all replies, the deleted ones included.")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    root = MessageSerializer(
        allow_null=True,
        help_text="Null if you don't see it: it is from before you came or cleared the chat.",
    )
    results = MessageSerializer(many=True)


class ThreadViewSet(ChatViews):
    """The replies to a message."""

    pagination_class = BoundedPagination

    @extend_schema(responses={200: ThreadPageSerializer, **READ_ERRORS})
    def list(self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """A message and a page of its replies, oldest first; of a reply, those of its thread."""
        chat = self.find_chat(chat_id)
        thread = seen_thread(chat, self.user.pk, message_id)
        replies: Any = self.paginate_queryset(thread.replies)  # type: ignore[arg-type]
        roots = [thread.root] if thread.root else []
        context = MessageContext.of(
            [*roots, *replies],
            ReadMarker.objects.readers(chat),
            [self.user],
            thread.replies.since,
        )
        results = fitting(replies, context, self.user.pk)
        self.paginator.cut(len(results), len(replies))  # type: ignore[union-attr]
        page = self.get_paginated_response(results)
        page.data["root"] = next(iter(message_data(roots, context, self.user.pk)), None)
        return page
