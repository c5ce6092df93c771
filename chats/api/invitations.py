"""The API of invitations to a group."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from chatproject.rest.pagination import StrictLimitOffsetPagination
from chats import actions
from users import invitations
from users.api.invitation_serializers import (
    GroupInvitationSerializer,
    InvitationCodeSerializer,
    NewInvitationSerializer,
)
from users.models import Invitation
from users.registration import BAD_INVITATION

from .chat_serializers import ListedChatSerializer
from .openapi import BAD_INPUT, CODE, ERRORS, INVITATION, NOT_SIGNED_IN, REFUSED
from .viewset import ChatViews


@extend_schema_view(
    list=extend_schema(responses={200: GroupInvitationSerializer(many=True), **ERRORS}),
    create=extend_schema(
        responses={201: GroupInvitationSerializer, **ERRORS}, examples=[INVITATION]
    ),
    destroy=extend_schema(responses={204: None, **ERRORS}),
)
class GroupInvitationViewSet(ChatViews):
    """Invitations to a group."""

    pagination_class = StrictLimitOffsetPagination
    serializer_classes = {"create": NewInvitationSerializer, "join": InvitationCodeSerializer}

    def list(self, request: Request, chat_id: uuid.UUID) -> Response:
        """One's own, and who came by them; for those who may remove members, all of the group."""
        rows = actions.group_invitations_of(self.user, self.find_chat(chat_id))
        page: Any = self.paginate_queryset(rows)
        return self.get_paginated_response(GroupInvitationSerializer(page, many=True).data)

    def create(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Make one, if one may add members. Its `code` and `link` are in this answer alone."""
        chat = self.find_chat(chat_id)
        made, code = actions.make_invitation(self.user, chat, **self.valid_data())
        made.code = code
        return Response(GroupInvitationSerializer(made).data, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, chat_id: uuid.UUID, invitation_id: uuid.UUID) -> Response:
        """Withdraw one of those that one sees: nobody comes by it any more."""
        actions.revoke_invitation(self.user, self.find_chat(chat_id), invitation_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        responses={
            200: ListedChatSerializer,
            400: BAD_INPUT,
            401: NOT_SIGNED_IN,
            403: REFUSED,
        },
        examples=[CODE],
    )
    def join(self, request: Request) -> Response:
        """Join the group that the code of an invitation leads to."""
        found = invitations.find(self.valid_data()["code"], request._request)
        if found is None or found.kind != Invitation.Kind.GROUP:
            raise ValidationError({"code": [BAD_INVITATION]})
        return Response(self.chat_data(actions.join_by_invitation(self.user, found)))
