"""Files that are uploaded, before they are sent: `sending_files.py` sends them.

A row comes before its file and goes after it, so that nothing is left that nobody knows of: what
isn't sent within a day is removed (`removed_files.py`).
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from pymongo.client_session import ClientSession

from chatproject.files import names, store
from chatproject.files.dimensions import size_of
from chatproject.files.signatures import HEAD, IMAGES, type_of
from chatproject.limits import limits
from chatproject.limits.at_once import upload_of
from chatproject.stores.outages import deadline
from chats.errors import Invalid, Refused
from chats.models import Attachment, Chat
from chats.models.attachment import keys_of
from chats.permissions import permissions_for
from chats.protocol import ALT_MAX_LENGTH
from users.models import User

from .changing import in_transaction
from .pictures import PICTURE
from .rules import require_permission, valid_text

logger = logging.getLogger(__name__)

T = TypeVar("T")

IMAGE_MAX_SIZE = 50 * 1024 * 1024  # bytes of an image that a worker reads


@dataclass(frozen=True)
class Upload:
    """A file that comes in: what is said about it, and `read(count)`, its next bytes."""

    name: str
    size: int
    alt: str
    read: Callable[[int], bytes]


def upload(user: User, chat: Chat, new: Upload) -> Attachment:
    """Store a file, to be sent within a day.

    1 to `ATTACHMENT_MAX_SIZE` bytes, `ATTACHMENTS_PER_PERSON` with all other files of the person;
    a name of up to 255 bytes. Raises `Invalid` for what isn't so, and if it ends before its size;
    `store.Away` if it can't be stored now.
    """
    _valid(new)
    require_permission(permissions_for(chat, user.pk), "can_send_messages")
    with upload_of(user.pk):
        limits.UPLOADS.spend(user.pk)
        row = _place(user, chat, new)
        try:
            return _take_in(row, store.Incoming(new.read, new.size))
        except BaseException:
            _afresh(lambda: _forget(row))
            raise


def withdraw_upload(user: User, chat: Chat, attachment_id: uuid.UUID) -> None:
    """Remove one's own file that wasn't sent; raises `Refused` if it was."""
    if not Attachment.objects.withdraw(chat.pk, attachment_id, user.pk):
        Attachment.objects.seen_by(chat, user.pk).get(pk=attachment_id)
        raise Refused("This file is in a message: delete that.")


def _valid(new: Upload) -> None:
    if problem := names.problem_of(new.name):
        raise Invalid("name", problem)
    if new.alt:
        valid_text("alt", new.alt, ALT_MAX_LENGTH)
    if not settings.ATTACHMENTS_PER_MESSAGE:
        raise Refused("Files can't be sent here.")
    if not 1 <= new.size <= settings.ATTACHMENT_MAX_SIZE:
        most = settings.ATTACHMENT_MAX_SIZE
        raise Invalid("file", f"A file has 1 to {most} bytes; this has {new.size}.")


def _place(user: User, chat: Chat, new: Upload) -> Attachment:
    """The row of a file that comes in; its size counts from here on."""
    row = Attachment(
        chat_id=chat.pk,
        owner_id=user.pk,
        name=names.clean(new.name),
        alt=new.alt,
        size=new.size,
    )
    Attachment.objects.collection().insert_one(Attachment.objects.document(row))
    most = settings.ATTACHMENTS_PER_PERSON
    if (total := Attachment.objects.size_of(user.pk)) > most:
        _forget(row)
        left = max(most - total + new.size, 0)
        raise Invalid("file", f"Your files may have {most} bytes in all; {left} are left.")
    return row


def _take_in(row: Attachment, content: store.Incoming) -> Attachment:
    try:
        head = content.peek(HEAD)
        row.type = type_of(head)
        _measure(row, head)
        key, _, _ = keys_of(row.chat_id.hex, row.pk.hex)
        store.save(key, content)
    except store.Cut:
        raise Invalid("file", f"It ended before its {row.size} bytes.") from None
    _afresh(lambda: in_transaction(lambda session: _finish(row, session)))
    return row


def _measure(row: Attachment, head: bytes) -> None:
    """The size of an image that is shown; raises `Invalid` for one that is too large."""
    if row.type not in IMAGES:
        return
    if row.size > IMAGE_MAX_SIZE:
        raise Invalid("file", f"An image has at most {IMAGE_MAX_SIZE} bytes; this has {row.size}.")
    row.width, row.height = size_of(row.type, head) or (None, None)
    pixels, most = (row.width or 0) * (row.height or 0), settings.IMAGE_MAX_PIXELS
    if pixels > most:
        raise Invalid("file", f"An image has at most {most} pixels; this has {pixels}.")


def _finish(row: Attachment, session: ClientSession) -> None:
    """Say that a file is there; a job reads an image."""
    is_image = row.type in IMAGES
    row.state = Attachment.State.PENDING if is_image else Attachment.State.READY
    values = {name: getattr(row, name) for name in ("type", "width", "height")}
    found = Attachment.objects.collection().update_one(
        {"_id": row.pk.hex, "chat_id": row.chat_id.hex, "state": Attachment.State.UPLOADING.value},
        {"$set": {**values, "state": row.state.value}},
        session=session,
    )
    if not found.matched_count:  # it was withdrawn, or its chat deleted
        raise Attachment.DoesNotExist
    if is_image:
        PICTURE.add(
            row.pk.hex, {"chat_id": row.chat_id.hex}, person_id=row.owner_id, session=session
        )


def _forget(row: Attachment) -> None:
    """Undo it; if the storage is away, the row stays, by which the file is removed in a day."""
    try:
        store.remove(*keys_of(row.chat_id.hex, row.pk.hex))
    except Exception:
        logger.exception("What an upload has left is removed later.")
        return
    Attachment.objects.drop([Attachment.objects.document(row)], row.chat_id.hex)


def _afresh(work: Callable[[], T]) -> T:
    """Ask the stores with a deadline that begins now: that of the request ended while it read."""

    def with_deadline() -> Any:
        with deadline():
            return work()

    result: T = Context().run(with_deadline)
    return result
