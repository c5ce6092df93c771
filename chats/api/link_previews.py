"""The API of the previews of links: the sender removes one."""

from __future__ import annotations

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from chats import actions

from .openapi import ERRORS
from .viewset import ChatViews


class LinkPreviewViewSet(ChatViews):
    """The previews of the pages that a message links to."""

    @extend_schema(responses={204: None, **ERRORS})
    def destroy(
        self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID, preview_id: uuid.UUID
    ) -> Response:
        """Remove a preview from one's own message, for everybody."""
        _, message = self.find_message(chat_id, message_id)
        actions.remove_link_preview(self.user, message, preview_id)
        return Response(status=status.HTTP_204_NO_CONTENT)
