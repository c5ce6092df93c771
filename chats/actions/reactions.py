"""React to messages, and take that back."""

from __future__ import annotations

from typing import NoReturn

from chatproject.limits import limits
from chatproject.stores.mongodb.documents import Document
from chats import events
from chats.errors import Invalid, Refused
from chats.models import Change, Chat, Head, Message, MessageRow
from chats.models.reactions import Reactions, people_of, with_reaction, without_reaction
from chats.permissions import permissions_for
from chats.protocol import REACTIONS_MAX
from users.models import User

from .changing import Transaction, change
from .message_changes import confirmed_message
from .rules import require_permission, valid_emoji


class _Unchanged(Exception):
    """There is nothing to do."""


def add_reaction(user: User, chat: Chat, message: Message, emoji: str) -> tuple[Message, bool]:
    """React to a message with an emoji; the message, and False if the user had done so before.

    It takes the permission to send. A message has at most `REACTIONS_MAX` kinds of reactions.
    """
    emoji = valid_emoji(emoji)
    limits.REACTIONS.spend(user.pk)
    require_permission(permissions_for(chat, user.pk), "can_send_messages")
    if message.deleted_at:
        _refuse_deleted()
    if user.pk in people_of(message.reactions, emoji):
        return confirmed_message(message), False
    changed = _change(user, message, emoji, is_added=True)
    if changed is None:
        if (now := confirmed_message(message)).deleted_at:
            _refuse_deleted()
        return now, False  # by another request of theirs
    return changed, True


def remove_reaction(user: User, message: Message, emoji: str) -> Message:
    """Take back a reaction, if there is one: like deleting one's own message, any member may."""
    emoji = valid_emoji(emoji)
    limits.REACTIONS.spend(user.pk)
    if user.pk not in people_of(message.reactions, emoji):
        return confirmed_message(message)
    return _change(user, message, emoji, is_added=False) or confirmed_message(message)


def _refuse_deleted() -> NoReturn:
    raise Refused("A deleted message takes no reactions.")


def _changed(
    reactions: Reactions | None, emoji: str, user_id: int, *, is_added: bool
) -> Reactions | None:
    """The reactions with or without this one; raises `_Unchanged`, `Invalid` if it is too many."""
    people = people_of(reactions, emoji)
    if is_added == (user_id in people):
        raise _Unchanged
    if not is_added:
        return without_reaction(reactions, emoji, user_id)
    if not people and len(reactions or ()) >= REACTIONS_MAX:
        raise Invalid("emoji", f"A message has at most {REACTIONS_MAX} kinds of reactions.")
    return with_reaction(reactions, emoji, user_id)


def _change(user: User, message: Message, emoji: str, *, is_added: bool) -> Message | None:
    """Change the reactions to a message, and announce it; None if there is nothing to do.

    Raises `Chat.DoesNotExist` for who is no member (any more), `Refused` without the permission.
    """
    kind = Change.Kind.REACTION_ADDED if is_added else Change.Kind.REACTION_REMOVED
    which = {"_id": message.pk.hex, "chat_id": message.chat_id.hex, "deleted_at": None}

    def work(transaction: Transaction) -> tuple[Document, Head]:
        rev = transaction.add(kind, user.pk, {"message_id": message.pk, "emoji": emoji})
        if is_added:
            transaction.require(user.pk, "can_send_messages")
        else:
            transaction.chat(member_ids=user.pk)
        rows, session = Message.objects.collection(), transaction.session
        found = rows.find_one(which, {"reactions": 1}, session=session)
        if found is None:
            raise _Unchanged
        reactions = _changed(found.get("reactions"), emoji, user.pk, is_added=is_added)
        changed = rows.find_one_and_update(
            which,
            {"$set": {"reactions": reactions, "changed_rev": rev}},
            return_document=True,
            session=session,
        )
        assert changed is not None  # nobody else writes to this log until the end
        return changed, transaction.head

    try:
        document, head = change(message.chat_id, work)
    except _Unchanged:
        return None
    Chat.objects.hint(message.chat_id, head.rev, head.seq, is_awaited=True)
    event = events.message_reaction(MessageRow.of(document), emoji, user.pk, is_added=is_added)
    events.broadcast(events.chat_group(message.chat_id), event)
    changed: Message = Message.objects.from_document(document)
    return changed
