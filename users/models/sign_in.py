"""Where people are signed in: sign-ins, browsers' sessions, refresh tokens."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from itertools import islice
from typing import Any, ClassVar, Self

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone

from users.devices import device_of

from .user import User

BATCH = 500  # ids in one query


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
