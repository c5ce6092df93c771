"""The API of chats: find the chat, call one action, respond."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from chatproject.rest.pagination import StrictLimitOffsetPagination
from chats import actions
from chats.models import ReadMarker
from chats.permissions import is_closed, online_to, permissions_of

from .chat_serializers import ChatContext, ChatDetailSerializer, ListedChatSerializer, by_name
from .inputs import (
    ChatChangeSerializer,
    FirstUnreadSerializer,
    GroupSerializer,
    PrivateChatSerializer,
)
from .member_serializers import member_rows
from .openapi import (
    BAD_INPUT,
    ERRORS,
    FIRST_UNREAD,
    NEW_ACCESS,
    NEW_GROUP,
    NEW_NAME,
    NEW_OWNER,
    NOT_SIGNED_IN,
    READ_ERRORS,
)
from .pagination import ChatList
from .viewset import ChatViews


@extend_schema_view(
    list=extend_schema(responses={200: ListedChatSerializer(many=True), **READ_ERRORS}),
    retrieve=extend_schema(responses={200: ChatDetailSerializer, **READ_ERRORS}),
    partial_update=extend_schema(
        responses={200: ListedChatSerializer, **ERRORS}, examples=[NEW_NAME, NEW_OWNER, NEW_ACCESS]
    ),
    destroy=extend_schema(responses={204: None, **ERRORS}),
)
class ChatViewSet(ChatViews):
    """The chats of a person."""

    pagination_class = StrictLimitOffsetPagination
    serializer_classes = {
        "partial_update": ChatChangeSerializer,
        "group": GroupSerializer,
        "private": PrivateChatSerializer,
        "unread": FirstUnreadSerializer,
    }

    def list(self, request: Request) -> Response:
        """The user's chats, the one with the latest message first."""
        chats: Any = self.paginate_queryset(ChatList(self.user))  # type: ignore[arg-type]
        rows = ListedChatSerializer(context={"chats": ChatContext.of(self.user, chats)})
        return self.get_paginated_response([rows.to_representation(chat) for chat in chats])

    def retrieve(self, request: Request, chat_id: uuid.UUID) -> Response:
        """A chat with its members, the user's own permissions, and the read markers."""
        chat = self.find_chat(chat_id)
        allowed = permissions_of(chat)
        return Response(
            {
                **self.chat_data(chat),
                "members": member_rows(chat, allowed, online_to(self.user.pk, chat)),
                "permissions": allowed[self.user.pk].as_flags(),
                "closed": is_closed(chat, self.user.pk),
                "read_markers": by_name(ReadMarker.objects.of_chat(chat)),
            }
        )

    def partial_update(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Rename a group, hand it over, say who may join and what they read; or several at once."""
        chat, data = self.find_chat(chat_id), self.valid_data()
        if "owner_id" in data:
            chat = actions.transfer_ownership(self.user, chat, data.pop("owner_id"), **data)
        elif data.keys() != {"name"}:
            chat = actions.change_access(self.user, chat, **data)
        else:
            chat = actions.rename_chat(self.user, chat, data["name"])
        return Response(self.chat_data(chat))

    def destroy(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Delete a chat with all its messages: the owner a group, either member a private chat."""
        actions.delete_chat(self.user, self.find_chat(chat_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={204: None, **READ_ERRORS})
    def clear(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Hide what was said until now from oneself; the others keep it, and aren't told."""
        chat = self.find_chat(chat_id)
        self.valid_data()
        actions.clear_chat(self.user, chat)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={204: None, **READ_ERRORS}, examples=[FIRST_UNREAD])
    def unread(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Mark a message and all later ones as unread, until one reads on; others aren't told."""
        actions.mark_unread(self.user, self.find_chat(chat_id), **self.valid_data())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        request=None,
        responses={200: ListedChatSerializer, 201: ListedChatSerializer, **ERRORS},
    )
    def private(self, request: Request, user_id: int) -> Response:
        """Get or create the private chat with a person: 201 if it is new, otherwise 200.

        403 for a new one if either blocks the other.
        """
        self.valid_data()
        chat, created = actions.create_private_chat(self.user, user_id)
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(self.chat_data(chat), status=code)

    @extend_schema(
        responses={201: ListedChatSerializer, 400: BAD_INPUT, 401: NOT_SIGNED_IN},
        examples=[NEW_GROUP],
    )
    def group(self, request: Request) -> Response:
        """Create a group, owned by the user."""
        chat = actions.create_group(self.user, **self.valid_data())
        return Response(self.chat_data(chat), status=status.HTTP_201_CREATED)
