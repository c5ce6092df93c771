"""The API of reactions: find the message, call one action, respond."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from chatproject.rest.pagination import StrictLimitOffsetPagination
from chats import actions
from chats.actions.rules import valid_emoji
from chats.models.reactions import people_of

from .inputs import ReactionSerializer
from .message_serializers import MessageSerializer, ReactorSerializer, reactor_rows
from .openapi import ERRORS, READ_ERRORS, THUMBS_UP
from .viewset import ChatViews


@extend_schema_view(
    list=extend_schema(responses={200: ReactorSerializer(many=True), **READ_ERRORS}),
    create=extend_schema(
        responses={200: MessageSerializer, 201: MessageSerializer, **ERRORS}, examples=[THUMBS_UP]
    ),
    retrieve=extend_schema(
        operation_id="chats_messages_reactions_of_one_emoji_list",
        responses={200: ReactorSerializer(many=True), **READ_ERRORS},
    ),
    destroy=extend_schema(responses={204: None, **ERRORS}),
)
class ReactionViewSet(ChatViews):
    """The reactions to a message."""

    pagination_class = StrictLimitOffsetPagination
    serializer_classes = {"create": ReactionSerializer}

    def list(self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Who reacted with what: the emoji first used first, and of each who came first."""
        _, message = self.find_message(chat_id, message_id)
        reactions = message.reactions or []
        return self._page([(one["emoji"], pk) for one in reactions for pk in one["user_ids"]])

    def create(self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """React with an emoji: 201 with the message, or 200 if one has done so before."""
        chat, message = self.find_message(chat_id, message_id)
        changed, created = actions.add_reaction(self.user, chat, message, **self.valid_data())
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return self.answer(chat, changed, code)

    def retrieve(
        self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID, emoji: str
    ) -> Response:
        """Who reacted with this emoji, first come first."""
        _, message = self.find_message(chat_id, message_id)
        emoji = valid_emoji(emoji)
        return self._page([(emoji, pk) for pk in people_of(message.reactions, emoji)])

    def destroy(
        self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID, emoji: str
    ) -> Response:
        """Take back one's own reaction with this emoji, if there is one."""
        _, message = self.find_message(chat_id, message_id)
        actions.remove_reaction(self.user, message, emoji)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _page(self, reactions: Sequence[tuple[str, int]]) -> Response:
        """The answer with a page of these reactions."""
        page: Any = self.paginate_queryset(reactions)
        return self.get_paginated_response(reactor_rows(page))
