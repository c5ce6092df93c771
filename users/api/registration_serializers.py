"""JSON of accounts to create."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from rest_framework import serializers

from chatproject.rest.fields import StrictSerializer, TextField
from users import invitations, registration, rules
from users.models import USERNAME_TAKEN, Invitation, User, not_the_bot
from users.signing_in import hashers

from .sign_in_serializers import PASSWORD_MAX_LENGTH
from .user_serializers import NameField, check_person_name

USERNAME_RULES = [ASCIIUsernameValidator(), not_the_bot, rules.not_reserved]


class AccountSerializer(StrictSerializer):
    """Reports a unique value that was taken between validation and saving as a field error."""

    def save(self, **kwargs: Any) -> Any:
        try:
            return super().save(**kwargs)
        except IntegrityError:
            self.run_validation(self.initial_data)
            raise


class InvitedSerializer(StrictSerializer):
    """What strangers send to make an account; refused at once where they need an invitation."""

    invitation = TextField(
        max_length=200,
        allow_blank=True,
        default="",
        write_only=True,
        help_text="The code of an invitation: what follows the # of its link.",
    )

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and not data.get("invitation"):
            registration.check_open(None)
        return super().to_internal_value(data)

    def invitation_of(self, attrs: dict[str, Any]) -> Invitation | None:
        """The invitation whose code is given; None if none is."""
        if not attrs["invitation"]:
            return None
        found = invitations.find(attrs["invitation"], self.context["request"]._request)
        if found is None:
            raise serializers.ValidationError({"invitation": registration.BAD_INVITATION})
        registration.check_open(found)
        return found


class RegisterSerializer(InvitedSerializer, AccountSerializer):
    """An account to create."""

    ignored = {"phone_number": [None]}  # there are none here

    username = TextField(max_length=150, validators=USERNAME_RULES)
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254, default="")
    password = TextField(max_length=PASSWORD_MAX_LENGTH, write_only=True)
    first_name = NameField(required=False)
    last_name = NameField(required=False)
    code = TextField(
        max_length=200,
        allow_blank=True,
        default="",
        write_only=True,
        help_text="Confirms an address: from a mail of `auth/register/email`.",
    )

    def validate_username(self, username: str) -> str:
        """The user name, if it is free in any case, and looks like no other."""
        if User.objects.called(username).exists():
            raise serializers.ValidationError(USERNAME_TAKEN)
        if User.objects.looking_like(username).exists():
            raise serializers.ValidationError(rules.LOOKS_LIKE)
        return username

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        check_person_name(attrs.get("first_name", ""), attrs.get("last_name", ""))
        names = ("username", "email", "first_name", "last_name")
        others = {name: attrs[name] for name in names if name in attrs}
        try:
            validate_password(attrs["password"], User(**others))
        except ValidationError as error:
            raise serializers.ValidationError({"password": error.messages}) from None
        return {**attrs, "entry": self._entry(attrs)}

    def _entry(self, attrs: dict[str, Any]) -> registration.Entry:
        """What lets the person in."""
        try:
            return registration.entry(self.invitation_of(attrs), attrs["code"], attrs["email"])
        except ValidationError as error:
            raise serializers.ValidationError(error.message_dict) from None

    def create(self, validated_data: dict[str, Any]) -> User:
        """The account; of its address, only what a code has confirmed."""
        entry: registration.Entry = validated_data.pop("entry")
        names = ("username", "password", "first_name", "last_name")
        given = {name: validated_data[name] for name in names if name in validated_data}
        try:
            with hashers.ahead(given["password"]), transaction.atomic():
                user: User = User.objects.create_user(**given, **entry.columns())
                entry.use(user)
        except ValidationError as ended:
            raise serializers.ValidationError({"detail": ended.messages}) from None
        return user


class SignUpAddressSerializer(InvitedSerializer):
    """The address of an account that is to be made."""

    email = serializers.EmailField(max_length=254, validators=[registration.check_domain])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        self.invitation_of(attrs)
        return attrs
