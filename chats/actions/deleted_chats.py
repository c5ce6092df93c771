"""What belonged to a deleted chat is removed by a job, which the deletion itself queues."""

from __future__ import annotations

import uuid
from datetime import timedelta

from chatproject.jobs.kinds import Kind
from chatproject.jobs.models import Job
from chatproject.stores.mongodb.documents import now
from chats.models import ChatPermissions, JoinRequest, ReadMarker, log
from chats.models.emptied import EMPTIED
from users.models import Invitation

from .known_chats import KEPT_FOR
from .removed_files import remove_files_of_chat

# For which the latest rows of a deleted chat keep their numbers taken: a process that knows it as
# it was believes that the number after them is free.
NUMBERS_KEPT = 10 * timedelta(seconds=KEPT_FOR)


def remove_rows(chat_id: uuid.UUID) -> None:
    """Delete what belonged to a deleted chat; of its latest rows all but the numbers, for now.

    May be interrupted, and called again.
    """
    rows, of_chat, moment = log.rows(), {"chat_id": chat_id.hex}, now()
    rows.update_many(
        {**of_chat, "created_at": {"$gte": moment - NUMBERS_KEPT}, "expires_at": None},
        {
            "$set": {**EMPTIED, "expires_at": moment + NUMBERS_KEPT},
            "$unset": {"seq": "", "client_id": "", "name": "", "emoji": "", "former": ""},
        },
    )
    rows.delete_many({**of_chat, "expires_at": None})
    remove_files_of_chat(chat_id)
    ChatPermissions.objects.filter(chat_id=chat_id).delete()
    ReadMarker.objects.filter(chat_id=chat_id).delete()
    JoinRequest.objects.filter(chat_id=chat_id).delete()
    Invitation.objects.filter(chat_id=chat_id).delete()


def _work(job: Job) -> None:
    remove_rows(uuid.UUID(job.key))


DELETED_CHAT = Kind(
    "deleted_chat", _work, lane="deletions", attempts=10, is_one_each=True, time_limit=3600.0
)
