"""People and the bot, and the refresh tokens of API clients: rows of SQL."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower

BOT_USERNAME = "assistant"
USERNAME_TAKEN = "This user name is taken."
EMAIL_TAKEN = "This address belongs to another account."


def not_the_bot(username: str) -> None:
    """The bot's name is taken from the start: whoever had it would speak as the bot."""
    if username.lower() == BOT_USERNAME:
        raise ValidationError(USERNAME_TAKEN)


class UserQuerySet(models.QuerySet["User"]):
    def people(self) -> Self:
        """Those who can be talked to: active, and no bot."""
        return self.filter(is_active=True, is_bot=False)

    def search(self, text: str) -> Self:
        """People whose user name, first or last name begins with this, in any case."""
        matches = (
            models.Q(username__istartswith=text)
            | models.Q(first_name__istartswith=text)
            | models.Q(last_name__istartswith=text)
        )
        return self.people().filter(matches).order_by("username")

    def names(self, ids: Iterable[int]) -> dict[int, User]:
        """Users by id, in one query, or in none."""
        return {user.pk: user for user in self.filter(pk__in=set(ids))}


class UserManager(DjangoUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def bot(self) -> User:
        """The user that answers `@ai` and `@photo`; nobody can sign in as it."""
        user = self.filter(is_bot=True, username=BOT_USERNAME).first()
        if user is None:
            defaults = {"first_name": "Assistant", "password": "!"}
            user, _ = self.get_or_create(username=BOT_USERNAME, is_bot=True, defaults=defaults)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """The account with this user name, in any case."""
        return self.get(username__iexact=username)


class User(AbstractUser):
    """An account; `is_bot` for the one that answers commands."""

    # ASCII: SQLite ignores the case of no other letters, and none look like those of another name.
    username = models.CharField(
        max_length=150,
        unique=True,
        help_text="Letters, digits and @ . + - _ only.",
        validators=[ASCIIUsernameValidator(), not_the_bot],
        error_messages={"unique": USERNAME_TAKEN},
    )
    is_bot = models.BooleanField(default=False, editable=False)

    objects: ClassVar[Any] = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_any_case",
                violation_error_message=USERNAME_TAKEN,
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="user_email_any_case",
                violation_error_message=EMAIL_TAKEN,
            ),
        ]

    @property
    def name(self) -> str:
        """What others read: the full name, or the user name."""
        return self.get_full_name() or self.username


class RefreshToken(models.Model):
    """One refresh token of an API client; a `family` is one sign-in and its rotations."""

    jti = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    family = models.UUIDField(default=uuid.uuid4, db_index=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="refresh_tokens")
    user_agent = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user} until {self.expires_at:%Y-%m-%d}"
