"""Invitations: links to the site or to one group. Only hashes of their codes are stored."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any, ClassVar, Self

from django.db import models, transaction
from django.utils import timezone

from .user import User


def code_hash(code: str) -> str:
    """64 hexadecimal digits; codes are too long to be guessed from them."""
    return hashlib.sha256(code.encode(errors="replace")).hexdigest()


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Queries of invitations."""

    def live(self, user_id: int | None = None) -> Self:
        """Those that still let somebody in, and those by which this person came before."""
        has_room = models.Q(uses_left__gt=0)
        if user_id is not None:
            came = Arrival.objects.filter(user_id=user_id).values("invitation_id")
            has_room |= models.Q(pk__in=came)
        return self.filter(has_room, expires_at__gt=timezone.now(), revoked_at=None)

    def by_code(self, code: str, user_id: int | None = None) -> Invitation | None:
        """The live invitation with this code."""
        return self.live(user_id).filter(code_hash=code_hash(code)).first()


class Invitation(models.Model):
    """A link that lets so many people in until it expires or is revoked.

    One to the site lets them make accounts; one to a group also lets those join who have one.
    """

    class Kind(models.TextChoices):
        """What it is for."""

        FIRST = "first"  # the first account, an administrator's; there is one at most
        SITE = "site"
        GROUP = "group"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=5, choices=Kind)
    chat_id = models.UUIDField(null=True, editable=False)  # of a group, which is in MongoDB
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
        # Those of a group.
        indexes = [models.Index(fields=["chat_id", "-created_at"], name="invitation_chat")]
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

    def has_let_in(self, user: User) -> bool:
        """Whether a person came by it before."""
        return Arrival.objects.filter(invitation=self, user=user).exists()

    def use(self, user: User) -> bool:
        """Note that a person came by it, whom it counts once; False if it has ended meanwhile."""
        mine = type(self).objects.live().filter(pk=self.pk)
        with transaction.atomic():
            arrival, is_new = Arrival.objects.get_or_create(invitation=self, user=user)
            if is_new and not mine.update(uses_left=models.F("uses_left") - 1):
                arrival.delete()
                return False
        return True

    def give_back(self, user: User) -> None:
        """Take back that a person came by it."""
        mine = type(self).objects.filter(pk=self.pk)
        with transaction.atomic():
            if Arrival.objects.filter(invitation=self, user=user).delete()[0]:
                mine.update(uses_left=models.F("uses_left") + 1)


class Arrival(models.Model):
    """A person who came by an invitation."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="arrivals")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="arrivals")
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invitation", "user"], name="arrival_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.at:%Y-%m-%d %H:%M}"
