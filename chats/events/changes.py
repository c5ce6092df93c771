"""Changes of a chat as events: each has its own `rev`, or replaces several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from chats.protocol import PREVIEW_LENGTH
from chats.representation import MessageFields

from .types import ChatActivity, ChatRemoved, Event, ForChatList


@dataclass(frozen=True, kw_only=True)
class Change(Event):
    """A change of a chat; after `rev` n, a client receives n + 1 next."""

    chat_id: str
    rev: int


@dataclass(frozen=True, kw_only=True)
class MessageChange(Change):
    """The current state of a message."""

    message_id: str
    seq: int
    sender_id: int
    created_at: str
    deleted_at: str | None

    def for_chat_list(self) -> ForChatList | None:
        """The activity to show, without sender name and preview."""
        return self._activity(sender_name="", preview=""), None

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
        )


@dataclass(frozen=True, kw_only=True)
class TextMessage(MessageChange):
    """A new message: `message_id`, and the fields of `representation.MessageFields`."""

    type = "text_message"
    fields: MessageFields

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
        """The activity to show, with the start of the content."""
        name, content = self.fields["sender_name"], self.fields["content"]
        return self._activity(sender_name=name, preview=content[:PREVIEW_LENGTH]), None


class MessageEdited(TextMessage):
    """The content of a message changed; holds the whole message as it is now."""

    type = "message_edited"


@dataclass(frozen=True, kw_only=True)
class MessageDeleted(MessageChange):
    """A message became a tombstone."""

    type = "message_deleted"
    deleted_by: int | None


@dataclass(frozen=True, kw_only=True)
class StateChange(Change):
    """A change of something `ChatState` holds: a later state replaces it."""


@dataclass(frozen=True, kw_only=True)
class ChatUpdated(StateChange):
    """The name or owner of the chat changed."""

    type = "chat_updated"
    name: str
    owner_id: int
    member_ids: list[int]

    def for_chat_list(self) -> ForChatList | None:
        """The event itself, for every member."""
        return self, None


@dataclass(frozen=True, kw_only=True)
class MemberAdded(StateChange):
    """A person became a member."""

    type = "member_added"
    user_id: int
    username: str
    name: str
    added_by: int


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(StateChange):
    """A member left or was removed; their sockets of this chat close."""

    type = "member_removed"
    user_id: int
    username: str | None
    removed_by: int

    def for_chat_list(self) -> ForChatList | None:
        """The removal of the chat, for the former member only."""
        return ChatRemoved(chat_id=self.chat_id, reason="removed"), self.user_id


@dataclass(frozen=True, kw_only=True)
class PermissionsChanged(StateChange):
    """The permissions of a member changed; holds all four."""

    type = "permissions_changed"
    user_id: int
    can_send_messages: bool
    can_change_permissions: bool
    can_remove_members: bool
    can_delete_other_messages: bool


# The chat as a whole ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ChatState(Event):
    """The current state of the chat, sent after missed changes that no message shows."""

    type = "chat_state"
    chat_id: str
    rev: int
    name: str
    owner_id: int
    member_ids: list[int]
    permissions: dict[str, dict[str, bool]]  # by user id
    read_markers: dict[str, int]  # by user id: the highest `seq` read

    def for_chat_list(self) -> ForChatList | None:
        """The name and owner of the chat, for every member."""
        updated = ChatUpdated(
            chat_id=self.chat_id,
            rev=self.rev,
            name=self.name,
            owner_id=self.owner_id,
            member_ids=self.member_ids,
        )
        return updated, None


@dataclass(frozen=True, kw_only=True)
class Resync(Event):
    """Too many changes were missed to send one by one: the client must reload the chat."""

    type = "resync"
    chat_id: str
    last_rev: int


@dataclass(frozen=True, kw_only=True)
class ChatDeleted(Event):
    """The chat was deleted; its sockets close."""

    type = "chat_deleted"
    chat_id: str
    deleted_by: int | None

    def for_chat_list(self) -> ForChatList | None:
        """The removal of the chat, for every member."""
        return ChatRemoved(chat_id=self.chat_id, reason="deleted"), None
