"""The indexes of the log's collection, and which query each serves."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from chatproject.stores.mongodb.indexes import ExpiryIndex, UniqueIndex

from .log import EPOCH, LINES
from .mentions import MENTIONING

NO_ID = uuid.UUID(int=0)

# No index on `chat_id` alone: it is a prefix of three of these.
INDEXES = [
    # History at any offset, before and after; the latest message of a chat. Not unique:
    # the other rows of the log have no `seq`, and `rev` is unique.
    models.Index(fields=["chat_id", "-seq"], name="message_seq"),
    # The log: a row takes its number by it; catch-up; the end of each chat's log.
    UniqueIndex(fields=["chat_id", "-rev"], name="message_rev"),
    # Messages of a chat by date: the admin's filter.
    models.Index(fields=["chat_id", "-created_at"], name="message_created"),
    # Messages of a person, newest first (ids are in time order): the admin's filter.
    models.Index(fields=["sender_id", "-id"], name="message_sender"),
    # A repeated send is stored once.
    UniqueIndex(
        fields=["chat_id", "sender_id", "client_id"],
        condition=Q(client_id__gt=""),
        name="message_client_id",
    ),
    # The replies of a thread, in order; those of many are counted by it alone.
    models.Index(
        fields=["chat_id", "root_id", "seq", "created_at", "deleted_at", "changed_rev"],
        condition=Q(root_id__gt=NO_ID),
        name="message_thread",
    ),
    # How many of the unread messages were deleted.
    models.Index(
        fields=["chat_id", "seq", "deleted_at"],
        condition=Q(deleted_at__gt=EPOCH),
        name="message_deleted",
    ),
    # The lines between the messages: see `Lines`.
    models.Index(
        fields=["chat_id", "after_seq", "rev"],
        condition=Q(kind__in=LINES),
        name="message_lines",
    ),
    # The pinned messages of a chat, the latest pin first.
    models.Index(
        fields=["chat_id", "-pinned_at"],
        condition=Q(pinned_at__gt=EPOCH),
        name="message_pinned",
    ),
    # The @ai and @photo that are no jobs yet.
    models.Index(
        fields=["answer_due_at"],
        condition=Q(answer_due_at__gt=EPOCH),
        name="message_answer_due",
    ),
    # The links that are no jobs yet.
    models.Index(
        fields=["links_due_at"],
        condition=Q(links_due_at__gt=EPOCH),
        name="message_links_due",
    ),
    # The unread messages that mention somebody, and by whom: read from the index alone.
    models.Index(
        fields=["chat_id", "mention_ids", "seq", "sender_id"],
        condition=MENTIONING,
        name="message_mentions",
    ),
    ExpiryIndex(
        fields=["expires_at"],
        condition=Q(expires_at__gt=EPOCH),
        name="message_expires",
    ),
]
