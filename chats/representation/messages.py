"""What a message looks like on the wire: the same in events, the API and the rows of pages.

Types are JSON types. `api/serializers.py` derives the OpenAPI schema from these declarations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal, TypedDict

from django.conf import settings
from django.contrib.auth import get_user_model

from chatproject.rest.shapes import DateTime, Link, Uuid
from chatproject.text.emoji import is_few_emoji
from chats.models import Message, MessageRow
from chats.models.reactions import Reactions
from chats.models.read_marker import NOBODY, Readers
from chats.models.threads import Thread, count_replies
from chats.protocol import PREVIEW_LENGTH, REACTORS_SHOWN
from users.names import Named

from .mentions import (
    DELETED_USER,
    MentionFields,
    Names,
    mention_fields,
    people_in,
    preview,
    shown_html,
)

CHATS_KNOWN = 1024  # chats whose formatted id a process caches


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


class MessageData(MessageFields):
    """A message of the API: as everybody sees it, and who has read it."""

    id: Uuid
    is_read: Annotated[bool, "By somebody else than its sender."]
    read_count: Annotated[int, "By how many others than its sender."]
    read_by: Annotated[list[int], "Who they are; the first 100."]
    own_reactions: Annotated[list[str], "The emoji that one has reacted with oneself."]


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
        "html": shown_html(row, names, f"/chats/{chat_id}/"),
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


@dataclass(frozen=True)
class MessageContext:
    """What messages show but don't store: names, quoted messages, readers, threads."""

    readers: Readers
    replies: Mapping[str, MessageRow]  # by stored id
    names: Names
    threads: Mapping[str, Thread] = field(default_factory=dict)  # by the stored id of the root

    @classmethod
    def of(
        cls,
        rows: Collection[MessageRow],
        readers: Readers = NOBODY,
        people: Collection[Any] = (),
        since: int = 0,
    ) -> MessageContext:
        """The context of these messages: one query for names, and one more if there are replies.

        And one if some have a thread to show. Of messages up to `since`, which the reader doesn't
        see, nothing is shown in replies, nor counted.
        `people` are users whose names need no query, or ids of others whose names are shown.
        """
        wanted = [row.reply_to for row in rows if row.reply_to]
        replies = Message.objects.rows_by_id(next(iter(rows)).chat_id, wanted) if wanted else {}
        replies = {key: row for key, row in replies.items() if row.seq > since}
        known: dict[int, Named] = {
            person.pk: person for person in people if not isinstance(person, int)
        }
        ids = {person for person in people if isinstance(person, int)}
        ids |= people_in(rows) | people_in(replies.values())
        names = get_user_model().objects.names(ids - known.keys())
        return cls(readers, replies, {**known, **names}, _threads(rows, since))

    def reply_of(self, row: MessageRow) -> MessageRow | None:
        """The message that this one replies to; None if there is none (any more)."""
        return self.replies.get(row.reply_to) if row.reply_to else None

    def thread_of(self, row: MessageRow) -> Thread | None:
        """The thread that a message tells of; None if there are no replies."""
        return self.threads.get(_told_root(row) or "")

    def fields(self, row: MessageRow) -> MessageFields:
        """One of these messages on the wire."""
        return message_fields(row, self.names, self.reply_of(row), self.thread_of(row))


def _threads(rows: Collection[MessageRow], since: int) -> dict[str, Thread]:
    roots = {root for row in rows if (root := _told_root(row))}
    if not roots:
        return {}
    threads = count_replies(next(iter(rows)).chat_id, roots)
    return {root: thread for root, thread in threads.items() if thread.first_seq > since}


def _told_root(row: MessageRow) -> str | None:
    """The message of whose replies this one tells: itself, or what a deleted reply belonged to."""
    if row.root_id:
        return row.root_id if row.deleted_at else None
    return row.id if row.has_replies else None


def message_data(
    rows: Iterable[MessageRow], context: MessageContext, user_id: int
) -> list[MessageData]:
    """Messages as the API returns them to a person."""
    readers_of = context.readers.of
    data: list[MessageData] = []
    for row in rows:
        count, first = readers_of(row.seq, row.sender_id)
        data.append(
            {
                "id": dashed(row.id),
                **context.fields(row),
                "is_read": count > 0,
                "read_count": count,
                "read_by": first,
                "own_reactions": own_reactions(row, user_id) if row.reactions else [],
            }
        )
    return data


def own_reactions(row: MessageRow, user_id: int) -> list[str]:
    """The emoji that a person has reacted with to a message."""
    return [one["emoji"] for one in row.reactions or () if user_id in one["user_ids"]]


def title_of(name: str, other_id: int | None, names: Names) -> str:
    """The name of a group; the other person's name in a private chat (`other_id`)."""
    if other_id is None:
        return name
    return names[other_id].name if other_id in names else DELETED_USER


# Values ------------------------------------------------------------------------------------------


def iso(moment: datetime) -> str:
    """ISO 8601 with milliseconds; `moment` must be in UTC."""
    if moment.tzinfo:  # which would be asked for its offset
        moment = moment.replace(tzinfo=None)
    return moment.isoformat("T", "milliseconds") + "Z"


def dashed(stored_id: str) -> str:
    """The dashed form of a UUID stored as 32 hexadecimal digits."""
    first, second, third = stored_id[:8], stored_id[8:12], stored_id[12:16]
    return f"{first}-{second}-{third}-{stored_id[16:20]}-{stored_id[20:]}"


dashed_chat_id = lru_cache(CHATS_KNOWN)(dashed)  # the same in every row of a page
