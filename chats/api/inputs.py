"""Bodies that the API of chats takes; the rules about values are those of the actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import QueryDict
from rest_framework import serializers
from rest_framework.fields import empty

from chatproject.rest.fields import (
    FlagField,
    IdField,
    ListField,
    StrictSerializer,
    TextField,
    WholeNumberField,
)
from chatproject.rest.parameters import MAX_NUMBER
from chatproject.text.emoji import LONGEST as EMOJI_LONGEST
from chats.models import Chat, ChatPermissions
from chats.protocol import ALT_MAX_LENGTH, CLIENT_ID_MAX_LENGTH


def user_id_field(**options: Any) -> WholeNumberField:
    """A field for a user id: 1 to `MAX_NUMBER`."""
    return WholeNumberField(min_value=1, max_value=MAX_NUMBER, **options)


class NothingSerializer(StrictSerializer):
    """No fields."""


class PrivateChatSerializer(NothingSerializer):
    """No fields; a private chat has no name of its own."""

    ignored = {"name": None}


def _parts(field: ListField, dictionary: Any, get_value: Callable[[Any], Any]) -> Any:
    """The value of a list that a form has as one text, separated by commas or blanks."""
    if field.field_name and isinstance(dictionary, QueryDict) and field.field_name in dictionary:
        texts = " ".join(dictionary.getlist(field.field_name))
        return texts.replace(",", " ").split() or empty
    return get_value(dictionary)


class UserIdsField(ListField):
    """Ids of users; in a form separated by commas or blanks."""

    def __init__(self, **options: Any) -> None:
        style = {"base_template": "input.html", "input_type": "text"}
        limit = settings.CHAT_MAX_MEMBERS
        options |= {"initial": "", "style": style}
        super().__init__(child=user_id_field(), max_length=limit, **options)

    def get_value(self, dictionary: Any) -> Any:
        return _parts(self, dictionary, super().get_value)


class AttachmentIdsField(ListField):
    """Ids of files; in a form separated by commas or blanks."""

    def __init__(self, **options: Any) -> None:
        style = {"base_template": "input.html", "input_type": "text"}
        options |= {"initial": "", "style": style}
        super().__init__(child=IdField(), max_length=settings.ATTACHMENTS_PER_MESSAGE, **options)

    def get_value(self, dictionary: Any) -> Any:
        return _parts(self, dictionary, super().get_value)


class ContentSerializer(StrictSerializer):
    """A message's new text."""

    content = TextField(
        max_length=settings.MESSAGE_MAX_LENGTH,
        style={"base_template": "textarea.html", "rows": 4},
        help_text="Markdown; `@username` mentions a member, `@all` everybody.",
    )


class NewMessageSerializer(ContentSerializer):
    """A message to send."""

    client_id = TextField(
        max_length=CLIENT_ID_MAX_LENGTH,
        required=False,
        allow_null=True,
        help_text="Yours; sending it again answers with the message that was stored.",
    )
    reply_to = IdField(required=False, allow_null=True)
    attachment_ids = AttachmentIdsField(
        required=False, help_text="Of one's uploads in this chat; the content may be empty then."
    )

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        fields["content"].required = False
        fields["content"].allow_blank = True
        return fields

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "content" not in attrs and not attrs.get("attachment_ids"):
            raise serializers.ValidationError({"content": ["This field is required."]})
        return {"content": "", **attrs}


class UploadSerializer(StrictSerializer):
    """A file in a form."""

    file = serializers.FileField(max_length=None)
    alt = TextField(max_length=ALT_MAX_LENGTH, required=False, allow_blank=True)


class ReactionSerializer(StrictSerializer):
    """An emoji to react with."""

    emoji = TextField(max_length=EMOJI_LONGEST, help_text="Any one emoji of Unicode 17.")


class GroupSerializer(StrictSerializer):
    """A group to create; whoever creates it owns it."""

    name = TextField(max_length=settings.CHAT_NAME_MAX_LENGTH)
    member_ids = UserIdsField(required=False, default=list, help_text="The ids of the others.")
    client_id = TextField(
        max_length=CLIENT_ID_MAX_LENGTH,
        required=False,
        allow_null=True,
        help_text="Yours; sending the same again answers with the group that was made.",
    )


class ChatChangeSerializer(StrictSerializer):
    """Another name or owner, who may join, what they read; or several at once."""

    name = TextField(max_length=settings.CHAT_NAME_MAX_LENGTH, required=False)
    owner_id = user_id_field(required=False, style={"drafted": False})  # its owner's alone
    access = serializers.ChoiceField(
        choices=Chat.Access.choices, required=False, style={"drafted": False}
    )
    history_for_new_members = FlagField(
        required=False,
        style={"drafted": False},
        help_text="Whether people who come later read what was said before.",
    )
    assistant_sees_history = FlagField(
        required=False,
        style={"drafted": False},
        help_text="Whether @ai is sent the last messages with a question.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"name": [f"Give one of {', '.join(self.fields)}."]})
        return attrs


class PersonSerializer(StrictSerializer):
    """A person."""

    user_id = user_id_field()


class FirstUnreadSerializer(StrictSerializer):
    """The first message that is unread."""

    message_id = IdField()


class PermissionsSerializer(StrictSerializer):
    """The four permissions; a change names those that it changes."""

    can_send_messages = FlagField(required=False)
    can_change_permissions = FlagField(required=False)
    can_remove_members = FlagField(required=False)
    can_delete_other_messages = FlagField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            names = ChatPermissions.FLAGS
            raise serializers.ValidationError({names[0]: [f"Give one of {', '.join(names)}."]})
        return attrs


class AddMembersSerializer(StrictSerializer):
    """One person (`user_id`) or several (`user_ids`)."""

    user_id = user_id_field(required=False)
    user_ids = UserIdsField(required=False, min_length=1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError({"user_ids": ["Give either user_id or user_ids."]})
        return attrs
