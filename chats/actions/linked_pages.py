"""What is shown of a linked page: read every few hours, its image stored as a file of the chat."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from django.core.files.base import ContentFile

from chatproject.files import store
from chatproject.limits import limits
from chatproject.link_previews import images, pages
from chatproject.link_previews.errors import Unfetchable
from chatproject.stores.mongodb.documents import Document
from chats.models import Attachment, MessageRow
from chats.models.attachment import NOBODYS, keys_of
from chats.models.linked_page import LinkedPage
from chats.models.uuid7 import uuid7

logger = logging.getLogger(__name__)


def preview_of(url: str, row: MessageRow) -> dict[str, Any] | None:
    """The preview of a link in a message, its image stored; None if there is nothing to show.

    The image goes after a day unless the preview is stored with the message.
    """
    try:
        page = LinkedPage.objects.at(url, lambda: _read(url, row.sender_id))
    except limits.TooMany:
        return None
    if page is None:
        return None
    names = ("site", "title", "description", "width", "height")
    shown = {"id": str(uuid7()), "url": url, **{name: page[name] for name in names}}
    if page["image"]:
        _store(uuid.UUID(shown["id"]), page, row)
    return shown


def _read(url: str, person_id: int) -> Document | None:
    """The fields of the page at an address; raises `TooMany` if the person linked too many."""
    limits.LINK_PREVIEWS.spend(person_id)
    try:
        page = pages.read_page(url)
    except Unfetchable as error:
        logger.info("No preview: %s", error)
        return None
    found = {"site": page.site, "title": page.title, "description": page.description}
    return {**found, **_image(page.image_url)}


def _image(url: str) -> Document:
    try:
        image = images.read_image(url) if url else None
    except Unfetchable as error:
        logger.info("No image in a preview: %s", error)
        image = None
    return {"image": image.content, "width": image.width, "height": image.height} if image else {}


def _store(image_id: uuid.UUID, page: Document, row: MessageRow) -> None:
    file = Attachment(
        id=image_id,
        chat_id=uuid.UUID(row.chat_id),
        owner_id=NOBODYS,
        name="preview.webp",
        size=len(page["image"]),
        type=images.TYPE,
        width=page["width"],
        height=page["height"],
        state=Attachment.State.READY.value,
    )
    Attachment.objects.collection().insert_one(Attachment.objects.document(file))
    _, image_key, _ = keys_of(row.chat_id, image_id.hex)
    store.save(image_key, ContentFile(bytes(page["image"])))
