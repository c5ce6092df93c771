"""Changes of a chat itself as events: each has its own `rev`, or replaces several."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chats.models import Chat
from chats.permissions import Permissions
from users.names import Named

from .chat_lists import ChatRemoved
from .types import Change, Event, ForChatList

CHANGEABLE = ("name", "owner_id", "access", "history_for_new_members", "assistant_sees_history")


@dataclass(frozen=True, kw_only=True)
class StateChange(Change):
    """A change of something `ChatState` holds: a later state replaces it."""


@dataclass(frozen=True, kw_only=True)
class ChatUpdated(StateChange):
    """The name, owner or access of the chat changed, or what new members or @ai read."""

    type = "chat_updated"
    name: str
    access: str
    history_for_new_members: bool
    assistant_sees_history: bool
    owner_id: int
    member_ids: list[int] | None  # None: to chat lists
    changed_by: int | None  # None: nobody knows
    changed: list[str]  # the names of the fields that changed, where that is known

    def for_chat_list(self) -> ForChatList | None:
        """The event without the members, for every member: its size is that of the change."""
        return replace(self, member_ids=None), None


@dataclass(frozen=True, kw_only=True)
class MemberAdded(StateChange):
    """A person became a member, who reads the messages after `since_seq`."""

    type = "member_added"
    user_id: int
    since_seq: int
    username: str
    name: str
    added_by: int


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(StateChange):
    """A member left or was removed; their sockets of this chat close."""

    type = "member_removed"
    user_id: int
    username: str | None
    name: str | None
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
    """The current state of the chat, sent after changes that were missed."""

    type = "chat_state"
    chat_id: str
    rev: int
    name: str
    access: str
    history_for_new_members: bool
    assistant_sees_history: bool
    owner_id: int
    member_ids: list[int]
    pin_count: int
    permissions: dict[str, dict[str, bool]]  # by user id
    read_markers: dict[str, int]  # by user id: the highest `seq` read

    def for_chat_list(self) -> ForChatList | None:
        """The name and owner of the chat, for every member."""
        updated = ChatUpdated(
            chat_id=self.chat_id,
            rev=self.rev,
            name=self.name,
            access=self.access,
            history_for_new_members=self.history_for_new_members,
            assistant_sees_history=self.assistant_sees_history,
            owner_id=self.owner_id,
            member_ids=None,
            changed_by=None,
            changed=[],
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


# Made from what is stored ------------------------------------------------------------------------


def chat_updated(
    chat: Chat, rev: int, by: int | None = None, about: Mapping[str, Any] | None = None
) -> ChatUpdated:
    """The event for the current name, owner and access of a chat, and the change that made it.

    `about`: the fields of the row of that change, whose `user_id` is a new owner.
    """
    fields = {**about, "owner_id": about.get("user_id")} if about else {}
    return ChatUpdated(
        chat_id=str(chat.pk),
        rev=rev,
        name=chat.name,
        access=chat.access,
        history_for_new_members=chat.history_for_new_members,
        assistant_sees_history=chat.assistant_sees_history,
        owner_id=chat.owner_id,
        member_ids=list(chat.member_ids),
        changed_by=by,
        changed=[name for name in CHANGEABLE if fields.get(name) is not None],
    )


def member_added(
    chat: Chat, rev: int, user_id: int, person: Named | None, added_by: int
) -> MemberAdded:
    """The event for a new member; `person` is None if the account is gone."""
    return MemberAdded(
        chat_id=str(chat.pk),
        rev=rev,
        user_id=user_id,
        since_seq=chat.since(user_id),
        username=person.username if person else "",
        name=person.name if person else "",
        added_by=added_by,
    )


def member_removed(
    chat_id: uuid.UUID, rev: int, user_id: int, person: Named | None, removed_by: int
) -> MemberRemoved:
    """The event for a former member; `person` is None if the account is gone."""
    return MemberRemoved(
        chat_id=str(chat_id),
        rev=rev,
        user_id=user_id,
        username=person.username if person else None,
        name=person.name if person else None,
        removed_by=removed_by,
    )


def chat_state(
    chat: Chat, permissions: dict[int, dict[str, bool]], read_markers: dict[int, int]
) -> ChatState:
    """The event for the current state of a chat."""
    return ChatState(
        chat_id=str(chat.pk),
        rev=chat.last_rev,
        name=chat.name,
        access=chat.access,
        history_for_new_members=chat.history_for_new_members,
        assistant_sees_history=chat.assistant_sees_history,
        owner_id=chat.owner_id,
        member_ids=list(chat.member_ids),
        pin_count=chat.pin_count,
        permissions={str(user_id): flags for user_id, flags in permissions.items()},
        read_markers={str(user_id): seq for user_id, seq in read_markers.items()},
    )


def permissions_changed(allowed: Permissions, rev: int) -> PermissionsChanged:
    """The event for what a member may do since the change `rev`."""
    return PermissionsChanged(
        chat_id=str(allowed.chat.pk), rev=rev, user_id=allowed.user_id, **allowed.as_flags()
    )
