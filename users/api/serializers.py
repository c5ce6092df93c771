"""JSON of accounts."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from rest_framework import serializers

from chatproject.rest.fields import StrictSerializer, TextField
from users import emails, invitations, registration, rules
from users.models import USERNAME_TAKEN, AddedBy, Invitation, SignIn, User, not_the_bot
from users.signing_in import hashers

# Characters. Far beyond what anybody types: the pages have no limit but that of a body.
PASSWORD_MAX_LENGTH = 4096


USERNAME_RULES = [ASCIIUsernameValidator(), not_the_bot, rules.not_reserved]


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


class AccountSerializer(StrictSerializer):
    """Reports a unique value that was taken between validation and saving as a field error."""

    def save(self, **kwargs: Any) -> Any:
        try:
            return super().save(**kwargs)
        except IntegrityError:
            self.run_validation(self.initial_data)
            raise


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


class LoginSerializer(StrictSerializer):
    """User name and password, for new tokens; also as a form of OAuth2 has them (RFC 6749)."""

    ignored = {
        "grant_type": ["password", ""],
        **dict.fromkeys(("scope", "client_id", "client_secret")),
    }

    username = TextField(max_length=150)
    password = TextField(max_length=PASSWORD_MAX_LENGTH, write_only=True)


class SecondFactorSerializer(StrictSerializer):
    """A ticket of `auth/login`, and a code; spaces and hyphens of the code don't matter."""

    ticket = TextField(max_length=100)
    code = TextField(max_length=20, write_only=True)


class PasswordSerializer(StrictSerializer):
    """One's own password, once more."""

    password = TextField(max_length=PASSWORD_MAX_LENGTH, write_only=True)


class CodeSerializer(StrictSerializer):
    """The code of a mail; spaces and hyphens don't matter."""

    code = TextField(max_length=20, write_only=True)


class RefreshSerializer(StrictSerializer):
    """A refresh token, which works once, for new tokens."""

    aliases = {"refresh_token": "refresh"}

    refresh = TextField(max_length=2000)


class SignInSerializer(serializers.ModelSerializer[SignIn]):
    """A place where one is signed in; `address` is an IPv4 address or an IPv6 network."""

    device = serializers.CharField(read_only=True)
    is_current = serializers.SerializerMethodField()

    class Meta:
        model = SignIn
        fields = (
            *("id", "kind", "is_current", "device", "user_agent", "address"),
            *("created_at", "last_used_at", "expires_at"),
        )
        read_only_fields = fields

    def get_is_current(self, sign_in: SignIn) -> bool:
        """Whether it is the sign-in of this request."""
        current: bool = sign_in.pk == self.context["current"]
        return current


class TokensSerializer(serializers.Serializer[Any]):
    """The answer to a sign-in."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    user = UserSerializer()
