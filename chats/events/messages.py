"""Changes of messages as events."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from chats.models import MessageRow
from chats.models.previews import named_files, start_of_text
from chats.models.threads import Thread
from chats.representation import (
    MessageFields,
    Names,
    ThreadFields,
    dashed,
    dashed_chat_id,
    iso,
    message_fields,
    thread_fields,
)

from .chat_lists import ChatActivity, MentionsChanged
from .people import MessageRead
from .types import Change, ForChatList


@dataclass(frozen=True, kw_only=True)
class OfMessage(Change):
    """A change of a message, which is told to those who see that."""

    message_id: str
    seq: int

    @property
    def oldest_seq(self) -> int:
        """The lowest `seq` of the messages of which this tells something."""
        return self.seq

    def seen_since(self, seq: int) -> Change:
        """The event for somebody who doesn't see messages up to this `seq`."""
        return MessageHidden(chat_id=self.chat_id, rev=self.rev) if self.seq <= seq else self


@dataclass(frozen=True, kw_only=True)
class MessageChange(OfMessage):
    """The current state of a message."""

    sender_id: int
    created_at: str
    deleted_at: str | None

    def for_chat_list(self) -> ForChatList | None:
        """The activity to show, without sender name and preview."""
        return self._activity(sender_name="", preview=""), None

    @property
    def mentions(self) -> dict[str, Any]:
        """Whom the message mentions, for chat lists; nobody once it is deleted."""
        return {"mention_ids": [], "mentions_all": False}

    def mentions_changed(self) -> MentionsChanged:
        """What chat lists receive of a change of a message that isn't the latest of its chat."""
        return MentionsChanged(
            chat_id=self.chat_id, seq=self.seq, sender_id=self.sender_id, **self.mentions
        )

    def _activity(self, *, sender_name: str, preview: str) -> ChatActivity:
        return ChatActivity(
            chat_id=self.chat_id,
            seq=self.seq,
            rev=self.rev,
            message_id=self.message_id,
            sender_id=self.sender_id,
            sender_name=sender_name,
            preview=preview,
            created_at=self.created_at,
            deleted_at=self.deleted_at,
            **self.mentions,
        )


@dataclass(frozen=True, kw_only=True)
class MessageHidden(Change):
    """A message changed that the person doesn't see: it is from before they came."""

    type = "message_hidden"


@dataclass(frozen=True, kw_only=True)
class TextMessage(MessageChange):
    """A new message: `message_id`, and the fields of `representation.MessageFields`."""

    type = "text_message"
    fields: MessageFields

    @property
    def oldest_seq(self) -> int:
        reply = self.fields["reply"]
        return min(self.seq, reply["seq"]) if reply else self.seq

    def seen_since(self, seq: int) -> Change:
        if self.oldest_seq > seq or self.seq <= seq:
            return super().seen_since(seq)
        return replace(self, fields={**self.fields, "reply": None})

    @property
    def attachments(self) -> Sequence[Mapping[str, Any]]:
        """What it shows of its files."""
        return self.fields["attachments"]

    @property
    def data(self) -> dict[str, Any]:
        """The id and fields of the message, as JSON types."""
        return {"message_id": self.message_id, **self.fields}

    @classmethod
    def names(cls) -> set[str]:
        """The names of the fields of `data`."""
        return {"message_id", *MessageFields.__annotations__}

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        """The event with this `data`."""
        fields: Any = {name: value for name, value in data.items() if name != "message_id"}
        return cls.as_fields(data["message_id"], fields)

    @classmethod
    def as_fields(cls, message_id: str, fields: MessageFields) -> Self:
        """The event for a message with these wire fields."""
        return cls(
            message_id=message_id,
            chat_id=fields["chat_id"],
            rev=fields["rev"],
            seq=fields["seq"],
            sender_id=fields["sender_id"],
            created_at=fields["created_at"],
            deleted_at=None,
            fields=fields,
        )

    def for_chat_list(self) -> ForChatList | None:
        """The activity to show, with the start of the plain text."""
        fields = self.fields
        start = start_of_text(fields["content"], fields["html"])
        shown = start or named_files(fields["attachments"])
        return self._activity(sender_name=fields["sender_name"], preview=shown), None

    @property
    def mentions(self) -> dict[str, Any]:
        """Whom the message mentions, for chat lists."""
        fields = self.fields
        return {"mention_ids": fields["mention_ids"], "mentions_all": fields["mentions_all"]}


class MessageUpdated(TextMessage):
    """Something about a message changed that is no edit: its images, or previews of its links."""

    type = "message_updated"


class MessageEdited(TextMessage):
    """The content of a message changed; holds the whole message as it is now."""

    type = "message_edited"


@dataclass(frozen=True, kw_only=True)
class MessageDeleted(MessageChange):
    """A message became a tombstone."""

    type = "message_deleted"
    deleted_by: int | None
    root_id: str | None
    thread: ThreadFields | None

    @property
    def oldest_seq(self) -> int:
        return min(self.seq, self.thread["first_seq"]) if self.thread else self.seq

    def seen_since(self, seq: int) -> Change:
        if self.oldest_seq > seq or self.seq <= seq:
            return super().seen_since(seq)
        return replace(self, thread=None)


def message_event(
    row: MessageRow,
    names: Names,
    replied: MessageRow | None = None,
    thread: Thread | None = None,
    *,
    is_new: bool = False,
    is_updated: bool = False,
) -> MessageChange:
    """The event that brings a client up to date on a message; `names` as for `message_fields`."""
    if row.deleted_at:
        return MessageDeleted(
            message_id=dashed(row.id),
            chat_id=dashed_chat_id(row.chat_id),
            seq=row.seq,
            rev=row.rev,
            sender_id=row.sender_id,
            deleted_by=row.deleted_by,
            root_id=dashed(row.root_id) if row.root_id else None,
            thread=thread and thread_fields(thread),
            created_at=iso(row.created_at),
            deleted_at=iso(row.deleted_at),
        )
    if is_updated:
        kind: type[TextMessage] = MessageUpdated
    else:
        kind = TextMessage if is_new or not row.edited_at else MessageEdited
    return kind.as_fields(dashed(row.id), message_fields(row, names, replied, thread))


def message_read(chat_id: uuid.UUID, message_id: uuid.UUID, user_id: int, seq: int) -> MessageRead:
    """The event that a member has read up to a message."""
    return MessageRead(message_id=str(message_id), chat_id=str(chat_id), user_id=user_id, seq=seq)
