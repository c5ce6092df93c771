"""What the OpenAPI schema says about the endpoints of chats in addition to their serializers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse

BAD_INPUT = OpenApiResponse(
    OpenApiTypes.OBJECT,
    "A field is out of its limits; it is named.",
    examples=[OpenApiExample("A field", {"content": ["This field may not be blank."]})],
)
NOT_SIGNED_IN = OpenApiResponse(
    OpenApiTypes.OBJECT,
    "No token or session, or a bad one.",
    examples=[
        OpenApiExample("No token", {"detail": "Authentication credentials were not provided."})
    ],
)
REFUSED = OpenApiResponse(
    OpenApiTypes.OBJECT,
    "A member may not do this.",
    examples=[
        OpenApiExample("A rule", {"detail": "You may not send messages in this chat."}),
    ],
)
NOT_FOUND = OpenApiResponse(
    OpenApiTypes.OBJECT,
    "No such thing, or not for you.",
    examples=[OpenApiExample("Nothing", {"detail": "Not found."})],
)
ERRORS: dict[int, Any] = {400: BAD_INPUT, 401: NOT_SIGNED_IN, 403: REFUSED, 404: NOT_FOUND}
READ_ERRORS: dict[int, Any] = {400: BAD_INPUT, 401: NOT_SIGNED_IN, 404: NOT_FOUND}


def body(title: str, /, **fields: Any) -> OpenApiExample:
    """An example of a request body."""
    return OpenApiExample(title, fields, request_only=True)


GREETING = body("A greeting", content="Hello, everyone!", client_id="7d0a3c9e")
QUESTION = body("A question to the bot", content="@ai How does a loom work?")
CORRECTION = body("A correction", content="Hello, everybody!")
THUMBS_UP = body("Thumbs up", emoji="\U0001f44d")
NEW_GROUP = body("A group of three", name="Engines", member_ids=[2, 3])
NEW_NAME = body("Another name", name="Looms")
NEW_ACCESS = body("Anybody may join", access="open")
NEW_OWNER = body("Another owner", owner_id=2)
NEWCOMER = body("One person", user_id=4)
NEWCOMERS = body("Two people", user_ids=[4, 5])
FIRST_UNREAD = body("From a message on", message_id="01a22e45-0058-7fc7-ba9d-27bce6083035")
PERSON = body("One person", user_id=4)
INVITATION = body("For ten people, a week", max_uses=10, days=7)
CODE = body("The code of the link", code="mJ4v…")
MODERATION = body("A moderator", can_delete_other_messages=True, can_remove_members=True)
