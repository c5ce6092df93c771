"""JSON of messages, of a page of them, and of who reacted to one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from chatproject.rest.fields import serializer_of
from chats.representation import Attachment, MessageData, Names, Photo

from .chat_serializers import ChatSerializer
from .member_serializers import FlagsSerializer

MessageSerializer = serializer_of(MessageData)
PhotoSerializer = serializer_of(Photo)
AttachmentSerializer = serializer_of(Attachment)


class ReactorSerializer(serializers.Serializer[Any]):
    """A reaction of one person."""

    emoji = serializers.CharField()
    user_id = serializers.IntegerField()
    username = serializers.CharField(help_text="Empty if the account is gone.")
    name = serializers.CharField()


def reactor_rows(reactions: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    """The emoji and the person of each of these reactions, in order; one query."""
    pairs = list(reactions)
    people: Names = get_user_model().objects.names({user_id for _, user_id in pairs})
    return [
        {
            "emoji": emoji,
            "user_id": user_id,
            "username": people[user_id].username if user_id in people else "",
            "name": people[user_id].name if user_id in people else "Deleted user",
        }
        for emoji, user_id in pairs
    ]


@extend_schema_serializer(many=False)
class HistorySerializer(serializers.Serializer[Any]):
    """The answer to a request for messages."""

    count = serializers.IntegerField(help_text="Of all messages asked for, not of this page.")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    chat = ChatSerializer()
    results = MessageSerializer(many=True)
    last_rev = serializers.IntegerField(required=False, help_text="With `changed_after`.")
    too_far_behind = serializers.BooleanField(
        required=False,
        help_text="With `changed_after`: over 1,000 changes, or not even that; load anew.",
    )
    read_markers = serializers.DictField(
        child=serializers.IntegerField(), required=False, help_text="With `changed_after`."
    )
    permissions = FlagsSerializer(required=False, help_text="One's own; with `changed_after`.")
