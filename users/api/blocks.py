"""Blocks over the API."""

from __future__ import annotations

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chatproject.rest.pagination import StrictLimitOffsetPagination
from users import blocks
from users.models import User

from .me import own
from .openapi import BAD_INPUT, PERSON
from .user_serializers import UserSerializer


@extend_schema_view(
    get=extend_schema(
        description="The people whom one blocks, the latest first. Nobody else sees it.",
        examples=[PERSON],
    )
)
class BlocksView(generics.ListAPIView[User]):
    """The people whom a person blocks."""

    serializer_class = UserSerializer
    pagination_class = StrictLimitOffsetPagination

    def get_queryset(self) -> QuerySet[User]:
        return blocks.blocked_by(own(self.request))


class BlockView(APIView):
    """Whether a person blocks another one."""

    @extend_schema(
        operation_id="users_me_blocks_update",
        description="Block somebody: neither writes to the other in a private chat or opens one, "
        "sees the other online or typing; and they don't add one to groups. They aren't told.",
        request=None,
        responses={204: None, 400: BAD_INPUT},
    )
    def put(self, request: Request, user_id: int) -> Response:
        try:
            blocks.block(own(request), user_id)
        except User.DoesNotExist:
            raise Http404 from None
        except DjangoValidationError as refusal:
            raise ValidationError(refusal.message_dict) from None
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(description="Block somebody no longer.", responses={204: None})
    def delete(self, request: Request, user_id: int) -> Response:
        blocks.unblock(own(request), user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
