"""What follows in a private chat when the account of one of the two ends, or is active again."""

from __future__ import annotations

import uuid
from contextlib import suppress

from chats.models import Chat
from users.actions import is_gone
from users.models import User

from .blocks import follow_people
from .chats import remove_chat


def settle_private_chats(user: User) -> None:
    """Let nobody write where one of the two isn't active; delete what two deleted accounts had.

    May take long, be interrupted, and called again.
    """
    for chat_id, other_id in _others(user.pk).items():
        both = User.objects.filter(pk__in=[user.pk, other_id])
        if all(not one.is_active and is_gone(one) for one in both):
            with suppress(Chat.DoesNotExist):  # the job of the other was faster
                remove_chat(user, Chat.objects.get(pk=chat_id), permission="")
        else:
            follow_people(user.pk, other_id)


def _others(user_id: int) -> dict[uuid.UUID, int]:
    """The other person of each private chat of somebody."""
    query = {"member_ids": user_id, "is_group": False}
    rows = Chat.objects.collection().find(query, {"member_ids": 1})
    return {
        uuid.UUID(row["_id"]): next(pk for pk in row["member_ids"] if pk != user_id) for row in rows
    }
