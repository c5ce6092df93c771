"""The private chat of two people."""

from __future__ import annotations

from django.db import models

from chatproject.stores.mongodb.documents import DocumentQuerySet


class Pair(models.Model):
    """Two people and their private chat: by the id, at most one, even in a race.

    A collection of its own, because a sharded collection has no other unique key than its shard
    key, and chats are sharded by their id.
    """

    id = models.CharField(primary_key=True, max_length=41, db_column="_id")  # "3:17", lower first
    chat_id = models.UUIDField()

    objects = DocumentQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Private chat of {self.id}"

    @staticmethod
    def id_of(first_id: int, second_id: int) -> str:
        """The id of the pair of two users, in either order: "3:17"."""
        low, high = sorted((first_id, second_id))
        return f"{low}:{high}"
