"""Invitations to groups: what accounts must know of groups, told by `chats`, which registers it."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from .models import Invitation, User


class Groups:
    """Knows of no group; `chats` registers one that does."""

    def name_of(self, invitation: Invitation) -> str | None:
        """The name of the group, while who made the invitation may add people to it."""
        return None

    def titles_of(self, chat_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
        """The names of the groups that there are, whoever is in them; for moderators."""
        return {}

    def join(self, user: User, invitation: Invitation) -> bool:
        """Let a new account into the group; False if the group refuses it, which is no error."""
        return False


_groups = Groups()


def register(groups: Groups) -> None:
    """Ask these from now on."""
    global _groups
    _groups = groups


def name_of(invitation: Invitation) -> str | None:
    """See `Groups.name_of`."""
    return _groups.name_of(invitation)


def titles_of(chat_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """See `Groups.titles_of`."""
    return _groups.titles_of(chat_ids)


def arrive(user: User, invitation: Invitation | None) -> bool:
    """Let a new account into the group whose invitation made it; whether it is in one now."""
    if invitation is None or invitation.kind != Invitation.Kind.GROUP or not user.is_active:
        return False
    return _groups.join(user, invitation)
