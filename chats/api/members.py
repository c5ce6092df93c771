"""The API of members: find the chat, call one action, respond."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from chatproject.rest.parameters import query_integer
from chats import actions
from chats.models import Chat
from chats.permissions import online_to, permissions_for, permissions_of
from users.models import User

from .inputs import AddMembersSerializer, PermissionsSerializer
from .member_serializers import FlagsSerializer, MemberSerializer, member_rows
from .openapi import ERRORS, MODERATION, NEWCOMER, NEWCOMERS, READ_ERRORS
from .viewset import ChatViews

Rows = Sequence[dict[str, Any]]


@extend_schema_view(
    list=extend_schema(responses={200: MemberSerializer(many=True), **READ_ERRORS}),
    create=extend_schema(
        responses={201: MemberSerializer(many=True), **ERRORS}, examples=[NEWCOMER, NEWCOMERS]
    ),
    retrieve=extend_schema(responses={200: MemberSerializer, **READ_ERRORS}),
    destroy=extend_schema(responses={204: None, **ERRORS}),
)
class MemberViewSet(ChatViews):
    """The members of a chat."""

    pagination_class = None
    serializer_classes = {"create": AddMembersSerializer, "set_permissions": PermissionsSerializer}

    def list(self, request: Request, chat_id: uuid.UUID) -> Response:
        """The members in the order in which they joined, with their permissions."""
        return Response(self.members(self.find_chat(chat_id)))

    def create(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Add people to a group."""
        chat, (field, user_ids) = self.find_chat(chat_id), self._newcomers()
        chat = actions.add_members(self.user, chat, user_ids, field=field)
        return Response(self.members(chat), status=status.HTTP_201_CREATED)

    def _newcomers(self) -> tuple[str, Sequence[int]]:
        """The people to add, of the body or one in the query string: the field and the ids."""
        user_id = query_integer(self.request, "user_id", 1)
        if user_id is None:
            [(field, given)] = self.valid_data().items()
            return field, given if field == "user_ids" else [given]
        if self.request.data:
            raise ValidationError({"user_id": ["Give people in the body or in the query string."]})
        return "user_id", [user_id]

    def retrieve(self, request: Request, chat_id: uuid.UUID, user_id: int) -> Response:
        """One member."""
        chat = self.find_member(chat_id, user_id)
        return Response(self.member_data(chat, user_id))

    def destroy(self, request: Request, chat_id: uuid.UUID, user_id: int) -> Response:
        """Remove a member; of oneself: leave the group."""
        actions.remove_member(self.user, self.find_member(chat_id, user_id), user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={200: FlagsSerializer, **READ_ERRORS})
    def permissions(self, request: Request, chat_id: uuid.UUID, user_id: int) -> Response:
        """The permissions of a member."""
        chat = self.find_member(chat_id, user_id)
        return Response(permissions_for(chat, user_id).as_flags())

    @extend_schema(responses={200: FlagsSerializer, **ERRORS}, examples=[MODERATION])
    def set_permissions(self, request: Request, chat_id: uuid.UUID, user_id: int) -> Response:
        """Change some permissions of another member."""
        chat = self.find_member(chat_id, user_id)
        allowed = actions.set_permissions(self.user, chat, user_id, **self.valid_data())
        return Response(allowed.as_flags())

    def members(self, chat: Chat) -> Rows:
        """The members of a chat as the API returns them."""
        return member_rows(chat, permissions_of(chat), online_to(self.user.pk, chat))

    def find_member(self, chat_id: uuid.UUID, user_id: int) -> Chat:
        """The chat; 404 if it isn't the user's or `user_id` is not a member."""
        chat = self.find_chat(chat_id)
        if user_id not in chat.member_ids:
            raise User.DoesNotExist
        return chat
