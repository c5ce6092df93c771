"""Invitations to a group, made by those who may add members. They are kept with the accounts."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from chatproject.limits import limits
from chats.errors import Invalid, Refused
from chats.models import Chat
from chats.permissions import permissions_for
from users import group_invitations, invitations
from users.models import Invitation, User

from .joining import join_by_invitation
from .rules import require_group, require_permission


def may_invite(user: User, chat: Chat) -> bool:
    """Whether a member may make invitations to a group, by its rules and those of the site."""
    allowed = permissions_for(chat, user.pk)
    return allowed.can_add_members and invitations.may_invite_to_groups(user)


def group_invitations_of(user: User, chat: Chat) -> QuerySet[Invitation]:
    """One's own invitations to a group; for those who may remove members, those of all."""
    require_group(chat)
    allowed = permissions_for(chat, user.pk)
    mine = {} if allowed.can_remove_members else {"made_by": user}
    return invitations.of_group(chat.pk, **mine)


def make_invitation(user: User, chat: Chat, **options: Any) -> tuple[Invitation, str]:
    """A new invitation to a group, and its code; `PermissionDenied` where the site forbids it.

    `options`: `days`, `max_uses`, `client_id`, as of `invitations.make`.
    """
    require_group(chat)
    require_permission(permissions_for(chat, user.pk), "can_add_members")
    return invitations.make_for_group(user, chat.pk, **options)


def revoke_invitation(user: User, chat: Chat, invitation_id: uuid.UUID) -> None:
    """Withdraw an invitation to a group; raises `Invitation.DoesNotExist` if one doesn't see it."""
    limits.DELETIONS.spend(user.pk)
    if not invitations.revoke(group_invitations_of(user, chat), invitation_id):
        raise Invitation.DoesNotExist


class Groups(group_invitations.Groups):
    """What the app of accounts asks about the groups of invitations."""

    def name_of(self, invitation: Invitation) -> str | None:
        made_by = invitation.made_by_id
        if invitation.chat_id is None or made_by is None:
            return None
        chat = Chat.objects.confirmed(
            {"_id": invitation.chat_id.hex, "is_group": True, "member_ids": made_by}
        )
        lets = chat is not None and permissions_for(chat, made_by).can_add_members
        return chat.name if chat and lets else None

    def titles_of(self, chat_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
        rows = Chat.objects.collection().find(
            {"_id": {"$in": [chat_id.hex for chat_id in chat_ids]}}, {"name": 1}
        )
        return {uuid.UUID(row["_id"]): row["name"] for row in rows}

    def join(self, user: User, invitation: Invitation) -> bool:
        try:
            join_by_invitation(user, invitation)
        except (Invalid, Refused, Chat.DoesNotExist):
            return False
        return True
