"""The API of messages: find the chat, call one action, respond."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

from django.utils.encoding import iri_to_uri
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from chatproject.rest.parameters import query_integer, query_parameters
from chatproject.stores.mongodb.documents import Document
from chats import actions
from chats.models import Chat, MessageRow, ReadMarker, log
from chats.models.chat import other_of
from chats.models.floors import since
from chats.models.read_marker import NOBODY, Readers
from chats.permissions import permissions_for
from chats.protocol import MOST_MISSED
from chats.representation import MessageContext

from .changes import fitting, read_changed
from .chat_serializers import ChatContext, ChatSerializer, by_name
from .inputs import ContentSerializer, NewMessageSerializer
from .message_serializers import HistorySerializer, MessageSerializer
from .openapi import CORRECTION, ERRORS, GREETING, QUESTION, READ_ERRORS
from .pagination import History, MessagePagination
from .viewset import ChatViews


@extend_schema_view(
    list=extend_schema(responses={200: HistorySerializer, **READ_ERRORS}),
    create=extend_schema(
        responses={200: MessageSerializer, 201: MessageSerializer, **ERRORS},
        examples=[GREETING, QUESTION],
    ),
    retrieve=extend_schema(responses={200: MessageSerializer, **READ_ERRORS}),
    partial_update=extend_schema(
        responses={200: MessageSerializer, **ERRORS}, examples=[CORRECTION]
    ),
    destroy=extend_schema(responses={204: None, **ERRORS}),
)
class MessageViewSet(ChatViews):
    """The messages of a chat."""

    pagination_class = MessagePagination
    serializer_classes = {"create": NewMessageSerializer, "partial_update": ContentSerializer}

    def list(self, request: Request, chat_id: uuid.UUID) -> Response:
        """A page of the history, newest first, with the chat."""
        rev = query_integer(request, "changed_after")
        if rev is not None:
            query_parameters(request, *MessagePagination.parameters)
            return Response(self.changes(chat_id, rev))
        history = History.of(request, chat_id)
        messages: Any = self.paginate_queryset(history)  # type: ignore[arg-type]
        data = self.history_data(history.chat, messages, history.readers)
        self.paginator.cut(len(data["results"]), len(messages))  # type: ignore[union-attr]
        page = self.get_paginated_response(data["results"])
        page.data |= data
        return page

    def changes(self, chat_id: uuid.UUID, rev: int) -> dict[str, Any]:
        """The messages changed after a `rev`, or the first of them, and the chat as it is now."""
        others = self.request.query_params.keys() & set(MessagePagination.parameters)
        for name in others - {"changed_after"}:
            raise ValidationError({name: ["This does not go with changed_after."]})
        # Clients rely on having every change up to this one, so it must not be rolled back.
        head = log.head(chat_id)
        if rev > head.rev:  # after a failover a majority may be behind for a moment
            Chat.objects.confirm(chat_id)
            head = log.head(chat_id)
        # A change that isn't there (any more): MongoDB was restored from a backup.
        too_far = head.rev - rev > MOST_MISSED or rev > head.rev
        changed = read_changed(chat_id, head.rev if too_far else rev, head.rev)
        chat = self.find_chat(chat_id)  # after the messages: the user may have been removed
        changed = changed.seen_since(chat.since(self.user.pk))
        chat.last_seq = max(chat.last_seq, head.seq)
        readers = ReadMarker.objects.readers(chat)
        data = self.history_data(Chat.objects.document(chat), changed.messages, readers)
        last_rev = min(changed.rev_of_first(len(data["results"])), head.rev)
        data["results"].sort(key=itemgetter("rev"))
        return {
            "count": len(data["results"]),
            "next": self.link(changed_after=last_rev) if last_rev < head.rev else None,
            "previous": None,
            "last_rev": last_rev,
            "too_far_behind": too_far,
            "read_markers": by_name(readers.markers),
            "permissions": permissions_for(chat, self.user.pk).as_flags(),
            **data,
        }

    def link(self, **parameters: int) -> str:
        """The URL of this request with these query parameters alone."""
        request = self.request
        path = f"{request.scheme}://{request.get_host()}{iri_to_uri(request.path)}"
        return f"{path}?{urlencode(parameters)}"

    def history_data(
        self, chat: Document, messages: Collection[MessageRow], readers: Readers
    ) -> dict[str, Any]:
        """The chat and the first of these messages as JSON, with everything they show.

        Each is read once. Only the first, if all would be too large for an answer.
        """
        other = other_of(chat, self.user.pk)
        people = [self.user] if other is None else [self.user, other]
        context = MessageContext.of(messages, readers, people, since(chat, self.user.pk))
        context_of_chat = {"chats": ChatContext.with_messages(self.user, chat, context)}
        return {
            "chat": ChatSerializer(context=context_of_chat).to_representation(chat),
            "results": fitting(messages, context, self.user.pk),
        }

    def create(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Send a message: 201, or 200 with the stored one when its `client_id` was sent before."""
        message, created = actions.post_message(self.user, chat_id, **self.valid_data())
        if not created:
            return self.answer(self.find_chat(chat_id), message)
        # What it replies to was looked up as the sender sees it.
        return Response(self.message_data(message, NOBODY), status=status.HTTP_201_CREATED)

    def retrieve(self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """One message."""
        return self.answer(*self.find_message(chat_id, message_id))

    def partial_update(
        self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID
    ) -> Response:
        """Edit one's own message."""
        chat, message = self.find_message(chat_id, message_id)
        edited = actions.edit_message(self.user, chat, message, **self.valid_data())
        return self.answer(chat, edited)

    def destroy(self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Turn a message into a tombstone."""
        chat, message = self.find_message(chat_id, message_id)
        actions.delete_message(self.user, chat, message)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={204: None, **READ_ERRORS})
    def read(self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Mark every message up to this one as read."""
        chat, message = self.find_message(chat_id, message_id)
        self.valid_data()
        actions.mark_read(self.user, chat, message)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={204: None, **ERRORS})
    def stop(self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Ask the bot to write no more of a message; nothing happens if it is finished."""
        chat, message = self.find_message(chat_id, message_id)
        self.valid_data()
        actions.stop_message(self.user, chat, message)
        return Response(status=status.HTTP_204_NO_CONTENT)
