"""What follows in chats from a block (decision 20), or from an account that isn't active."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from chats import events
from chats.models import Change, Chat, Pair
from chats.permissions import permissions_for
from users.models import Block, User

from .changing import Transaction, change


class _AsItIs(Exception):
    """A chat is already as it should be."""


def on_blocks_changed(user_id: int, other_id: int, is_blocked: bool, **_: Any) -> None:
    """Receives `users.signals.blocks_changed`."""
    for hub in (user_id, other_id):
        events.look_at_blocks(events.user_group(hub))
    told = events.BlockChanged(user_id=other_id, is_blocked=is_blocked)
    events.broadcast_to_users([user_id], told)
    follow_people(user_id, other_id)


def follow_people(one_id: int, other_id: int) -> None:
    """Let both of a private chat send, or neither if one blocks the other or isn't active."""
    pair = Pair.objects.confirmed({"_id": Pair.id_of(one_id, other_id)})
    if pair is None:
        return
    members = (one_id, other_id)

    def work(transaction: Transaction) -> Chat:
        # In their own names: it tells nobody who blocked whom.
        for member_id in members:
            transaction.add(Change.Kind.PERMISSIONS_CHANGED, member_id, {"user_id": member_id})
        # Read once the log is ours: of blocks and unblocks at once the last one sees them all.
        active = User.objects.people().filter(pk__in=members).count() == len(members)
        silenced = [] if active and not Block.objects.between(*members) else list(members)
        if set(transaction.chat().silenced_ids) == set(silenced):
            raise _AsItIs
        return transaction.change_chat({"$set": {"silenced_ids": silenced}})

    with suppress(_AsItIs, Chat.DoesNotExist):
        _announce(change(pair.chat_id, work), members)


def _announce(chat: Chat, members: tuple[int, int]) -> None:
    revs = (chat.last_rev - 1, chat.last_rev)
    told = [
        events.permissions_changed(permissions_for(chat, member_id), rev)
        for member_id, rev in zip(members, revs, strict=True)
    ]
    events.broadcast(events.chat_group(chat.pk), *told)
