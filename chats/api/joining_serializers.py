"""JSON of groups that one may find, of requests to join, and of bans."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from rest_framework import serializers

from chats.models import Chat, ListedGroup, Standing
from chats.representation import iso
from users.api.user_serializers import UserSerializer


class PersonRowSerializer(UserSerializer):
    """A person, as rows of a chat name them."""


class JoinRequestSerializer(UserSerializer):
    """Somebody who asks to join."""

    asked_at = serializers.DateTimeField()

    class Meta(UserSerializer.Meta):
        fields = (*UserSerializer.Meta.fields, "asked_at")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


def person_rows(rows: Iterable[Any], **fields: str) -> list[dict[str, Any]]:
    """The people of rows that have a `user_id`, and these attributes of the rows, by field."""
    rows = list(rows)
    people = get_user_model().objects.names([row.user_id for row in rows])
    return [
        {
            "id": row.user_id,
            "username": people[row.user_id].username,
            "name": people[row.user_id].name,
            "is_bot": people[row.user_id].is_bot,
            **{name: iso(getattr(row, attribute)) for name, attribute in fields.items()},
        }
        for row in rows
        if row.user_id in people
    ]


class ListedGroupSerializer(serializers.Serializer[ListedGroup]):
    """A group that one may find, and how one stands to it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    access = serializers.ChoiceField(choices=Chat.Access.choices)
    member_count = serializers.IntegerField()
    standing = serializers.ChoiceField(
        choices=Standing.choices,
        help_text="What oneself is to it: asked and refused are of a request to join.",
    )
