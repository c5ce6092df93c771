"""JSON of members and of what they may do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from rest_framework import serializers

from chats.models import Chat
from chats.permissions import Permissions
from users.api.user_serializers import UserSerializer


class FlagsSerializer(serializers.Serializer[Any]):
    """The four permissions as they hold for a member."""

    can_send_messages = serializers.BooleanField()
    can_change_permissions = serializers.BooleanField()
    can_remove_members = serializers.BooleanField()
    can_delete_other_messages = serializers.BooleanField()


class MemberSerializer(UserSerializer):
    """A member of a chat, with presence and permissions."""

    is_owner = serializers.BooleanField()
    online = serializers.BooleanField(
        help_text="Has the group open; in a private chat: has any socket."
    )
    permissions = FlagsSerializer()

    class Meta(UserSerializer.Meta):
        fields = (*UserSerializer.Meta.fields, "is_owner", "online", "permissions")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


def member_rows(
    chat: Chat, allowed: dict[int, Permissions], online: Iterable[int]
) -> list[dict[str, Any]]:
    """The members of a chat, in the order in which they joined."""
    people, here = get_user_model().objects.names(chat.member_ids), set(online)
    return [
        {
            "id": user_id,
            "username": people[user_id].username,
            "name": people[user_id].name,
            "is_bot": people[user_id].is_bot,
            "is_owner": allowed[user_id].is_owner,
            "online": user_id in here,
            "permissions": allowed[user_id].as_flags(),
        }
        for user_id in chat.member_ids
        if user_id in people
    ]
