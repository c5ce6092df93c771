"""Files that nothing shows any more are removed by a job: deleted ones, and unsent ones of a day.

Workers look for them by the rows, so nothing is left behind by whoever dies when.
"""

from __future__ import annotations

import time
import uuid

from chatproject.files import store
from chatproject.jobs.kinds import Kind
from chatproject.jobs.models import Job
from chats.models import Attachment
from chats.models.attachment import keys_of

LOOK = 2.0  # seconds between looks of a worker
BATCH = 100  # files

_next_look = 0.0  # monotonic


def _find() -> None:
    global _next_look
    if time.monotonic() < _next_look:
        return
    _next_look = time.monotonic() + LOOK
    if Attachment.objects.is_due():
        REMOVED_FILES.add("due")


def _work(job: Job) -> None:
    while rows := Attachment.objects.due(BATCH):
        for row in rows:
            if Attachment.objects.end(row):
                _remove(row["chat_id"], row["_id"])


def _remove(chat_id: str, attachment_id: str) -> None:
    """The files first: a row without them is found again."""
    store.remove(*keys_of(chat_id, attachment_id))
    Attachment.objects.drop([{"_id": attachment_id}], chat_id)


def remove_files_of_chat(chat_id: uuid.UUID) -> None:
    """Remove all files of a deleted chat. May be interrupted, and called again."""
    of_chat = {"chat_id": chat_id.hex}
    for row in Attachment.objects.collection().find(of_chat, {"_id": 1}):
        _remove(chat_id.hex, row["_id"])


REMOVED_FILES = Kind(
    "removed_files", _work, lane="deletions", attempts=10, time_limit=3600.0, find=_find
)
