"""The API of files: take them in, and answer with them."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import exceptions, status
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from chatproject.files.answers import Stored, answer
from chatproject.files.signatures import IMAGES, OTHER
from chatproject.rest.parameters import query_parameters
from chatproject.rest.parsers import JSONParser
from chatproject.sizes import length_of
from chats import actions
from chats.models import Attachment
from chats.models.attachment import keys_of, shown

from .inputs import UploadSerializer
from .message_serializers import AttachmentSerializer
from .openapi import ERRORS, READ_ERRORS
from .viewset import ChatViews

MULTIPART, BINARY = "multipart/form-data", OTHER
ANY = "*/*"
FORM = {"file": "…", "alt": "A loom"}
THUMBNAIL_TYPE = "image/webp"
FILE = OpenApiResponse(OpenApiTypes.BINARY, "The content, or a part of it (`Range`).")


class LengthRequired(exceptions.APIException):
    """A body of unknown length (HTTP 411): it is told before anything is read whether it fits."""

    status_code = 411
    default_detail = "Give the length of the file: Content-Length."
    default_code = "length_required"


class RawParser(BaseParser):
    """A body of any type, which is read by the view as it comes."""

    media_type = "*/*"

    def parse(self, *_: Any, **__: Any) -> dict[str, Any]:
        """No fields."""
        return {}


class AnyType(BaseContentNegotiation):
    """For answers with files, whatever a client accepts; errors are JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class UploadViewSet(ChatViews):
    """Files that are uploaded, to be sent with a message."""

    parser_classes = (MultiPartParser, RawParser)
    serializer_classes = {"create": UploadSerializer}

    @extend_schema(
        request={BINARY: OpenApiTypes.BINARY, MULTIPART: UploadSerializer},
        parameters=[
            OpenApiParameter("name", str, description="The file's name; not in a form."),
            OpenApiParameter("alt", str, description="What is to be seen in it; may be left out."),
        ],
        responses={201: AttachmentSerializer, **ERRORS, 411: OpenApiTypes.OBJECT},
        examples=[
            OpenApiExample("Anything", "…", media_type=BINARY, request_only=True),
            OpenApiExample("A form", FORM, media_type=MULTIPART, request_only=True),
        ],
    )
    def create(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Upload a file: the body is its content, of whatever type, or a form has it as `file`.

        Send it within a day, by its id in `attachment_ids` of a message. Its type is that of its
        content, and what a camera noted in an image is taken out before others load it.
        """
        chat = self.find_chat(chat_id)
        row = actions.upload(self.user, chat, self.incoming(request))
        data = shown(Attachment.objects.document(row))
        return Response(data, status=status.HTTP_201_CREATED)

    def incoming(self, request: Request) -> actions.Upload:
        """The file of a request."""
        if (request.content_type or "").startswith(MULTIPART):
            data = self.valid_data()
            file = data["file"]
            return actions.Upload(file.name, file.size, data.get("alt", ""), file.read)
        query_parameters(request, "name", "alt")
        query, length = request.query_params, request.META.get("CONTENT_LENGTH")
        if not length:
            raise LengthRequired
        name, alt = query.get("name", ""), query.get("alt", "")
        return actions.Upload(name, length_of(length), alt, request._request.read)


class AttachmentViewSet(ChatViews):
    """A file, for those who see the message that it is in, and before that for its author."""

    @extend_schema(responses={200: AttachmentSerializer, **READ_ERRORS})
    def retrieve(self, request: Request, chat_id: uuid.UUID, attachment_id: uuid.UUID) -> Response:
        """What is known about a file."""
        row = self.find_attachment(chat_id, attachment_id)
        return Response(shown(Attachment.objects.document(row)))

    @extend_schema(responses={204: None, **ERRORS})
    def destroy(self, request: Request, chat_id: uuid.UUID, attachment_id: uuid.UUID) -> Response:
        """Remove one's own file that isn't sent yet."""
        actions.withdraw_upload(self.user, self.find_chat(chat_id), attachment_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def find_attachment(self, chat_id: uuid.UUID, attachment_id: uuid.UUID) -> Attachment:
        """A file; raises `DoesNotExist` if it isn't there for the user."""
        rows = Attachment.objects.seen_by(self.find_chat(chat_id), self.user.pk)
        row: Attachment = rows.get(pk=attachment_id)
        return row


class FileViewSet(AttachmentViewSet):
    """The content of a file."""

    parser_classes = (JSONParser,)
    content_negotiation_class = AnyType

    @extend_schema(
        responses={(200, ANY): FILE, (206, ANY): FILE, 302: None, 416: None, **READ_ERRORS},
        parameters=[OpenApiParameter("Range", str, OpenApiParameter.HEADER)],
    )
    def file(
        self, request: Request, chat_id: uuid.UUID, attachment_id: uuid.UUID
    ) -> HttpResponseBase:
        """The content; of an image, without what its camera noted, as soon as it is `ready`.

        Images, audio, video and PDF that browsers show without harm are inline. With files in a
        bucket the answer is a redirect.
        """
        row = self.find_attachment(chat_id, attachment_id)
        key, image_key, _ = keys_of(row.chat_id.hex, row.pk.hex)
        is_image = row.type in IMAGES
        return self.stored(row, Stored(image_key if is_image else key, row.name, row.type))

    @extend_schema(responses={(200, THUMBNAIL_TYPE): FILE, 302: None, **READ_ERRORS})
    def thumbnail(
        self, request: Request, chat_id: uuid.UUID, attachment_id: uuid.UUID
    ) -> HttpResponseBase:
        """A small image (WebP) of an image that is `ready`."""
        row = self.find_attachment(chat_id, attachment_id)
        if row.type not in IMAGES:
            raise Attachment.DoesNotExist
        _, _, key = keys_of(row.chat_id.hex, row.pk.hex)
        return self.stored(row, Stored(key, f"{row.name}.webp", THUMBNAIL_TYPE))

    def stored(self, row: Attachment, stored: Stored) -> HttpResponseBase:
        """The answer with a file; 404 as long as there is none to be loaded."""
        if row.state != Attachment.State.READY:
            raise Attachment.DoesNotExist
        try:
            return answer(self.request._request, stored)
        except FileNotFoundError:
            raise Attachment.DoesNotExist from None
