"""Blocks: whom a person wants to have nothing to do with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .user import User

MOST_BLOCKS = 1000  # of one person


class BlockQuerySet(models.QuerySet["Block"]):
    """Queries of blocks."""

    def between(self, one_id: int, other_id: int) -> bool:
        """Whether one of two people blocks the other."""
        both = (one_id, other_id)
        return self.filter(blocker_id__in=both, blocked_id__in=both).exists()

    def blockers_of(self, user_id: int, others: Collection[int]) -> set[int]:
        """Those of these people who block a person."""
        found = self.filter(blocked_id=user_id, blocker_id__in=others)
        return set(found.values_list("blocker_id", flat=True))

    def apart_from(self, user_ids: Collection[int]) -> dict[int, set[int]]:
        """By each of these people: whom they block and who blocks them; one query."""
        either = Q(blocker_id__in=user_ids) | Q(blocked_id__in=user_ids)
        apart: defaultdict[int, set[int]] = defaultdict(set)
        for one, other in self.filter(either).values_list("blocker_id", "blocked_id"):
            apart[one].add(other)
            apart[other].add(one)
        return {user_id: apart[user_id] for user_id in user_ids}


class Block(models.Model):
    """Somebody blocks somebody."""

    blocker = models.ForeignKey(User, on_delete=models.CASCADE, related_name="blocks")
    blocked = models.ForeignKey(User, on_delete=models.CASCADE, related_name="blocked_by")
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = BlockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="block_once"),
        ]

    def __str__(self) -> str:
        return f"{self.blocker_id} blocks {self.blocked_id}"
