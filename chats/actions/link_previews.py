"""Previews of the pages that a message links to: a job makes them, and the sender may remove them.

A message with links is stored with `links_due_at`, in the same write, as questions to the bot are.
What a job finds is what the message says then: previews of links that an edit took away go.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from typing import Any

from django.conf import settings
from pymongo.client_session import ClientSession

from chatproject.jobs.kinds import Again, Kind
from chatproject.jobs.models import Job
from chatproject.limits import limits
from chatproject.link_previews.links import links_to_preview
from chatproject.stores.mongodb.documents import Document, now
from chats.errors import Refused
from chats.models import Attachment, Change, Head, Message, MessageRow
from chats.models.log import EPOCH
from users.models import User

from .changing import Transaction, change
from .linked_pages import preview_of
from .updates import announce_update

FOUND_AT_ONCE = 100

Previews = list[dict[str, Any]]


class _Unchanged(Exception):
    """There is nothing to do."""


def noted(html: str | None, before: Message | None = None) -> dict[str, Any]:
    """The fields that tell a worker about the links in a message with this HTML.

    `before`: the message that is edited; previews of links that it has no more go at once.
    """
    links = links_to_preview(html)
    due_at = now() if links and settings.LINK_PREVIEWS else None
    previews = (before.link_previews if before else None) or ()
    kept = [one for one in previews if one["url"] in links]
    return {"links_due_at": due_at, "link_previews": kept or None}


def unqueued() -> list[Document]:
    """The messages with links that have no job yet, at most `FOUND_AT_ONCE`."""
    wanted = {"chat_id": 1, "sender_id": 1, "links_due_at": 1}
    found = Message.objects.collection().find({"links_due_at": {"$gt": EPOCH}}, wanted)
    return list(found.sort("links_due_at", 1).limit(FOUND_AT_ONCE))


def _find() -> None:
    if not settings.LINK_PREVIEWS:
        return
    for row in unqueued():
        moment = row["links_due_at"].replace(tzinfo=UTC)
        # A job of its own for each edit: one that runs may have read what was before it.
        key = f"{row['_id']}.{moment.timestamp():.3f}"
        payload = {"chat_id": row["chat_id"], "message_id": row["_id"]}
        LINK_PREVIEW.add(key, payload, person_id=row["sender_id"], due=moment)
        Message.objects.collection().update_one(row, {"$set": {"links_due_at": None}})


def _work(job: Job) -> None:
    chat_id, message_id = job.payload["chat_id"], job.payload["message_id"]
    row = Message.objects.rows_by_id(chat_id, [message_id], committed=True).get(message_id)
    if row is None or row.deleted_at or not settings.LINK_PREVIEWS:
        return
    known = {one["url"]: one for one in row.link_previews or ()}
    links = links_to_preview(row.html)
    made = [known.get(url) or preview_of(url, row) for url in links]

    def new(before: MessageRow) -> Previews:
        if links_to_preview(before.html) != links or before.link_previews != row.link_previews:
            raise Again
        return [one for one in made if one]

    with suppress(Message.DoesNotExist):  # deleted meanwhile
        _change(row, row.sender_id, new)


def remove_link_preview(user: User, message: Message, preview_id: uuid.UUID) -> None:
    """Remove a preview from one's own message; it doesn't come back as long as the link is there.

    Raises `Message.DoesNotExist` if there is no such preview, `Chat.DoesNotExist` for no member.
    """
    limits.DELETIONS.spend(user.pk)
    if message.sender_id != user.pk:
        raise Refused("You can only remove previews from your own messages.")

    def without(before: MessageRow) -> Previews:
        previews = before.link_previews or []
        if str(preview_id) not in [one["id"] for one in previews]:
            raise Message.DoesNotExist
        return [removed(one) if one["id"] == str(preview_id) else one for one in previews]

    row = MessageRow.of(Message.objects.document(message))
    _change(row, user.pk, without, member_ids=user.pk)


def removed(preview: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a preview that was removed."""
    return {"id": preview["id"], "url": preview["url"], "is_removed": True}


def _change(
    row: MessageRow, by: int, new: Callable[[MessageRow], Previews], **conditions: Any
) -> None:
    """Give a message the previews that `new` makes of it as it is now, and announce it.

    Nothing happens if it has them; raises `Message.DoesNotExist` if it is deleted.
    """
    which = {"_id": row.id, "chat_id": row.chat_id, "deleted_at": None}

    def work(transaction: Transaction) -> tuple[Document, Head]:
        rev = transaction.add(Change.Kind.MESSAGE_UPDATED, by, {"message_id": uuid.UUID(row.id)})
        if conditions:
            transaction.chat(**conditions)
        rows, session = Message.objects.collection(), transaction.session
        before = rows.find_one(which, session=session)
        if before is None:
            raise Message.DoesNotExist
        previews = new(MessageRow.of(before))
        if previews == (before.get("link_previews") or []):
            raise _Unchanged
        values = {"link_previews": previews or None, "changed_rev": rev, "updated_at": now()}
        rows.update_one(which, {"$set": values}, session=session)
        keep_images(before, values, session)
        return {**before, **values}, transaction.head

    try:
        document, head = change(uuid.UUID(row.chat_id), work)
    except _Unchanged:
        return
    announce_update(document, head)


def keep_images(message: Document, values: Document, session: ClientSession) -> None:
    """Let a message have the images of its new previews, and those of others be removed."""
    previews = values.get("link_previews") or ()
    images = [uuid.UUID(one["id"]) for one in previews if one.get("width")]
    Attachment.objects.keep_images(message, images, session)


LINK_PREVIEW = Kind(
    "link_preview", _work, lane="links", attempts=3, is_one_each=True, time_limit=120.0, find=_find
)
