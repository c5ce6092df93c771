"""How a message is sent: it is stored under its chat's next numbers, and announced.

The insert itself takes the numbers (models/log.py). What the threads of a process send to one chat
at the same time is one insert and one publication (`chatproject/stores/group_commit.py`). Decision
5 has the reasons.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC
from enum import Enum
from typing import Any

from django.contrib.auth import get_user_model

from chatproject.stores.group_commit import GroupCommit
from chatproject.stores.mongodb.documents import now_or_after
from chatproject.stores.outages import Unconfirmed
from chatproject.stores.retries import Retries
from chats import events
from chats.errors import Refused
from chats.models import Chat, Head, Message, MessageRow, ReadMarker
from chats.permissions import is_closed
from chats.representation import people_in
from users.models import User

from . import mentions
from .known_chats import KnownChat, known_chats
from .rules import CLOSED, REFUSALS

SENT_AT_ONCE = 100  # messages of one insert


@dataclass(frozen=True, eq=False)
class Send:
    """A message being sent, and the people whose names its event shows."""

    message: Message  # its numbers and time are set when it is stored
    sender: User
    replied: MessageRow | None
    names: dict[int, Any]
    mentions: mentions.Mentions = mentions.NONE

    @property
    def event(self) -> events.Event:
        """The event that announces the message."""
        row = MessageRow.of(Message.objects.document(self.message))
        return events.message_event(row, self.names, self.replied, is_new=True)


class Outcome(Enum):
    """What became of a send."""

    STORED = 1
    NOT_ALLOWED = 2  # as far as this process knows
    DUPLICATE = 3  # it is stored, or another message with this `client_id`


def send(
    message: Message,
    sender: User,
    replied: MessageRow | None,
    mentioned: mentions.Mentions = mentions.NONE,
) -> tuple[Message, bool]:
    """Store and announce a new message; the stored one and False if its `client_id` was known.

    Raises `Chat.DoesNotExist` if the sender is not a member, `Refused` if they may not send.
    """
    new = Send(message, sender, replied, names_of(sender, replied, mentioned), mentioned)
    retries = Retries()
    while True:
        match _store_together(message.chat_id, new):
            case Outcome.STORED:
                return message, True
            case Outcome.DUPLICATE:
                earlier = stored(message)
                # Its process may have died before it moved the hints.
                at = earlier.created_at
                Chat.objects.hint(message.chat_id, earlier.rev, earlier.seq, at)
                return earlier, False
            case Outcome.NOT_ALLOWED:
                if known := _refuse(new):
                    return known, False
                retries.wait()
            case error:
                raise error


def names_of(
    sender: User, replied: MessageRow | None, mentioned: mentions.Mentions
) -> dict[int, Any]:
    """The people whose names the event of a message shows."""
    shown = people_in([replied] if replied else []).union(mentioned.people.values()) - {sender.pk}
    names = get_user_model().objects.names(shown) if shown else {}
    return {sender.pk: sender, **names}


def _refuse(new: Send) -> Message | None:
    """Say why the sender may not send; the stored message if this is a retry of a member.

    Returns None if they may, which this process didn't know yet.
    """
    chat_id, sender = new.message.chat_id, new.sender
    known_chats.forget(chat_id)
    member = {} if sender.is_bot else {"member_ids": sender.pk}
    chat = Chat.objects.confirmed({"_id": chat_id.hex, **member})
    if chat is None:
        raise Chat.DoesNotExist
    if sender.pk not in chat.silenced_ids:
        return None
    if new.message.client_id and (earlier := _of_client_id(new.message)):
        return earlier
    raise Refused(why_silent(chat, sender))


def why_silent(chat: Chat, sender: User) -> str:
    """Why a member who is silenced may not send."""
    return CLOSED if is_closed(chat, sender.pk) else REFUSALS["can_send_messages"]


# Together ----------------------------------------------------------------------------------------


def _store_group(chat_id: uuid.UUID, sends: list[Send]) -> list[Outcome | Exception]:
    """Store messages that are sent to one chat at once, and announce them.

    The outcome of each, or the error that left it unknown.
    """
    outcomes: dict[Send, Outcome] = {}
    try:
        _store(chat_id, sends, outcomes)
    except BaseException as error:
        known_chats.forget(chat_id)  # what was written is unknown
        if not isinstance(error, Exception):
            raise
        return [outcomes.get(one, error) for one in sends]
    return [outcomes.get(one, Outcome.NOT_ALLOWED) for one in sends]


def _turn(chat_id: uuid.UUID) -> AbstractContextManager[None]:
    """This process's turn at a chat that other processes send to, too."""
    known = known_chats.get(chat_id)
    return known.turn() if known and known.is_contended else nullcontext()


