"""The stored permissions of group members; the rules are in `chats/permissions.py`."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from pymongo import ReturnDocument
from pymongo.client_session import ClientSession

from chatproject.stores.mongodb.documents import Document, DocumentQuerySet
from chatproject.stores.mongodb.indexes import UniqueIndex


class ChatPermissionsQuerySet(DocumentQuerySet["ChatPermissions"]):
    """Queries and atomic updates of permissions."""

    def store(
        self, chat_id: uuid.UUID, user_id: int, flags: dict[str, bool], session: ClientSession
    ) -> Document:
        """Change some permissions of a member in a transaction; return all of them."""
        new = ChatPermissions()
        unset = {name: getattr(new, name) for name in ChatPermissions.FLAGS if name not in flags}
        stored: Any = self.collection().find_one_and_update(
            {"chat_id": chat_id.hex, "user_id": user_id},
            {"$set": flags, "$setOnInsert": unset},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        return dict(stored)


class ChatPermissions(models.Model):
    """What a member of a group may do; the owner may do everything, whatever is stored."""

    chat_id = models.UUIDField()
    user_id = models.BigIntegerField()
    can_send_messages = models.BooleanField(default=True)
    can_change_permissions = models.BooleanField(default=False)
    can_remove_members = models.BooleanField(default=False)
    can_delete_other_messages = models.BooleanField(default=False)

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
