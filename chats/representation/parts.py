"""The parts of a message on the wire: quoted message, thread, photo, files, links, reactions."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from django.conf import settings

from chatproject.rest.shapes import DateTime, Link, Uuid
from chats.models import MessageRow
from chats.models.reactions import Reactions
from chats.models.threads import Thread
from chats.protocol import PREVIEW_LENGTH, REACTORS_SHOWN

from .mentions import preview
from .names import Names
from .values import dashed, iso


class Reply(TypedDict):
    """What a reply shows of the message that it answers."""

    id: Uuid
    seq: int
    sender_id: int
    sender_name: str
    content: Annotated[
        str, f"The first {PREVIEW_LENGTH} characters, without marks, those mentioned by name."
    ]
    deleted: bool


class ThreadFields(TypedDict):
    """The replies to a message, at some moment."""

    reply_count: Annotated[int, "Without the deleted ones."]
    last_reply_at: DateTime | None
    first_seq: Annotated[int, "The number of its first reply, deleted or not."]
    last_seq: Annotated[int, "That of its last reply: later ones aren't counted yet."]
    rev: Annotated[int, "That of the latest change of a reply after it was sent; 0 without one."]


class Photo(TypedDict):
    """A photo of a provider, with its attribution."""

    image_url: Link
    alt: str
    author: str
    author_url: Link
    page_url: Link


class Attachment(TypedDict):
    """A file of a message; `…/attachments/{id}/file` of its chat is its content."""

    id: Uuid
    name: str
    alt: Annotated[str, "What is to be seen in it, by its author; may be empty."]
    size: Annotated[int, "In bytes."]
    type: Annotated[str, "The media type, by its content; application/octet-stream if unknown."]
    width: Annotated[int | None, "Of an image, in pixels."]
    height: int | None
    state: Annotated[
        Literal["pending", "ready", "failed"],
        "Of an image: whether it can be loaded. It waits for a worker, or couldn't be read.",
    ]


class LinkPreview(TypedDict):
    """What a page says of itself to which a message links."""

    id: Uuid
    url: Link
    site: Annotated[str, "The host of the page, after redirects."]
    title: str
    description: Annotated[str, "May be empty."]
    width: Annotated[
        int | None,
        "Of its image, in pixels, which `…/attachments/{id}/file` of its chat is a small one of.",
    ]
    height: int | None


class Reaction(TypedDict):
    """An emoji that people reacted with to a message."""

    emoji: str
    count: int
    user_ids: Annotated[list[int], f"Who reacted with it; the first {REACTORS_SHOWN}."]


def previews_shown(previews: list[dict[str, Any]]) -> list[LinkPreview]:
    """The previews of links on the wire: those that weren't removed."""
    shown: Any = [one for one in previews if not one.get("is_removed")]
    return shown if settings.LINK_PREVIEWS else []


def reactions_shown(reactions: Reactions) -> list[Reaction]:
    """Reactions on the wire: the same for everybody, and short however many there are."""
    return [
        {
            "emoji": one["emoji"],
            "count": len(one["user_ids"]),
            "user_ids": one["user_ids"][:REACTORS_SHOWN],
        }
        for one in reactions
    ]


def reply_preview(replied: MessageRow, names: Names) -> Reply:
    """What a reply shows of the message that it answers."""
    sender = names.get(replied.sender_id)
    return {
        "id": dashed(replied.id),
        "seq": replied.seq,
        "sender_id": replied.sender_id,
        "sender_name": sender.name if sender else "",
        "content": preview(replied, names),
        "deleted": replied.deleted_at is not None,
    }


def thread_fields(thread: Thread) -> ThreadFields:
    """The replies to a message on the wire."""
    at = thread.last_reply_at
    return {**thread._asdict(), "last_reply_at": iso(at) if at else None}  # type: ignore[typeddict-item]
