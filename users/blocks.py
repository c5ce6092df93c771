"""Block and unblock people."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from chatproject.limits import limits

from .models import MOST_BLOCKS, Block, User
from .signals import blocks_changed

OWN = "You can't block yourself."
TOO_MANY = f"You can block at most {MOST_BLOCKS} people."


def blocked_by(user: User) -> QuerySet[User]:
    """The people whom a person blocks, the latest first."""
    blocked = User.objects.filter(blocked_by__blocker=user)
    found: QuerySet[User] = blocked.order_by("-blocked_by__created_at", "-blocked_by__pk")
    return found


def block(user: User, other_id: int) -> None:
    """Block somebody; once more does no harm.

    Raises `User.DoesNotExist` for nobody who can be in a chat, `ValidationError` for oneself or
    beyond `MOST_BLOCKS`.
    """
    if other_id == user.pk:
        raise ValidationError({"user_id": OWN})
    limits.BLOCKS.spend(user.pk)
    other = User.objects.people().get(pk=other_id)
    mine = Block.objects.filter(blocker=user)
    if mine.exclude(blocked=other).count() >= MOST_BLOCKS:
        raise ValidationError({"user_id": TOO_MANY})
    mine.get_or_create(blocker=user, blocked=other)
    _tell(user, other_id, is_blocked=True)


def unblock(user: User, other_id: int) -> None:
    """End a block, if there is one."""
    limits.BLOCKS.spend(user.pk)
    Block.objects.filter(blocker=user, blocked_id=other_id).delete()
    _tell(user, other_id, is_blocked=False)


def _tell(user: User, other_id: int, **state: Any) -> None:
    """Also if nothing changed: what follows from it may have failed the first time."""
    user.__dict__.pop("blocked_ids", None)
    blocks_changed.send(Block, user_id=user.pk, other_id=other_id, **state)
