"""Bans: whoever was removed stays out of a group until somebody who may remove members lifts it.

A ban is the row in `ChatPermissions` of a person who was removed.
"""

from __future__ import annotations

from contextlib import suppress

from django.db.models import QuerySet

from chatproject.limits import limits
from chats.errors import Invalid
from chats.models import Chat, ChatPermissions, JoinRequest
from chats.permissions import permissions_for
from users.models import User

from .changing import Transaction, change
from .members import confirmed_chat, remove_member
from .rules import require_group, require_people, require_permission


def bans_of(user: User, chat: Chat) -> QuerySet[ChatPermissions]:
    """Who is kept out of a group, by id."""
    _require(user, chat)
    return ChatPermissions.objects.removed(chat.pk)


def ban(user: User, chat: Chat, user_id: int) -> None:
    """Keep a person out of a group; a member is removed."""
    _require(user, chat)
    if user_id == user.pk:
        raise Invalid("user_id", "Nobody bans themselves.")
    while True:
        with suppress(Chat.DoesNotExist):  # they have left meanwhile
            if user_id in chat.member_ids:
                remove_member(user, chat, user_id)
                return
        require_people("user_id", [user_id])
        if _keep_out(user, chat, user_id):
            return
        chat = confirmed_chat(user, chat)  # they have joined meanwhile


def _keep_out(user: User, chat: Chat, user_id: int) -> bool:
    """Keep somebody out who is no member; False if they are one."""
    limits.CHANGES.spend(user.pk)

    def work(transaction: Transaction) -> bool:
        if user_id in transaction.hold().member_ids:
            return False
        transaction.require(user.pk, "can_remove_members")
        ChatPermissions.objects.keep_out(chat.pk, user_id, transaction.session)
        JoinRequest.objects.end(chat.pk, [user_id], transaction.session)
        return True

    return change(chat.pk, work)


def lift_ban(user: User, chat: Chat, user_id: int) -> None:
    """Let somebody back who was removed: they may join, or be added, again.

    Raises `ChatPermissions.DoesNotExist` if they aren't kept out.
    """
    _require(user, chat)
    limits.CHANGES.spend(user.pk)

    def work(transaction: Transaction) -> None:
        transaction.hold()
        transaction.require(user.pk, "can_remove_members")
        if not ChatPermissions.objects.let_back(chat.pk, user_id, transaction.session):
            raise ChatPermissions.DoesNotExist

    change(chat.pk, work)


def _require(user: User, chat: Chat) -> None:
    require_group(chat)
    require_permission(permissions_for(chat, user.pk), "can_remove_members")
