"""Invitations over the API: one's own, and opening one."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chatproject.limits import limits
from chatproject.rest.pagination import StrictLimitOffsetPagination
from users import invitations, registration
from users.models import Invitation

from .accounts import OpenView
from .invitation_serializers import (
    InvitationCodeSerializer,
    InvitationSerializer,
    NewInvitationSerializer,
    OpenedSerializer,
)
from .me import own
from .openapi import (
    AN_INVITATION,
    BAD_INPUT,
    INVITATION_CODE,
    INVITED,
    MADE_INVITATION,
    MAY_NOT_INVITE,
    NEW_INVITATION,
)


@extend_schema_view(
    get=extend_schema(
        description="One's own invitations, the newest first, and who came by them.",
        examples=[AN_INVITATION],
    )
)
class InvitationsView(generics.ListCreateAPIView[Invitation]):
    """Invitations that a person has made."""

    serializer_class = InvitationSerializer
    pagination_class = StrictLimitOffsetPagination

    def get_serializer_class(self) -> Any:
        return NewInvitationSerializer if self.request.method == "POST" else InvitationSerializer

    def get_queryset(self) -> QuerySet[Invitation]:
        return invitations.of(own(self.request))

    @extend_schema(
        description="Make an invitation. Its `code` and `link` are in this answer alone: only a "
        "hash is stored.",
        request=NewInvitationSerializer,
        responses={201: InvitationSerializer, 400: BAD_INPUT, 403: MAY_NOT_INVITE},
        examples=[NEW_INVITATION, MADE_INVITATION],
    )
    def post(self, request: Request) -> Response:
        invitations.check_may_invite(own(request))
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        made, code = invitations.make(own(request), **serializer.validated_data)
        made.code = code
        return Response(InvitationSerializer(made).data, status=status.HTTP_201_CREATED)


class InvitationView(APIView):
    """One invitation of a person."""

    @extend_schema(
        description="Withdraw one's invitation: nobody comes by it any more. It stays in the list.",
        responses={204: None},
    )
    def delete(self, request: Request, invitation_id: uuid.UUID) -> Response:
        limits.DELETIONS.spend(own(request).pk)
        if not invitations.revoke(invitations.of(own(request)), invitation_id):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


class OpenInvitationView(OpenView):
    """Who has invited the holder of a code; `auth/register` takes the code as `invitation`."""

    serializer_class = InvitationCodeSerializer

    @extend_schema(
        responses={200: OpenedSerializer, 400: BAD_INPUT}, examples=[INVITATION_CODE, INVITED]
    )
    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        found = invitations.find(serializer.validated_data["code"], request._request)
        if found is None:
            raise ValidationError({"code": [registration.BAD_INVITATION]})
        return Response(OpenedSerializer(found).data)
