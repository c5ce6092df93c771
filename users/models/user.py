"""Accounts of people, and the bot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils.functional import cached_property

from chatproject.text.confusables import skeleton
from chatproject.text.folding import words
from users import names, signals
from users.ids import new_id
from users.names import Name, full_name
from users.rules import BOT_USERNAME, LOOKS_LIKE, plain_name

from .user_fields import (
    USERNAME_TAKEN,
    AddedBy,
    SearchTextField,
    SkeletonField,
    initial_added_by,
    not_the_bot,
)

NAMES_AT_ONCE = 1000  # parameters of one query


class UserQuerySet(models.QuerySet["User"]):
    """Queries of users."""

    def people(self) -> Self:
        """Those who can be added to chats: active accounts except the bot."""
        return self.filter(is_active=True, is_bot=False)

    def search(self, text: str) -> Self:
        """People of whose names a word begins with each word of this, without case and accents."""
        return self.people().named(text).order_by("username")

    def named(self, text: str) -> Self:
        """The same of all accounts."""
        wanted = words(text)
        matches = models.Q(*(("search_text__contains", f" {word}") for word in wanted))
        return self.filter(matches) if wanted else self.none()

    def called(self, username: str) -> Self:
        """The account with this user name, in any case, if there is one.

        Not by `iexact`: on PostgreSQL it doesn't use the index, and takes a dotless i for an i.
        """
        return self.alias(lower=Lower("username")).filter(lower=username.lower())

    def ids_by_username(self, usernames: Collection[str]) -> dict[str, int]:
        """The ids of the people with these user names, which are in lower case, by them.

        One query for each `NAMES_AT_ONCE`, none for no names.
        """
        found: dict[str, int] = {}
        wanted = list(usernames)
        for start in range(0, len(wanted), NAMES_AT_ONCE):
            part = wanted[start : start + NAMES_AT_ONCE]
            rows = self.people().annotate(lower=Lower("username")).filter(lower__in=part)
            found |= dict(rows.values_list("lower", "pk"))
        return found

    def looking_like(self, username: str) -> Self:
        """The account whose user name looks like this one, if there is one."""
        return self.filter(skeleton=skeleton(username))


class UserManager(DjangoUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Creates users, and has the queries of `UserQuerySet`."""

    def names(self, ids: Iterable[int]) -> dict[int, Name]:
        """The names of these people by id, with one query, or none if all are cached."""
        return names.names_of(ids, self.db)

    def bot(self) -> User:
        """The user that answers `@ai` and `@photo`; nobody can sign in as it."""
        user = self.filter(is_bot=True, username=BOT_USERNAME).first()
        if user is None:
            defaults = {"first_name": "Assistant", "password": "!"}
            user, _ = self.get_or_create(username=BOT_USERNAME, is_bot=True, defaults=defaults)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """The account with this user name, in any case."""
        user: User = self.called(username or "").get()
        return user


def _with_derived(columns: set[str]) -> set[str]:
    """These columns, and those that are made of them."""
    derived = {"skeleton"} if "username" in columns else set()
    return columns | derived | ({"search_text"} if columns & SearchTextField.SOURCES else set())


class User(AbstractUser):
    """An account; `is_bot` marks the one that answers questions."""

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    # ASCII: SQLite folds the case of no other letters, and other scripts have look-alikes.
    username = models.CharField(
        max_length=150,
        unique=True,
        help_text="Letters, digits and @ . + - _ only.",
        validators=[ASCIIUsernameValidator(), not_the_bot],
        error_messages={"unique": USERNAME_TAKEN},
    )
    skeleton = SkeletonField(max_length=150, unique=True, editable=False)
    search_text = SearchTextField(editable=False)
    first_name = models.CharField(max_length=150, blank=True, validators=[plain_name])
    last_name = models.CharField(max_length=150, blank=True, validators=[plain_name])
    # Confirmed, or set by an operator: whoever reads it may set a new password (`emails.py`).
    email = models.EmailField("email address", blank=True)
    added_by = models.CharField(
        "who may add me to groups",
        max_length=6,
        choices=AddedBy,
        default=initial_added_by,
        help_text="Sharing a chat: a group that you are both in, or a private chat that you have "
        "opened or lately written in.",
    )
    is_bot = models.BooleanField(default=False, editable=False)
    # An account that isn't active yet: a moderator lets it in, or refuses it.
    awaits_approval = models.BooleanField(default=False, editable=False)

    objects: ClassVar[Any] = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_any_case",
                violation_error_message=USERNAME_TAKEN,
            ),
        ]

    _stored: Mapping[str, Any] = {}  # values by column, as this instance knows the row

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any, **kwargs: Any) -> Self:
        user = super().from_db(db, field_names, values, **kwargs)
        user._stored = dict(zip(field_names, values, strict=False))
        return user

    def refresh_from_db(
        self, using: Any = None, fields: Any = None, from_queryset: Any = None
    ) -> None:
        super().refresh_from_db(using, fields, from_queryset)
        self._remember(fields)

    def save(self, **kwargs: Any) -> None:
        """Write only the columns that this instance has changed.

        Saving a profile must not undo a simultaneous deactivation, new password or deletion.
        """
        if not self._state.adding and kwargs.get("update_fields") is None:
            kwargs["update_fields"] = {
                name
                for name in self._columns() - {"id"}
                if name not in self._stored or self._stored[name] != self.__dict__[name]
            }
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = _with_derived(set(kwargs["update_fields"]))
        is_renamed = bool(SearchTextField.SOURCES.intersection(kwargs.get("update_fields") or ()))
        super().save(**kwargs)
        self._remember(kwargs.get("update_fields"))
        names.forget(self.pk)
        if is_renamed:
            transaction.on_commit(self._tell_names, using=self._state.db, robust=True)

    def _tell_names(self) -> None:
        signals.renamed.send(User, user=self)

    def clean(self) -> None:
        """Refuse a new user name that looks like that of another account."""
        super().clean()
        others = User.objects.exclude(pk=self.pk)
        is_new = self._stored.get("username") != self.username
        if self.username and is_new and others.looking_like(self.username).exists():
            raise ValidationError({"username": LOOKS_LIKE})

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        names.forget(self.pk)
        return super().delete(*args, **kwargs)

    def _remember(self, fields: Iterable[str] | None) -> None:
        columns = self._columns() & set(fields) if fields else self._columns()
        known = {name: self.__dict__[name] for name in columns}
        self._stored = {**self._stored, **known}

    def _columns(self) -> set[str]:
        """The loaded columns: those that aren't deferred."""
        return self.__dict__.keys() & {field.attname for field in self._meta.concrete_fields}

    @cached_property
    def blocked_ids(self) -> frozenset[int]:
        """The ids of the people whom the person blocks; one query for this instance."""
        return frozenset(self.blocks.values_list("blocked_id", flat=True))

    @property
    def name(self) -> str:
        """What others read: the full name, or the user name."""
        return full_name(self.first_name, self.last_name) or self.username
