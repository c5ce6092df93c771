"""Where people are signed in: sign-ins, browsers' sessions, refresh tokens."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from functools import cache
from itertools import islice
from typing import Any, ClassVar, Self

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import connections, models
from django.utils import timezone

from users.devices import device_of

from .user import User

BATCH = 500  # ids in one query

SIGN_IN_ID: Any = models.UUIDField()  # which each database stores in its own form

# As SQL, because nearly every request asks it, and the ORM takes longer to write it than the
# database to answer.
SIGNED_IN = """
SELECT {} FROM users_user
WHERE id = %s AND is_active
AND EXISTS (SELECT 1 FROM users_signin WHERE id = %s AND user_id = users_user.id)
"""
SIGNED_IN_AMONG = """
SELECT users_signin.id FROM users_signin JOIN users_user ON users_user.id = user_id
WHERE users_signin.id IN ({}) AND is_active
"""


@cache
def _plain_fields() -> tuple[str, ...]:
    """The columns of users except times, which only the ORM can convert: those are deferred."""
    fields = User._meta.concrete_fields
    return tuple(field.attname for field in fields if not isinstance(field, models.DateTimeField))


class SignInQuerySet(models.QuerySet["SignIn"]):
    """Queries of sign-ins."""

    def live(self) -> Self:
        """Those of active accounts that haven't expired."""
        return self.filter(expires_at__gt=timezone.now(), user__is_active=True)

    def of(self, user_id: int | None) -> Self:
        """Those of a person, latest used first."""
        return self.live().filter(user_id=user_id).order_by("-last_used_at", "pk")

    def expiries(self, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, float]:
        """The expiry of each live sign-in among these, by id, in Unix time."""
        rest, found = iter(ids), {}
        while batch := list(islice(rest, BATCH)):
            rows = self.live().filter(pk__in=batch).values_list("pk", "expires_at")
            found.update({pk: ends.timestamp() for pk, ends in rows})
        return found

    def user_of(self, sign_in: uuid.UUID, user_id: int) -> User | None:
        """The active user whose sign-in this is, if it wasn't ended; one query."""
        connection = connections[self.db]
        sign_in_id = SIGN_IN_ID.get_db_prep_value(sign_in, connection)
        columns = _plain_fields()
        with connection.cursor() as cursor:
            cursor.execute(SIGNED_IN.format(", ".join(columns)), [user_id, sign_in_id])
            row = cursor.fetchone()
        return User.from_db(self.db, columns, row) if row else None

    def not_ended(self, sign_ins: Collection[uuid.UUID]) -> set[uuid.UUID]:
        """Those of these sign-ins that weren't ended, of active users; one query at most."""
        if not sign_ins:
            return set()
        connection = connections[self.db]
        ids = [SIGN_IN_ID.get_db_prep_value(sign_in, connection) for sign_in in sign_ins]
        with connection.cursor() as cursor:
            cursor.execute(SIGNED_IN_AMONG.format(", ".join(["%s"] * len(ids))), ids)
            return {SIGN_IN_ID.to_python(row[0]) for row in cursor.fetchall()}


class SignIn(models.Model):
    """One place where somebody is signed in: a browser, or a client of the API.

    The row is the sign-in: without it, its session and tokens are invalid.
    """

    class Kind(models.TextChoices):
        """A browser has a session, a client of the API has tokens."""

        BROWSER = "browser"
        API = "api"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    kind = models.CharField(max_length=7, choices=Kind)
    user_agent = models.CharField(max_length=255, blank=True)
    address = models.CharField(max_length=64, blank=True)  # IPv4 address or IPv6 network
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    # Of an API client: the id of its newest refresh token, the only one that is still good.
    refresh_id = models.UUIDField(null=True, editable=False)

    # When the password was given again, for one change that an access token alone isn't enough for.
    password_given_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[Any] = SignInQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user}: {self.device}"

    @property
    def device(self) -> str:
        """A readable name, such as `Firefox on Linux`."""
        return device_of(self.user_agent)


class Session(AbstractBaseSession):
    """A browser's session, named by a hash of its key: see `sessions.py`."""

    sign_in = models.ForeignKey(
        SignIn, on_delete=models.CASCADE, null=True, related_name="sessions"
    )
