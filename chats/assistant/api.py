"""`ai/ask` and `ai/photo`: the providers behind @ai and @photo, asked directly."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from chatproject.limits import limits
from chatproject.rest.fields import StrictSerializer, TextField
from chatproject.text.names import is_blank
from chats.api.message_serializers import PhotoSerializer
from chats.api.openapi import BAD_INPUT, NOT_SIGNED_IN
from users.models import User

from . import ai, direct, unsplash
from .providers import ProviderError

T = TypeVar("T")


class NoAnswer(APIException):
    """A provider's failure as HTTP: 404, 502, 503 or 504 with a text for people."""

    default_code = "no_answer"

    def __init__(self, error: ProviderError) -> None:
        super().__init__(error.message)
        self.status_code = error.status_code


class Busy(APIException):
    """As many calls are under way as this process makes at a time (HTTP 503)."""

    status_code = 503
    default_detail = "Too many people are asking right now. Please try again in a moment."
    default_code = "busy"
    wait = direct.ROOM_AFTER  # DRF sends it as Retry-After


def _answer(request: Request, call: Callable[[], T]) -> T:
    assert isinstance(request.user, User)
    limits.QUESTIONS.spend(request.user.pk)
    try:
        return direct.ask(request.user.pk, call)
    except direct.NoRoom:
        raise Busy from None
    except ProviderError as error:
        raise NoAnswer(error) from None


class QuestionSerializer(StrictSerializer):
    """A question to the AI provider."""

    user_input = TextField(max_length=settings.MESSAGE_MAX_LENGTH)

    def validate_user_input(self, text: str) -> str:
        """The text without blanks around it; there must be more to see."""
        if is_blank(text):
            raise serializers.ValidationError("This can't be blank.")
        return text.strip()


class AnswerSerializer(serializers.Serializer[Any]):
    """The AI provider's answer."""

    response = serializers.CharField()


class PhotoQuerySerializer(StrictSerializer):
    """The words that a photo is searched by."""

    query = serializers.CharField(max_length=unsplash.QUERY_MAX_LENGTH)


class DetailSerializer(serializers.Serializer[Any]):
    """Why there is no answer, as a text for people."""

    detail = serializers.CharField()


def _failure(description: str, detail: str) -> OpenApiResponse:
    return OpenApiResponse(
        DetailSerializer, description, examples=[OpenApiExample("A failure", {"detail": detail})]
    )


FAILURES = {
    400: BAD_INPUT,
    401: NOT_SIGNED_IN,
    502: _failure("The provider failed.", "The provider has a problem (HTTP 500)."),
    503: _failure("Not set up, busy or unreachable.", "The provider can't be reached."),
    504: _failure("Too slow.", "The provider didn't answer within 30 seconds."),
}
NOT_FOUND = _failure("No photo fits the query.", "No photo found for “qwertz”.")


def _query_of(request: Request) -> dict[str, str]:
    """Our query parameters; `format` belongs to the framework."""
    return {
        name: str(value)
        for name, value in request.query_params.items()
        if name != api_settings.URL_FORMAT_OVERRIDE
    }


class AskView(GenericAPIView[Any]):
    """A question to the AI provider."""

    permission_classes = [IsAuthenticated]
    serializer_class = QuestionSerializer

    @extend_schema(
        operation_id="ai_ask",
        summary="Ask the AI provider",
        tags=["ai"],
        request=QuestionSerializer,
        responses={200: AnswerSerializer, **FAILURES},
        examples=[
            OpenApiExample(
                "A question", {"user_input": "How does a loom work?"}, request_only=True
            ),
            OpenApiExample(
                "An answer",
                {"response": "It crosses threads."},
                response_only=True,
                status_codes=["200"],
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        question = self.get_serializer(data=request.data)
        question.is_valid(raise_exception=True)
        text = question.validated_data["user_input"]
        return Response({"response": _answer(request, lambda: ai.ask(text))})


class PhotoView(APIView):
    """A photo from Unsplash's search."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        operation_id="ai_photo",
        summary="Find a photo",
        tags=["ai"],
        parameters=[
            OpenApiParameter(
                "query",
                {"type": "string", "minLength": 1, "maxLength": unsplash.QUERY_MAX_LENGTH},
                required=True,
                examples=[OpenApiExample("Words", "red bicycle")],
            )
        ],
        responses={200: PhotoSerializer, 404: NOT_FOUND, **FAILURES},
        examples=[
            OpenApiExample(
                "A photo",
                {
                    "image_url": "https://images.unsplash.com/photo-1",
                    "alt": "a red bicycle by a wall",
                    "author": "Ann Lee",
                    "author_url": "https://unsplash.com/@ann?utm_source=chat&utm_medium=referral",
                    "page_url": "https://unsplash.com/photos/1?utm_source=chat&utm_medium=referral",
                },
                response_only=True,
                status_codes=["200"],
            )
        ],
    )
    def get(self, request: Request) -> Response:
        wanted = PhotoQuerySerializer(data=_query_of(request))
        wanted.is_valid(raise_exception=True)
        query = wanted.validated_data["query"]
        return Response(_answer(request, lambda: unsplash.find(query)))
