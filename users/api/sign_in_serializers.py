"""JSON of signing in, of sign-ins, and of what proves who somebody is."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from chatproject.rest.fields import StrictSerializer, TextField
from users.models import SignIn

from .user_serializers import UserSerializer

# Characters. Far beyond what anybody types: the pages have no limit but that of a body.
PASSWORD_MAX_LENGTH = 4096


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
