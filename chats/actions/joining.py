"""How people join a group by themselves: a listed one, or by an invitation."""

from __future__ import annotations

import uuid
from typing import Any

from chatproject.limits import limits
from chats.errors import Invalid, Refused
from chats.models import Chat, ChatPermissions, Directory, JoinRequest, Standing
from users.models import Invitation, User
from users.registration import BAD_INVITATION

from .changing import Transaction, change
from .members import Check, admit
from .owners import settle_owner
from .rules import require_room

KEPT_OUT = "You were removed from this group: whoever may remove members can let you back."
WAS_REFUSED = "You have asked to join this group, and were refused."


def join_group(user: User, chat_id: uuid.UUID) -> bool:
    """Join a listed group, or ask to where that is needed; whether the person is a member now.

    Raises `Chat.DoesNotExist` if the group isn't listed.
    """
    limits.JOINS.spend(user.pk)
    while True:
        group = Directory(user).find(chat_id)
        if group.standing == Standing.MEMBER:
            return True
        if group.access == Chat.Access.OPEN:
            _join(user, chat_id, _not_removed, access=Chat.Access.OPEN.value)
            return True
        if _ask(user, chat_id):
            return False


def _ask(user: User, chat_id: uuid.UUID) -> bool:
    """Store a request; False if the group has changed meanwhile."""

    def work(transaction: Transaction) -> None:
        conditions = {"access": Chat.Access.REQUEST.value, "member_ids": {"$ne": user.pk}}
        transaction.hold(**conditions)
        former = ChatPermissions.objects.former(chat_id, [user.pk], transaction.session)
        _not_removed(transaction, removed_of(former))
        if not JoinRequest.objects.ask(chat_id, user.pk, transaction.session):
            raise Refused(WAS_REFUSED)

    try:
        change(chat_id, work)
    except Chat.DoesNotExist:
        return False
    return True


def withdraw_request(user: User, chat_id: uuid.UUID) -> None:
    """Take back that one has asked to join; raises `JoinRequest.DoesNotExist` if none waits."""
    limits.JOINS.spend(user.pk)
    if not JoinRequest.objects.withdraw(chat_id, user.pk):
        raise JoinRequest.DoesNotExist


def join_by_invitation(user: User, invitation: Invitation) -> Chat:
    """Join the group of an invitation, which counts a person once; a member stays one.

    Raises `Invalid` if it has ended, also because who made it may not add members any more.
    """
    limits.JOINS.spend(user.pk)
    assert invitation.chat_id is not None
    chat = Chat.objects.confirmed({"_id": invitation.chat_id.hex, "member_ids": user.pk})
    if chat is not None:
        return chat
    came_before = invitation.has_let_in(user)  # maybe to make the account
    if not invitation.use(user):
        raise Invalid("code", BAD_INVITATION)
    try:
        return _join(user, invitation.chat_id, _by(invitation))
    except (Invalid, Refused, Chat.DoesNotExist):
        # Of any other error it isn't known whether they have joined: it stays used by them.
        if not came_before:
            invitation.give_back(user)
        raise


def _join(user: User, chat_id: uuid.UUID, check: Check, **conditions: Any) -> Chat:
    while True:
        chat = Chat.objects.confirmed({"_id": chat_id.hex, "is_group": True, **conditions})
        if chat is None:
            raise Chat.DoesNotExist
        if user.pk in chat.member_ids:
            return chat
        require_room("chat_id", len(chat.member_ids) + 1)
        if added := admit(user, chat, {user.pk: user}, check, **conditions):
            settle_owner(added)  # who may have been alone in it
            return added


def _not_removed(transaction: Transaction, removed: list[int]) -> None:
    if removed:
        raise Refused(KEPT_OUT)


def _by(invitation: Invitation) -> Check:
    """The rule of an invitation: who made it may add members now."""
    made_by = invitation.made_by_id
    assert made_by is not None

    def check(transaction: Transaction, removed: list[int]) -> None:
        _not_removed(transaction, removed)
        try:
            transaction.require(made_by, "can_add_members")
        except (Chat.DoesNotExist, Refused):
            raise Invalid("code", BAD_INVITATION) from None

    return check


def removed_of(former: list[dict[str, Any]]) -> list[int]:
    """Who of these former members was removed."""
    gone = ChatPermissions.Gone.REMOVED
    return [row["user_id"] for row in former if row["gone"] == gone]
