"""`manage.py delete_orphans`: what is left of deleted chats, if the job of the deletion is lost."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand

from chatproject.text.counts import plural
from chats.actions.deleted_chats import remove_rows
from chats.models import Attachment, Chat, ChatPermissions, JoinRequest, ReadMarker, log

BATCH = 1_000  # chats looked up at once


class Command(BaseCommand):
    """Delete what is left of chats that don't exist any more, files too."""

    help = (
        "Delete what is left of deleted chats, which nobody sees, if the job that does it is lost. "
        "It reads an index key for each chat."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for chat_id in _orphans():
            if Chat.objects.confirmed({"_id": chat_id.hex}):
                continue  # a majority's view was behind
            found += 1
            remove_rows(chat_id)
        self.stdout.write(f"{plural(found, 'deleted chat')} cleared away.")


def _orphans() -> Iterator[uuid.UUID]:
    """The ids of deleted chats of which more is left than the numbers that expire."""
    collections = (
        log.rows(),
        ChatPermissions.objects.collection(),
        ReadMarker.objects.collection(),
        JoinRequest.objects.collection(),
        Attachment.objects.collection(),
    )
    for collection in collections:
        ids = _chat_ids(collection)
        while batch := list(islice(ids, BATCH)):
            for chat_id in sorted(set(batch) - set(Chat.objects.existing(batch))):
                if collection.find_one({"chat_id": chat_id.hex, "expires_at": None}, {"_id": 1}):
                    yield chat_id


def _chat_ids(collection: Any) -> Iterator[uuid.UUID]:
    """Each chat of which a collection has rows."""
    stages = [{"$sort": {"chat_id": 1}}, {"$group": {"_id": "$chat_id"}}]
    return (uuid.UUID(row["_id"]) for row in collection.aggregate(stages))
