"""Requests of people to join a group, until they are members; at most one a person and group."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, Self

from django.db import models
from pymongo.client_session import ClientSession

from chatproject.stores.mongodb.documents import DocumentQuerySet, now
from chatproject.stores.mongodb.indexes import UniqueIndex


class JoinRequestQuerySet(DocumentQuerySet["JoinRequest"]):
    """Queries and atomic updates of requests."""

    def waiting(self, chat_id: uuid.UUID) -> Self:
        """Those to join a group that nobody has answered, the oldest first."""
        return self.filter(chat_id=chat_id, refused_at=None).order_by("asked_at")

    def of_person(self, user_id: int, chat_ids: Iterable[str]) -> dict[str, bool]:
        """Which of these chats (stored ids) a person has asked; True: they were refused."""
        query = {"chat_id": {"$in": list(chat_ids)}, "user_id": user_id}
        return {row["chat_id"]: bool(row["refused_at"]) for row in self.collection().find(query)}

    def ask(self, chat_id: uuid.UUID, user_id: int, session: ClientSession) -> bool:
        """Store a request in a transaction; False if there was one that was refused."""
        key = {"chat_id": chat_id.hex, "user_id": user_id}
        found: Any = self.collection().find_one_and_update(
            key,
            {"$setOnInsert": {"asked_at": now(), "refused_at": None}},
            upsert=True,
            return_document=True,
            session=session,
        )
        return bool(found["refused_at"] is None)

    def waits(self, chat_id: uuid.UUID, user_id: int, session: ClientSession) -> bool:
        """Whether a person asks to join, and nobody has answered, in a transaction."""
        query = {"chat_id": chat_id.hex, "user_id": user_id, "refused_at": None}
        return self.collection().find_one(query, {"_id": 1}, session=session) is not None

    def withdraw(self, chat_id: uuid.UUID, user_id: int) -> bool:
        """Forget a request that nobody has answered; False if there is none."""
        query = {"chat_id": chat_id.hex, "user_id": user_id, "refused_at": None}
        return self.collection().delete_one(query).deleted_count == 1

    def refuse(self, chat_id: uuid.UUID, user_id: int, session: ClientSession) -> bool:
        """Refuse a request in a transaction; False if there is none that waits."""
        query = {"chat_id": chat_id.hex, "user_id": user_id, "refused_at": None}
        refused = {"$set": {"refused_at": now()}}
        return self.collection().update_one(query, refused, session=session).matched_count == 1

    def end(self, chat_id: uuid.UUID, user_ids: Iterable[int], session: ClientSession) -> None:
        """Forget these people's requests in a transaction: they are members, or kept out."""
        query = {"chat_id": chat_id.hex, "user_id": {"$in": list(user_ids)}}
        self.collection().delete_many(query, session=session)


class JoinRequest(models.Model):
    """A person who asks to join a group, or was refused: then they don't ask again."""

    chat_id = models.UUIDField()
    user_id = models.BigIntegerField()
    asked_at = models.DateTimeField(default=now)
    refused_at = models.DateTimeField(null=True)

    objects = JoinRequestQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [
            # The one of a person.
            UniqueIndex(fields=["chat_id", "user_id"], name="request_person"),
            # Those that wait in a group.
            models.Index(fields=["chat_id", "refused_at", "asked_at"], name="request_waiting"),
            # Account deletion.
            models.Index(fields=["user_id"], name="request_user"),
        ]

    def __str__(self) -> str:
        return f"Request of user {self.user_id}"
