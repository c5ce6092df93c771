"""Clear a chat for oneself: the others keep it, and aren't told."""

from __future__ import annotations

from chatproject.limits import limits
from chats import events
from chats.models import Chat
from users.models import User

from .changing import Transaction, change
from .known_chats import known_chats


def clear_chat(user: User, chat: Chat) -> int:
    """Hide what was said until now from one member; returns the `seq` after which they read.

    For good, unless they leave a group and come back. No read marker moves by it.
    """
    limits.CHANGES.spend(user.pk)

    def work(transaction: Transaction) -> int:
        seq = transaction.head.seq
        update = {
            "$set": {f"since_seqs.{user.pk}": seq, f"floors.{user.pk}": seq},
            "$unset": {f"unread_from.{user.pk}": ""},
        }
        transaction.change_chat(update, member_ids=user.pk)
        return seq

    since_seq = change(chat.pk, work)
    known_chats.forget(chat.pk)  # it doesn't know of the new floor
    cleared = events.ChatCleared(chat_id=str(chat.pk), user_id=user.pk, since_seq=since_seq)
    events.broadcast(events.user_group(user.pk), cleared)
    return since_seq
