"""What a message looks like on the wire: the same in events, the API and the rows of pages.

Types are JSON types: `api/message_serializers.py` makes the OpenAPI schema of these declarations.
"""

from __future__ import annotations

from typing import Annotated, Literal

from chatproject.rest.shapes import DateTime, Uuid
from chatproject.text.emoji import is_few_emoji
from chats.models import MessageRow
from chats.models.threads import Thread

from .mentions import MentionFields, mention_fields, shown_html
from .names import Names
from .parts import (
    Attachment,
    LinkPreview,
    Photo,
    Reaction,
    Reply,
    ThreadFields,
    previews_shown,
    reactions_shown,
    reply_preview,
    thread_fields,
)
from .values import dashed, dashed_chat_id, iso


class MessageFields(MentionFields):
    """A message as it is now, without its id."""

    chat_id: Uuid
    seq: Annotated[int, "Its number in the chat: 1, 2, 3 …"]
    rev: Annotated[int, "The number of its last change in the chat."]
    sender_id: int
    sender_username: str
    sender_name: str
    content: Annotated[str, "As it was written, in Markdown; empty when it was deleted."]
    html: Annotated[
        str | None,
        "The content as sanitised HTML; null if that shows nothing else than the content.",
    ]
    is_few_emoji: Annotated[bool, "The content is one to three emoji: show it larger."]
    kind: Literal["text", "photo"]
    photo: Photo | None
    attachments: list[Attachment]
    link_previews: list[LinkPreview]
    client_id: str | None
    reply_to: Uuid | None
    reply: Reply | None
    root_id: Annotated[Uuid | None, "Of a reply: the message with which its thread began."]
    thread: Annotated[
        ThreadFields | None, "Its replies. Of a deleted reply: those that are left in its thread."
    ]
    created_at: DateTime
    updated_at: DateTime
    edited_at: DateTime | None
    deleted_at: DateTime | None
    deleted_by: int | None
    reactions: list[Reaction]
    is_streaming: Annotated[bool, "The bot is still writing it."]
    pinned_at: DateTime | None
    pinned_by: int | None


def message_fields(
    row: MessageRow, names: Names, replied: MessageRow | None, thread: Thread | None = None
) -> MessageFields:
    """A message on the wire; `names` has its sender and the sender of the message it replies to."""
    sender = names.get(row.sender_id)
    created_at, chat_id = iso(row.created_at), dashed_chat_id(row.chat_id)
    return {
        "chat_id": chat_id,
        "seq": row.seq,
        "rev": row.rev,
        "sender_id": row.sender_id,
        "sender_username": sender.username if sender else "",
        "sender_name": sender.name if sender else "",
        "content": row.content,
        "html": shown_html(row, names, f"/chats/{chat_id}/") if row.html else None,
        "is_few_emoji": is_few_emoji(row.content),
        "kind": row.kind,
        "photo": row.photo,
        "attachments": row.attachments or [],
        "link_previews": previews_shown(row.link_previews) if row.link_previews else [],
        "client_id": row.client_id,
        "reply_to": dashed(row.reply_to) if row.reply_to else None,
        "reply": replied and reply_preview(replied, names),
        "root_id": dashed(row.root_id) if row.root_id else None,
        "thread": thread and thread_fields(thread),
        **mention_fields(row, names),
        "created_at": created_at,
        "updated_at": created_at if row.updated_at == row.created_at else iso(row.updated_at),
        "edited_at": iso(row.edited_at) if row.edited_at else None,
        "deleted_at": iso(row.deleted_at) if row.deleted_at else None,
        "deleted_by": row.deleted_by,
        "reactions": reactions_shown(row.reactions) if row.reactions else [],
        "is_streaming": bool(row.is_streaming),
        "pinned_at": iso(row.pinned_at) if row.pinned_at else None,
        "pinned_by": row.pinned_by,
    }
