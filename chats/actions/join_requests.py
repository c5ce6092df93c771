"""Requests to join a group, answered by those who may add members."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from chatproject.limits import limits
from chats.models import Chat, JoinRequest
from chats.permissions import permissions_for
from users.models import User

from .changing import Transaction, change
from .members import Check, admit, confirmed_chat, lets_add
from .rules import require_group, require_permission, require_room


def join_requests_of(user: User, chat: Chat) -> QuerySet[JoinRequest]:
    """The requests that wait in a group, the oldest first."""
    require_group(chat)
    require_permission(permissions_for(chat, user.pk), "can_add_members")
    return JoinRequest.objects.waiting(chat.pk)


def accept_request(user: User, chat: Chat, user_id: int) -> Chat:
    """Add somebody who has asked to join; raises `JoinRequest.DoesNotExist` if none waits."""
    limits.ADDITIONS.spend(user.pk)
    while join_requests_of(user, chat).filter(user_id=user_id).exists():
        people = get_user_model().objects.people().in_bulk([user_id])
        if not people:
            break
        require_room("user_id", len(chat.member_ids) + 1)
        if added := admit(user, chat, people, _asked(user, people)):
            return added
        chat = confirmed_chat(user, chat)
    raise JoinRequest.DoesNotExist


def _asked(user: User, people: dict[int, User]) -> Check:
    """The rule of additions, and that they ask still: one withdrawn or refused isn't accepted."""

    def check(transaction: Transaction, removed: list[int]) -> None:
        lets_add(user, people)(transaction, removed)
        [user_id] = people
        if not JoinRequest.objects.waits(transaction.chat_id, user_id, transaction.session):
            raise JoinRequest.DoesNotExist

    return check


def refuse_request(user: User, chat: Chat, user_id: int) -> None:
    """Refuse somebody who has asked to join; they can't ask again, but be added or invited."""
    require_group(chat)
    require_permission(permissions_for(chat, user.pk), "can_add_members")
    limits.CHANGES.spend(user.pk)

    def work(transaction: Transaction) -> None:
        transaction.hold()
        transaction.require(user.pk, "can_add_members")
        if not JoinRequest.objects.refuse(chat.pk, user_id, transaction.session):
            raise JoinRequest.DoesNotExist

    change(chat.pk, work)