_store_together: GroupCommit[uuid.UUID, Send, Outcome | Exception] = GroupCommit(
    _store_group, SENT_AT_ONCE, _turn
)


def _store(chat_id: uuid.UUID, sends: list[Send], outcomes: dict[Send, Outcome]) -> None:
    retries = Retries()
    known = known_chats.get(chat_id) or KnownChat.read(chat_id)
    has_turn = known is not None and known.is_contended
    while known and len(outcomes) < len(sends):
        with known.turn() if retries.count and not has_turn else nullcontext():
            if retries.count or has_turn:
                known = known.refreshed()
            waiting = [one for one in sends if one not in outcomes]
            refused_by = _append(known, waiting, outcomes) if known else ""
        if known and refused_by == "rev":
            known.take_turns()
            retries.wait()
    if known:
        known_chats.keep(known)


def _append(known: KnownChat, sends: list[Send], outcomes: dict[Send, Outcome]) -> str:
    """Store what may be sent, up to the first that is refused; returns by which unique field."""
    allowed = [one for one in sends if known.lets_send(one.sender)]
    outcomes.update((one, Outcome.NOT_ALLOWED) for one in sends if one not in allowed)
    if not allowed:
        return ""
    for place, one in enumerate(allowed, 1):
        number(one.message, known.head, place)
        mentions.mention(one.message, one.mentions, one.sender, known.member_ids)
    count, refused_by = Message.objects.insert([one.message for one in allowed])
    if count:
        last = allowed[count - 1].message
        known.head = Head(last.rev, last.seq, last.created_at)
        announce(known.chat_id, known.head, allowed[:count], known.with_floors)
        outcomes.update((one, Outcome.STORED) for one in allowed[:count])
    if refused_by in ("client_id", "_id"):
        outcomes[allowed[count]] = Outcome.DUPLICATE
    return refused_by


def number(message: Message, head: Head, place: int) -> None:
    """Give a message the `place`th numbers after the head, and a time (`now_or_after`)."""
    message.rev, message.seq = head.rev + place, head.seq + place
    message.created_at = message.updated_at = now_or_after(head.at.replace(tzinfo=UTC))


def announce(
    chat_id: uuid.UUID, head: Head, sends: Sequence[Send], with_floors: Collection[int]
) -> None:
    """Tell of messages that are stored; the last of them is at this end of the log.

    `with_floors`: the members of whom the chat notes what they have read at least.
    """
    # The markers first: a page that has the hint has them, too.
    if sent := [(one.sender.pk, one.message.seq) for one in sends if not one.sender.is_bot]:
        ReadMarker.objects.advance_unacknowledged(chat_id, sent)
        if new := [one for one in sent if one[0] in with_floors]:
            Chat.objects.raise_floors(chat_id, new)
    Chat.objects.hint(chat_id, *head)
    events.broadcast(events.chat_group(chat_id), *(one.event for one in sends))


# Retries -----------------------------------------------------------------------------------------


def stored(message: Message) -> Message:
    """The message that refused this one: of the same `client_id` or id, as a majority has it.

    Raises `Unconfirmed` if it was rolled back meanwhile.
    """
    by_id = {"_id": message.pk.hex, "chat_id": message.chat_id.hex}
    return confirmed(
        Message.objects.all(), by_id if message.client_id is None else _key_of(message)
    )


def _of_client_id(message: Message) -> Message | None:
    found: Message | None = Message.objects.confirmed(_key_of(message))
    return found


def _key_of(message: Message) -> dict[str, Any]:
    return {
        "chat_id": message.chat_id.hex,
        "sender_id": message.sender_id,
        "client_id": message.client_id,
    }


def confirmed(rows: Any, query: dict[str, Any]) -> Any:
    """What another request wrote, as a majority has it; `Unconfirmed` if it was rolled back."""
    found = rows.confirmed(query)
    if found is None:
        raise Unconfirmed("What was written a moment ago isn't there any more.")
    return found
