"""Invitations: links by which people make accounts. Only hashes of their codes are stored."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone

from .user import User


def code_hash(code: str) -> str:
    """64 hexadecimal digits; codes are too long to be guessed from them."""
    return hashlib.sha256(code.encode(errors="replace")).hexdigest()


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Queries of invitations."""

    def live(self) -> Self:
        """Those that still let somebody in."""
        return self.filter(uses_left__gt=0, expires_at__gt=timezone.now(), revoked_at=None)

    def by_code(self, code: str) -> Invitation | None:
        """The live invitation with this code."""
        return self.live().filter(code_hash=code_hash(code)).first()


class Invitation(models.Model):
    """A link that lets people make so many accounts until it expires or is revoked."""

    class Kind(models.TextChoices):
        """What it is for."""

        FIRST = "first"  # the first account, an administrator's; there is one at most
        SITE = "site"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=5, choices=Kind)
    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, related_name="invitations"
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    max_uses = models.PositiveSmallIntegerField(default=1)
    uses_left = models.PositiveSmallIntegerField(default=1)
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(kind="first"), name="invitation_one_first"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}, {self.created_at:%Y-%m-%d %H:%M}"

    code = ""  # known only where it was made

    @property
    def is_live(self) -> bool:
        """Whether it still lets somebody in."""
        return self.revoked_at is None and self.uses_left > 0 and self.expires_at > timezone.now()

    def use(self, user: User) -> bool:
        """Note that a person came by it; False if it has ended meanwhile."""
        mine = type(self).objects.live().filter(pk=self.pk)
        if not mine.update(uses_left=models.F("uses_left") - 1):
            return False
        Arrival.objects.create(invitation=self, user=user)
        return True


class Arrival(models.Model):
    """A person who came by an invitation."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="arrivals")
    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="arrival"
    )
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = models.Manager()

    def __str__(self) -> str:
        return f"{self.user}: {self.at:%Y-%m-%d %H:%M}"
