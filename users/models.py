"""People and the bot, and the refresh tokens of API clients: rows of SQL."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from functools import cache
from typing import Any, ClassVar, NamedTuple, Self

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.core.exceptions import ValidationError
from django.db import connections, models
from django.db.models.functions import Lower

BOT_USERNAME = "assistant"
USERNAME_TAKEN = "This user name is taken."
EMAIL_TAKEN = "This address belongs to another account."

# As SQL, because nearly every request asks these, and the ORM takes longer to write them than the
# database to answer.
NAMES = "SELECT id, username, first_name, last_name, is_bot FROM users_user WHERE id IN ({})"
SIGNED_IN = """
SELECT {} FROM users_user
WHERE id = %s AND is_active
AND EXISTS (SELECT 1 FROM users_refreshtoken WHERE family = %s AND user_id = users_user.id)
AND NOT EXISTS (SELECT 1 FROM users_refreshtoken WHERE family = %s AND revoked_at IS NOT NULL)
"""


class Name(NamedTuple):
    """What a person is called: `name` is what others read."""

    pk: int
    username: str
    name: str
    is_bot: bool


def full_name(first_name: str, last_name: str) -> str:
    return f"{first_name} {last_name}".strip()


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

    def names(self, ids: Iterable[int]) -> dict[int, Name]:
        """What these people are called, by id, in one query, or in none."""
        wanted = sorted(set(ids))
        if not wanted:
            return {}
        marks = ", ".join(["%s"] * len(wanted))
        with connections[self.db].cursor() as cursor:
            cursor.execute(NAMES.format(marks), wanted)
            rows = cursor.fetchall()
        return {
            user_id: Name(user_id, username, full_name(first, last) or username, bool(is_bot))
            for user_id, username, first, last, is_bot in rows
        }

    def signed_in(self, user_id: int, family: uuid.UUID) -> User | None:
        """An active user with a sign-in that wasn't revoked, in one query."""
        connection = connections[self.db]
        family_id = RefreshToken._meta.get_field("family").get_db_prep_value(family, connection)
        names = _plain_fields()
        with connection.cursor() as cursor:
            cursor.execute(SIGNED_IN.format(", ".join(names)), [user_id, family_id, family_id])
            row = cursor.fetchone()
        return self.model.from_db(self.db, names, row) if row else None


@cache
def _plain_fields() -> tuple[str, ...]:
    """Without the times, which only the ORM knows how to read: they are deferred."""
    fields = User._meta.concrete_fields
    return tuple(field.attname for field in fields if not isinstance(field, models.DateTimeField))


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
        return full_name(self.first_name, self.last_name) or self.username


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
