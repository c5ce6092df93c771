"""Sign-ins that wait for their second factor."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from .mailed_code import keyed_hash
from .user import User

LIFETIME = timedelta(minutes=5)
TRIES = 5


class SecondStep(models.Model):
    """Somebody who has given a right password and has yet to give a second factor.

    It is good for that alone, ends with the fifth wrong try, after five minutes, and with whatever
    ends the account's sign-ins. A page finds it by its id, which its session holds; a client of the
    API by a ticket, of which only a hash is stored.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="second_steps")
    ticket_hash = models.CharField(max_length=64, unique=True)
    tries_left = models.PositiveSmallIntegerField(default=TRIES)
    expires_at = models.DateTimeField()

    objects: ClassVar[Any] = models.Manager()

    def __str__(self) -> str:
        return f"{self.user}, until {self.expires_at:%Y-%m-%d %H:%M}"

    @classmethod
    def begin(cls, user: User) -> tuple[SecondStep, str]:
        """A new one and its ticket; those that have expired are deleted."""
        cls.objects.filter(expires_at__lt=timezone.now()).delete()
        ticket = secrets.token_urlsafe(32)
        ends = timezone.now() + LIFETIME
        step = cls.objects.create(user=user, ticket_hash=_hash(ticket), expires_at=ends)
        return step, ticket

    @classmethod
    def of_ticket(cls, ticket: str) -> SecondStep | None:
        """The one with this ticket, if it has tries left."""
        return cls._live().filter(ticket_hash=_hash(ticket)).first()

    @classmethod
    def of_id(cls, step_id: str) -> SecondStep | None:
        """The one with this id, if it has tries left."""
        return cls._live().filter(pk=step_id).first()

    @classmethod
    def _live(cls) -> models.QuerySet[SecondStep]:
        found: models.QuerySet[SecondStep] = cls.objects.select_related("user").filter(
            tries_left__gt=0, expires_at__gt=timezone.now(), user__is_active=True
        )
        return found

    def take_try(self) -> bool:
        """Count a try, before it is compared; False if none is left."""
        rows = self._live().filter(pk=self.pk)
        return bool(rows.update(tries_left=models.F("tries_left") - 1))

    def use(self) -> bool:
        """End it; False if that was done meanwhile."""
        deleted, _ = SecondStep.objects.filter(pk=self.pk).delete()
        return bool(deleted)


def _hash(ticket: str) -> str:
    return keyed_hash("second step", ticket)
