"""The base class of the view sets of chats."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from chats.errors import Refused
from chats.models import Chat, Message, MessageRow, ReadMarker
from chats.models.read_marker import Readers
from chats.permissions import online_to, permissions_of
from chats.representation import MessageContext, message_data
from users.models import User

from . import errors  # noqa: F401 - registers the refusals of chats
from .chat_serializers import ChatContext, ListedChatSerializer
from .inputs import NothingSerializer
from .member_serializers import member_rows


class ChatViews(GenericViewSet[Any]):
    """Finds a chat as its member, validates input, and confirms what a change is refused by."""

    serializer_classes: dict[str, type[BaseSerializer[Any]]] = {}  # by action; others: no input

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return self.serializer_classes.get(self.action, NothingSerializer)

    @property
    def user(self) -> User:
        """The user of the request, who is signed in: no endpoint of chats is open."""
        assert isinstance(self.request.user, User)
        return self.request.user

    def handle_exception(self, exc: Exception) -> Response:
        """Refuse a change only by what a majority of MongoDB has; 503 if that can't be known."""
        refused = isinstance(exc, ObjectDoesNotExist | Refused)
        changes = self.request.method not in SAFE_METHODS and "chat_id" in self.kwargs
        if refused and changes:
            try:
                Chat.objects.confirm(self.kwargs["chat_id"])
            except Exception as unconfirmed:
                exc = unconfirmed
        return super().handle_exception(exc)

    def find_chat(self, chat_id: uuid.UUID) -> Chat:
        """A chat of the user; raises `Chat.DoesNotExist` (404) unless the user is a member."""
        return Chat.objects.get_for_member(self.user, chat_id)

    def valid_data(self) -> dict[str, Any]:
        """The validated body; raises `ValidationError` (400) for a wrong or unknown field."""
        serializer = self.get_serializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        data: dict[str, Any] = serializer.validated_data
        return data

    def find_message(self, chat_id: uuid.UUID, message_id: uuid.UUID) -> tuple[Chat, Message]:
        """A message and its chat; raises `DoesNotExist` if either isn't there for the user."""
        chat = self.find_chat(chat_id)
        return chat, Message.objects.seen_by(chat, self.user.pk).get(pk=message_id)

    def answer(self, chat: Chat, message: Message, status: int = 200) -> Response:
        """The response with a message and its current readers."""
        readers = ReadMarker.objects.readers(chat, message.seq)
        data = self.message_data(message, readers, chat.since(self.user.pk))
        return Response(data, status=status)

    def message_data(self, message: Message, readers: Readers, since: int = 0) -> dict[str, Any]:
        """A message as the API returns it to somebody who reads those after `since`."""
        row = MessageRow.of(Message.objects.document(message))
        context = MessageContext.of([row], readers, [self.user], since)
        [data] = message_data([row], context, self.user.pk)
        return dict(data)

    def member_data(self, chat: Chat, user_id: int) -> dict[str, Any]:
        """A member of a chat as JSON."""
        rows = member_rows(chat, permissions_of(chat), online_to(self.user.pk, chat))
        return next(row for row in rows if row["id"] == user_id)

    def chat_data(self, chat: Chat) -> dict[str, Any]:
        """A chat and its latest message as JSON, as the user sees them."""
        document = Chat.objects.document(chat)
        context = {"chats": ChatContext.of(self.user, [document])}
        return ListedChatSerializer(context=context).to_representation(document)
