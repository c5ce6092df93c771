"""What a message will look like, before it is sent."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chats import actions

from .inputs import ContentSerializer
from .openapi import BAD_INPUT, NOT_SIGNED_IN, body
from .viewset import ChatViews


class PreviewSerializer(serializers.Serializer[object]):
    """A rendered text."""

    html = serializers.CharField(
        allow_null=True, help_text="As that of a message; null if it is shown as it was written."
    )


class PreviewViewSet(ChatViews):
    """The preview of a message."""

    serializer_classes = {"create": ContentSerializer}

    @extend_schema(
        responses={200: PreviewSerializer, 400: BAD_INPUT, 401: NOT_SIGNED_IN},
        examples=[body("Some marks", content="**Hello**, `world`")],
    )
    def create(self, request: Request) -> Response:
        """Render a text as a message would be; nothing is stored."""
        return Response({"html": actions.preview_message(self.user, **self.valid_data())})
