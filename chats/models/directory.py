"""The groups that anybody may find, and what of them somebody who is no member may know."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models

from chatproject.stores.mongodb.documents import ONE_BATCH, Document
from users.models import User

from .chat import Chat
from .join_request import JoinRequest
from .permissions import ChatPermissions

LISTED = [Chat.Access.REQUEST, Chat.Access.OPEN]


class Standing(models.TextChoices):
    """What a person is to a group; asked and refused are of their request to join it."""

    NONE = "none"
    MEMBER = "member"
    ASKED = "asked"
    REFUSED = "refused"
    REMOVED = "removed"


@dataclass(frozen=True)
class ListedGroup:
    """A group as those see it who find it."""

    id: uuid.UUID
    name: str
    access: Chat.Access
    member_count: int
    standing: Standing


class Directory:
    """The listed groups whose names have a text in them, by name, as a person sees them.

    For a paginator to slice and then to count.
    """

    def __init__(self, user: User, search: str = "") -> None:
        self.user = user
        self.query: Document = {"access": {"$in": [access.value for access in LISTED]}}
        if search:
            self.query["name"] = {"$regex": re.escape(search), "$options": "i"}

    def __getitem__(self, wanted: slice) -> list[ListedGroup]:
        found = Chat.objects.collection().find(
            self.query,
            self._told(),
            sort={"name": 1, "_id": 1},
            skip=wanted.start,
            limit=wanted.stop - wanted.start,
            batch_size=ONE_BATCH,
        )
        return self._groups(list(found))

    def count(self) -> int:
        """How many there are."""
        return Chat.objects.collection().count_documents(self.query)

    def find(self, chat_id: uuid.UUID) -> ListedGroup:
        """One of them; raises `Chat.DoesNotExist` if the group isn't listed."""
        found = Chat.objects.collection().find_one({**self.query, "_id": chat_id.hex}, self._told())
        if found is None:
            raise Chat.DoesNotExist
        return self._groups([found])[0]

    def _told(self) -> Document:
        """A projection without the members: only how many they are, and whether one is there."""
        members = "$member_ids"
        told = {"count": {"$size": members}, "is_member": {"$in": [self.user.pk, members]}}
        return {"name": 1, "access": 1, **told}

    def _groups(self, rows: list[Document]) -> list[ListedGroup]:
        standings = self._standings(row["_id"] for row in rows if not row["is_member"])
        return [
            ListedGroup(
                uuid.UUID(row["_id"]),
                row["name"],
                Chat.Access(row["access"]),
                row["count"],
                standings.get(row["_id"], Standing.MEMBER),
            )
            for row in rows
        ]

    def _standings(self, chat_ids: Iterable[str]) -> dict[str, Standing]:
        """What the person is to these chats (stored ids), whose member they aren't."""
        ids = list(chat_ids)
        asked = JoinRequest.objects.of_person(self.user.pk, ids)
        removed = ChatPermissions.objects.keeping_out(self.user.pk, ids)
        answers = {True: Standing.REFUSED, False: Standing.ASKED}
        standings = {chat_id: answers[refused] for chat_id, refused in asked.items()}
        out = dict.fromkeys(removed, Standing.REMOVED)
        return {**dict.fromkeys(ids, Standing.NONE), **standings, **out}
