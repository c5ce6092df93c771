"""Who may do what in a chat: the one set of rules for API, pages, templates and sockets."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from chatproject.sockets import places, presence_leases
from users.models import Block, User

from .models import Chat, ChatPermissions
from .protocol import MENTION_ALL_MEMBERS


@dataclass(frozen=True)
class Permissions:
    """What one member may do in one chat; every rule is a property."""

    chat: Chat
    user_id: int
    flags: dict[str, bool] = field(default_factory=dict)

    @property
    def is_owner(self) -> bool:
        """Whether the member owns the group; False in a private chat."""
        return self.chat.is_group and self.chat.owner_id == self.user_id

    def _flag(self, name: str) -> bool:
        return self.is_owner or (self.chat.is_group and self.flags.get(name, False))

    @property
    def can_send_messages(self) -> bool:
        """Whether the member may send; in a private chat unless one of the two blocks the other."""
        return self.is_owner or self.flags.get("can_send_messages", False)

    @property
    def can_change_permissions(self) -> bool:
        """Whether the member has the permission to change those of others; see `grantable`."""
        return self._flag("can_change_permissions")

    @property
    def can_grant_permissions(self) -> bool:
        """Whether the member may change any permissions now.

        Not while silenced: whoever is given the right to could lift the silence in return.
        """
        return self.can_change_permissions and self.can_send_messages

    @property
    def grantable(self) -> frozenset[str]:
        """The permissions that the member may give to others and take from them: their own."""
        if not self.can_grant_permissions:
            return frozenset()
        return frozenset(name for name in ChatPermissions.FLAGS if getattr(self, name))

    @property
    def can_remove_members(self) -> bool:
        """Whether the member may remove others from the group."""
        return self._flag("can_remove_members")

    def can_remove(self, other: Permissions) -> bool:
        """Whether the member may remove this one, who then loses what they may do here.

        Nobody who may do more than the member, and not the owner.
        """
        theirs, own = other.as_flags(), self.as_flags()
        has_all = all(own[name] or not theirs[name] for name in theirs)
        return self.can_remove_members and has_all and not other.is_owner

    @property
    def can_delete_other_messages(self) -> bool:
        """Whether the member may delete the messages of others."""
        return self._flag("can_delete_other_messages")

    @property
    def can_mention_all(self) -> bool:
        """Whether `@all` of the member mentions all: of many only if they may remove members."""
        return len(self.chat.member_ids) <= MENTION_ALL_MEMBERS or self.can_remove_members

    @property
    def can_see_edits(self) -> bool:
        """Whether the member may read what the messages of others said before they were edited."""
        return self.can_delete_other_messages

    @property
    def can_pin_messages(self) -> bool:
        """Whether the member may pin messages: who may delete those of others.

        In a private chat both, unless one blocks the other.
        """
        return self.can_delete_other_messages if self.chat.is_group else self.can_send_messages

    @property
    def can_add_members(self) -> bool:
        """Whether the member may add people: in a group, unless silenced."""
        return self.chat.is_group and self.can_send_messages

    @property
    def can_rename(self) -> bool:
        """Whether the member may rename the group; not while silenced: everybody reads a name."""
        return self.can_change_permissions and self.can_send_messages

    @property
    def can_change_access(self) -> bool:
        """Whether the member may say who joins the group by themselves: its owner."""
        return self.is_owner

    @property
    def can_delete_chat(self) -> bool:
        """Whether the member may delete the chat: the owner, or either of a private chat."""
        return self.is_owner or not self.chat.is_group

    @property
    def can_leave(self) -> bool:
        """Whether the member may leave: in a group, anyone but the owner."""
        return self.chat.is_group and not self.is_owner

    def as_flags(self) -> dict[str, bool]:
        """The four stored permissions, as they apply to this member."""
        return {name: getattr(self, name) for name in ChatPermissions.FLAGS}


def permissions_for(chat: Chat, user_id: int) -> Permissions:
    """The permissions of one member; no query for a private chat or the owner."""
    if not chat.is_group:
        return permissions_by({}, chat, user_id, chat.silenced_ids)
    if chat.owner_id == user_id:
        return Permissions(chat, user_id)
    rows = ChatPermissions.objects.filter(chat_id=chat.pk, user_id=user_id)
    row = rows.values(*ChatPermissions.FLAGS).first()
    return permissions_by(row or {}, chat, user_id, chat.silenced_ids)


def is_closed(chat: Chat, user_id: int) -> bool:
    """Whether nobody can write in a private chat because the other's account isn't active.

    No query where one may write, or for a group.
    """
    other = chat.other_id(user_id)
    if other is None or user_id not in chat.silenced_ids:
        return False
    return not User.objects.people().filter(pk=other).exists()


def online_to(user_id: int, chat: Chat) -> set[int]:
    """Who is online to this member in a chat: not who is kept apart from them by a block.

    In a group those who have it open, in a private chat whoever of the two is in the app.
    """
    apart: set[int] = Block.objects.apart_from([user_id])[user_id]
    if chat.is_group:
        return set(presence_leases.online(chat.pk)) - apart
    return places.online(chat.member_ids) - apart


def permissions_of(chat: Chat) -> dict[int, Permissions]:
    """The permissions of every member of a chat, in one query."""
    rows = ChatPermissions.objects.of_members(chat.pk).values("user_id", *ChatPermissions.FLAGS)
    flags = {row.pop("user_id"): row for row in rows}
    silenced = set(chat.silenced_ids)
    return {
        user_id: permissions_by(flags.get(user_id, {}), chat, user_id, silenced)
        for user_id in chat.member_ids
    }


def permissions_by(
    row: dict[str, Any], chat: Chat, user_id: int, silenced: Collection[int]
) -> Permissions:
    """Permissions from a stored row; sending is decided by the chat, as it is for messages."""
    return Permissions(chat, user_id, {**row, "can_send_messages": user_id not in silenced})
