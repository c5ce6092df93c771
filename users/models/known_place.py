"""Places that people have signed in from."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from .user import User


class KnownPlace(models.Model):
    """A device in a network, as a hash, that somebody has signed in with before."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_places")
    place_hash = models.CharField(max_length=64)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "place_hash"], name="known_place_once")
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.seen_at:%Y-%m-%d %H:%M}"
