"""The API of joining: groups that anybody may find, requests to join, and bans."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from chatproject.limits import limits
from chatproject.rest.pagination import StrictLimitOffsetPagination
from chats import actions
from chats.models import Directory

from .inputs import PersonSerializer
from .joining_serializers import (
    JoinRequestSerializer,
    ListedGroupSerializer,
    PersonRowSerializer,
    person_rows,
)
from .member_serializers import MemberSerializer
from .openapi import ERRORS, PERSON, READ_ERRORS
from .viewset import ChatViews

SEARCH_MAX_LENGTH = 150  # characters
SEARCH = OpenApiParameter(
    "search",
    {"type": "string", "maxLength": SEARCH_MAX_LENGTH},
    description="A part of the name, in any case.",
)


class DirectoryViewSet(ChatViews):
    """Groups that anybody may find and join, or ask to join."""

    pagination_class = StrictLimitOffsetPagination
    query_parameters = ("search",)

    @extend_schema(
        parameters=[SEARCH],
        responses={200: ListedGroupSerializer(many=True), **READ_ERRORS},
    )
    def list(self, request: Request) -> Response:
        """The groups that their owners have listed, by name."""
        search = request.query_params.get("search", "").strip()
        if len(search) > SEARCH_MAX_LENGTH or "\x00" in search:
            raise ValidationError({"search": [f"At most {SEARCH_MAX_LENGTH} characters, no NUL."]})
        limits.SEARCHES.spend(self.user.pk)
        groups: Any = self.paginate_queryset(Directory(self.user, search))  # type: ignore[arg-type]
        return self.get_paginated_response(ListedGroupSerializer(groups, many=True).data)

    @extend_schema(responses={200: ListedGroupSerializer, **READ_ERRORS})
    def retrieve(self, request: Request, chat_id: uuid.UUID) -> Response:
        """A group that is listed, and how one stands to it."""
        return Response(ListedGroupSerializer(Directory(self.user).find(chat_id)).data)

    @extend_schema(
        request=None,
        responses={200: ListedGroupSerializer, 202: ListedGroupSerializer, **ERRORS},
    )
    def join(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Join a group: 200 if one is a member now; 202 if one has asked to be."""
        self.valid_data()
        joined = actions.join_group(self.user, chat_id)
        code = status.HTTP_200_OK if joined else status.HTTP_202_ACCEPTED
        group = Directory(self.user).find(chat_id)
        return Response(ListedGroupSerializer(group).data, status=code)

    @extend_schema(responses={204: None, **ERRORS})
    def withdraw(self, request: Request, chat_id: uuid.UUID) -> Response:
        """No longer ask to join a group; 404 if nobody waits for an answer."""
        actions.withdraw_request(self.user, chat_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(list=extend_schema(responses={200: JoinRequestSerializer(many=True), **ERRORS}))
class JoinRequestViewSet(ChatViews):
    """People who ask to join a group."""

    pagination_class = StrictLimitOffsetPagination

    def list(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Who waits for an answer, the longest first; for those who may add members."""
        rows = actions.join_requests_of(self.user, self.find_chat(chat_id))
        page: Any = self.paginate_queryset(rows)
        return self.get_paginated_response(person_rows(page, asked_at="asked_at"))

    @extend_schema(request=None, responses={200: MemberSerializer, **ERRORS})
    def accept(self, request: Request, chat_id: uuid.UUID, user_id: int) -> Response:
        """Let somebody in who asks to join."""
        self.valid_data()
        chat = actions.accept_request(self.user, self.find_chat(chat_id), user_id)
        return Response(self.member_data(chat, user_id))

    @extend_schema(responses={204: None, **ERRORS})
    def refuse(self, request: Request, chat_id: uuid.UUID, user_id: int) -> Response:
        """Refuse somebody who asks to join: they can't ask again, but be added or invited."""
        actions.refuse_request(self.user, self.find_chat(chat_id), user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(
    list=extend_schema(responses={200: PersonRowSerializer(many=True), **ERRORS}),
    create=extend_schema(responses={204: None, **ERRORS}, examples=[PERSON]),
    destroy=extend_schema(responses={204: None, **ERRORS}),
)
class BanViewSet(ChatViews):
    """People who are kept out of a group: those who were removed, until they are let back."""

    pagination_class = StrictLimitOffsetPagination
    serializer_classes = {"create": PersonSerializer}

    def list(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Who is kept out, by id; for those who may remove members."""
        page: Any = self.paginate_queryset(actions.bans_of(self.user, self.find_chat(chat_id)))
        return self.get_paginated_response(person_rows(page))

    def create(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Keep somebody out, whether they are a member, who is removed, or not."""
        chat, data = self.find_chat(chat_id), self.valid_data()
        actions.ban(self.user, chat, data["user_id"])
        return Response(status=status.HTTP_204_NO_CONTENT)

    def destroy(self, request: Request, chat_id: uuid.UUID, user_id: int) -> Response:
        """Let somebody back: they may join, or be added, again."""
        actions.lift_ban(self.user, self.find_chat(chat_id), user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
