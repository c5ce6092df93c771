"""JSON of people, as others see them and as they see themselves."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from chatproject.rest.fields import StrictSerializer, TextField
from users import emails, rules
from users.models import AddedBy, User


class UserSerializer(serializers.ModelSerializer[User]):
    """A person as others see them."""

    name = serializers.CharField(read_only=True)

    class Meta:
        model = User
        fields = ("id", "username", "name", "is_bot")
        read_only_fields = fields


class NameField(TextField):
    """A first or last name, or none: up to 150 characters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=150, allow_blank=True, validators=[rules.plain_name], **options)


def check_person_name(first_name: str, last_name: str) -> None:
    """Raise the serializers' error for a name that is reserved."""
    try:
        rules.person_name(first_name, last_name)
    except ValidationError as error:
        raise serializers.ValidationError(error.message_dict) from None


class MeSerializer(StrictSerializer, serializers.ModelSerializer[User]):
    """One's own account."""

    name = serializers.CharField(read_only=True)
    first_name = NameField(required=False)
    last_name = NameField(required=False)
    email = serializers.EmailField(
        required=False,
        allow_blank=True,
        max_length=254,
        help_text="Confirmed; a new one is `pending_email` until its code comes back.",
    )
    pending_email = serializers.SerializerMethodField()
    added_by = serializers.ChoiceField(
        choices=AddedBy.choices,
        required=False,
        help_text="Who may add you to groups: `shared` are people of a group that you are in, or "
        "of a private chat that you have opened or lately written in.",
    )

    class Meta:
        model = User
        fields = (
            *("id", "username", "name", "is_bot"),
            *("email", "pending_email", "first_name", "last_name", "added_by", "date_joined"),
        )
        read_only_fields = ("id", "username", "is_bot", "date_joined")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        user = self.instance
        if user and not user.is_staff:
            names = [attrs.get(name, getattr(user, name)) for name in ("first_name", "last_name")]
            check_person_name(*names)
        return attrs

    def get_pending_email(self, user: User) -> str:
        """The address that waits for its code, or ""."""
        return emails.pending(user)

    def update(self, instance: User, validated_data: dict[str, Any]) -> User:
        """Change all but the address, for which `emails.change` is."""
        names = {name: value for name, value in validated_data.items() if name != "email"}
        return super().update(instance, names)
