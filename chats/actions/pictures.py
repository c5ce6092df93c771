"""The job that turns an uploaded image into what others may load.

Only its author ever gets the original file, which may say where it was taken.
"""

from __future__ import annotations

import logging
import tempfile
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from pymongo.client_session import ClientSession

from chatproject.files import pictures, store
from chatproject.jobs.kinds import Kind
from chatproject.jobs.models import Job
from chatproject.stores.mongodb.documents import Document, now
from chats.models import Attachment, Change, Head, Message
from chats.models.attachment import keys_of

from .changing import Transaction, in_transaction
from .updates import announce_update

logger = logging.getLogger(__name__)

State = Attachment.State


def _work(job: Job) -> None:
    row = _row(job)
    if row and row["state"] == State.PENDING:
        settle(row, _made(row))
        row = _row(job)
    if row is None or row["state"] == State.GONE:  # it was removed while its files were written
        store.remove(*keys_of(job.payload["chat_id"], job.key))


def _row(job: Job) -> Document | None:
    return Attachment.objects.collection().find_one(
        {"_id": job.key, "chat_id": job.payload["chat_id"]}
    )


def _made(row: Document) -> dict[str, Any]:
    """What becomes of an image, whose files are stored, if it can be read."""
    key, image_key, thumbnail_key = keys_of(row["chat_id"], row["_id"])
    with tempfile.TemporaryDirectory() as name:
        source, image, thumbnail = (Path(name) / part for part in ("source", "image", "thumbnail"))
        try:
            store.fetch(key, source)
            most = settings.IMAGE_MAX_PIXELS
            made = pictures.make(source, row["type"], most, image, thumbnail)
        except pictures.Unreadable as error:
            logger.info("Image %s: %s", row["_id"], error)
            return {"state": State.FAILED.value}
        store.save_local(image_key, image)
        store.save_local(thumbnail_key, thumbnail)
        size = image.stat().st_size
    return {"state": State.READY.value, "size": size, **made._asdict()}


def settle(row: Document, values: dict[str, Any]) -> None:
    """Store what became of an image, and tell it if it is in a message already."""
    changed = in_transaction(lambda session: _settled(row, values, session))
    store.remove(keys_of(row["chat_id"], row["_id"])[0])
    if changed:
        announce_update(*changed)


def _settled(
    row: Document, values: dict[str, Any], session: ClientSession
) -> tuple[Document, Head] | None:
    """Change a file's row, and its message if it has one: that is returned."""
    found: Document | None = Attachment.objects.collection().find_one_and_update(
        {"_id": row["_id"], "chat_id": row["chat_id"], "state": State.PENDING.value},
        {"$set": values},
        session=session,
    )
    if found is None or found["message_id"] is None or found["due_at"]:
        return None
    transaction = Transaction(uuid.UUID(row["chat_id"]), session)
    about = {"message_id": uuid.UUID(found["message_id"])}
    rev = transaction.add(Change.Kind.MESSAGE_UPDATED, found["owner_id"], about)
    shown = {f"attachments.$.{name}": value for name, value in values.items()}
    document = Message.objects.collection().find_one_and_update(
        {
            "_id": found["message_id"],
            "chat_id": row["chat_id"],
            "deleted_at": None,
            "attachments.id": str(uuid.UUID(row["_id"])),
        },
        {"$set": {**shown, "changed_rev": rev, "updated_at": now()}},
        return_document=True,
        session=session,
    )
    if document is None:
        raise Message.DoesNotExist
    return document, transaction.head


def _give_up(job: Job) -> None:
    """No worker could read it: nobody is shown a file as it came."""
    row = Attachment.objects.collection().find_one(
        {"_id": job.key, "chat_id": job.payload["chat_id"], "state": State.PENDING.value}
    )
    if row:
        settle(row, {"state": State.FAILED.value})


PICTURE = Kind("picture", _work, lane="pictures", attempts=3, is_one_each=True, give_up=_give_up)
