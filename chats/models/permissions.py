"""The stored permissions of group members; the rules are in `chats/permissions.py`.

A row outlasts the membership if the person was silenced or removed, so that neither ends by leaving
and being added again: at most one row a person and chat, deleted with either.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, Self

from django.db import models
from pymongo import ReturnDocument
from pymongo.client_session import ClientSession

from chatproject.stores.mongodb.documents import Document, DocumentQuerySet
from chatproject.stores.mongodb.indexes import UniqueIndex


class ChatPermissionsQuerySet(DocumentQuerySet["ChatPermissions"]):
    """Queries and atomic updates of permissions."""

    def of_members(self, chat_id: uuid.UUID) -> Self:
        """Those of the members of a chat who aren't as they were when they joined."""
        return self.filter(chat_id=chat_id, gone=None)

    def removed_among(self, chat_id: uuid.UUID, user_ids: Iterable[int]) -> set[int]:
        """Those of these people who were removed from a chat, and not added again."""
        query = {**_rows(chat_id, user_ids), "gone": ChatPermissions.Gone.REMOVED.value}
        return {row["user_id"] for row in self.collection().find(query, {"user_id": 1})}

    def former(
        self, chat_id: uuid.UUID, user_ids: Iterable[int], session: ClientSession
    ) -> list[Document]:
        """What is kept of these former members of a chat, in a transaction."""
        query = {**_rows(chat_id, user_ids), "gone": {"$ne": None}}
        return list(self.collection().find(query, session=session))

    def removed(self, chat_id: uuid.UUID) -> Self:
        """Those of people who were removed from a chat and are kept out."""
        rows = self.filter(chat_id=chat_id, gone=ChatPermissions.Gone.REMOVED.value)
        return rows.order_by("user_id")

    def keeping_out(self, user_id: int, chat_ids: Iterable[str]) -> set[str]:
        """Those of these chats (stored ids) that a person was removed from."""
        removed = {"gone": ChatPermissions.Gone.REMOVED.value}
        query = {"chat_id": {"$in": list(chat_ids)}, "user_id": user_id, **removed}
        return {row["chat_id"] for row in self.collection().find(query, {"chat_id": 1})}

    def keep_out(self, chat_id: uuid.UUID, user_id: int, session: ClientSession) -> None:
        """Keep somebody out who is no member, in a transaction; a silence stays."""
        flags = {**dict.fromkeys(ChatPermissions.FLAGS, False), "can_send_messages": True}
        self.collection().update_one(
            {"chat_id": chat_id.hex, "user_id": user_id},
            {"$set": {"gone": ChatPermissions.Gone.REMOVED.value}, "$setOnInsert": flags},
            upsert=True,
            session=session,
        )

    def let_back(self, chat_id: uuid.UUID, user_id: int, session: ClientSession) -> bool:
        """End that somebody is kept out, in a transaction; a silence stays. False if nobody is."""
        removed = {"gone": ChatPermissions.Gone.REMOVED.value}
        row = {"chat_id": chat_id.hex, "user_id": user_id, **removed}
        rows, left = self.collection(), {"$set": {"gone": ChatPermissions.Gone.LEFT.value}}
        gone = rows.delete_one({**row, "can_send_messages": True}, session=session).deleted_count
        return bool(gone or rows.update_one(row, left, session=session).matched_count)

    def kept(self, chat_id: uuid.UUID, limit: int) -> Self:
        """Those of up to `limit` former members of a chat."""
        return self.filter(chat_id=chat_id, gone__gt="")[:limit]

    def readmit(self, chat_id: uuid.UUID, user_ids: Iterable[int], session: ClientSession) -> None:
        """These former members are members again, in a transaction; who was silenced still is."""
        back = {"$set": {"gone": None}}
        self.collection().update_many(_rows(chat_id, user_ids), back, session=session)

    def end(
        self,
        chat_id: uuid.UUID,
        user_id: int,
        session: ClientSession,
        *,
        is_silenced: bool,
        is_removed: bool,
    ) -> None:
        """End a membership in a transaction: what was allowed ends, a silence or removal stays."""
        row = {"chat_id": chat_id.hex, "user_id": user_id}
        if not (is_silenced or is_removed):
            self.collection().delete_one(row, session=session)
            return
        gone = ChatPermissions.Gone.REMOVED if is_removed else ChatPermissions.Gone.LEFT
        kept = {**dict.fromkeys(ChatPermissions.FLAGS, False), "can_send_messages": not is_silenced}
        self.collection().update_one(
            row, {"$set": {**kept, "gone": gone.value}}, upsert=True, session=session
        )

    def store(
        self, chat_id: uuid.UUID, user_id: int, flags: dict[str, bool], session: ClientSession
    ) -> Document:
        """Change some permissions of a member in a transaction; return all of them."""
        new = ChatPermissions()
        unset = {name: getattr(new, name) for name in ChatPermissions.FLAGS if name not in flags}
        stored: Any = self.collection().find_one_and_update(
            {"chat_id": chat_id.hex, "user_id": user_id},
            {"$set": flags, "$setOnInsert": {**unset, "gone": None}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        return dict(stored)


def _rows(chat_id: uuid.UUID, user_ids: Iterable[int]) -> Document:
    return {"chat_id": chat_id.hex, "user_id": {"$in": list(user_ids)}}


class ChatPermissions(models.Model):
    """What a member of a group may do; the owner may do everything, whatever is stored."""

    class Gone(models.TextChoices):
        """How a former member went: by themselves, or removed by somebody else."""

        LEFT = "left"
        REMOVED = "removed"

    chat_id = models.UUIDField()
    user_id = models.BigIntegerField()
    can_send_messages = models.BooleanField(default=True)
    can_change_permissions = models.BooleanField(default=False)
    can_remove_members = models.BooleanField(default=False)
    can_delete_other_messages = models.BooleanField(default=False)
    gone = models.CharField(max_length=7, choices=Gone, null=True, editable=False)

    FLAGS = (
        "can_send_messages",
        "can_change_permissions",
        "can_remove_members",
        "can_delete_other_messages",
    )

    objects = ChatPermissionsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "chat permissions"
        indexes = [
            # The permissions of a member; `chat_id` alone (the members panel) is its prefix.
            UniqueIndex(fields=["chat_id", "user_id"], name="permissions_member"),
            # Account deletion.
            models.Index(fields=["user_id"], name="permissions_user"),
        ]

    def __str__(self) -> str:
        return f"Permissions of user {self.user_id}"
