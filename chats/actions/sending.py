"""How a message is sent: it takes its chat's next numbers, is stored, and is announced.

What the threads of a process send to one chat at the same time takes one update, one insert and
one publication (`chatproject/stores/group_commit.py`). Decision 5 has the rules of numbers and
retries.
"""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.contrib.auth import get_user_model

from chatproject.stores.group_commit import GroupCommit
from chatproject.stores.mongodb.documents import now
from chatproject.stores.outages import Unconfirmed
from chats import events
from chats.errors import Refused
from chats.models import Chat, Message, MessageRow, ReadMarker
from chats.protocol import RECENT_SENDS, SENT_AT_ONCE
from users.models import User

STORING = 1.0  # seconds a retry waits for the first try, which has the numbers
NUMBERS = {"last_seq": 1, "last_rev": 1, "last_message_at": 1}


@dataclass(frozen=True, eq=False)
class Send:
    """A message being sent, and the people whose names its event shows."""

    message: Message  # its numbers and time are set when they are taken
    sender: User
    replied: MessageRow | None
    names: dict[int, Any]

    @property
    def key(self) -> str | None:
        """What identifies a retry within its chat; None without a `client_id`."""
        client_id = self.message.client_id
        return None if client_id is None else f"{self.message.sender_id}:{client_id}"

    @property
    def event(self) -> events.Event:
        """The event that announces the message."""
        row = MessageRow.of(Message.objects.document(self.message))
        return events.message_event(row, self.names, self.replied, is_new=True)


class Outcome(Enum):
    """What became of a send."""

    STORED = 1
    NO_NUMBERS = 2  # the sender may not send, or this `client_id` has taken its numbers
    DUPLICATE = 3  # something is stored under its numbers or its `client_id`


def send(message: Message, sender: User, replied: MessageRow | None) -> tuple[Message, bool]:
    """Store and announce a new message; the stored one and False if its `client_id` was known.

    Raises `Chat.DoesNotExist` if the sender is not a member, `Refused` if they may not send.
    """
    new = Send(message, sender, replied, _names(sender, replied))
    outcome = _store_together(message.chat_id, new)
    while outcome is Outcome.NO_NUMBERS:
        chat = _chat_of(new)
        with suppress(Chat.DoesNotExist):  # no longer a member, or silenced: checked again
            if take_reserved(new, chat):
                [outcome] = store([new])
                break
        if sender.pk in chat.silenced_ids:
            raise Refused("You may not send messages in this chat.")
        outcome = _store_together(message.chat_id, new)
    if outcome is Outcome.DUPLICATE:
        return stored(message), False
    return message, True


def _names(sender: User, replied: MessageRow | None) -> dict[int, Any]:
    names = {sender.pk: sender}
    if replied and replied.sender_id not in names:
        names |= get_user_model().objects.names([replied.sender_id])
    return names


def _chat_of(new: Send) -> Chat:
    chats = Chat.objects.all()
    if not new.sender.is_bot:
        chats = chats.filter(member_ids__contains=[new.sender.pk])
    chat: Chat = chats.get(pk=new.message.chat_id)
    return chat


# Together ----------------------------------------------------------------------------------------


def _store_group(chat_id: uuid.UUID, sends: list[Send]) -> list[Outcome]:
    """Store messages sent to one chat at once: by one update if all may be sent, else one each."""
    if take_numbers(sends):
        return store(sends)
    numbered = [one for one in sends if take_numbers([one])] if len(sends) > 1 else []
    outcomes = iter(store(numbered))
    return [next(outcomes) if one in numbered else Outcome.NO_NUMBERS for one in sends]


_store_together: GroupCommit[uuid.UUID, Send, Outcome] = GroupCommit(_store_group, SENT_AT_ONCE)


def take_numbers(sends: list[Send]) -> bool:
    """Take the next `seq`, `rev` and time for each of these, in one atomic update.

    False: not all may be sent, or a `client_id` occurs twice or has already taken its numbers.
    Time never runs backwards within a chat, whatever the clocks of the processes say.
    """
    count, moment = len(sends), now()
    keys = [one.key for one in sends if one.key is not None]
    if len(set(keys)) < len(keys):
        return False
    entries = [{"key": one.key, "id": one.message.pk.hex} for one in sends]
    # No pipeline: MongoDB would rewrite the whole document, with all members.
    update = {
        "$inc": {"last_seq": count, "last_rev": count},
        "$max": {"last_message_at": moment},
        "$push": {"recent": {"$each": entries, "$slice": -RECENT_SENDS}},
    }
    chat_id = sends[0].message.chat_id
    new, allowed = {"recent.key": {"$nin": keys}}, _all_may_send(sends)
    chat = Chat.objects.change(chat_id, update, projection=NUMBERS, **new, **allowed)
    if chat is None:
        return False
    for before, one in zip(range(count - 1, -1, -1), sends, strict=True):
        _number(one.message, chat.last_seq - before, chat.last_rev - before, chat.last_message_at)
    return True


def _all_may_send(sends: list[Send]) -> dict[str, Any]:
    """A condition on a chat: the senders are members and not silenced. The bot is not a member."""
    people = [one.sender.pk for one in sends if not one.sender.is_bot]
    return {"member_ids": {"$all": people}, "silenced_ids": {"$nin": people}} if people else {}


def _number(message: Message, seq: int, rev: int, moment: Any) -> None:
    message.seq, message.rev = seq, rev
    message.created_at = message.updated_at = moment


def store(sends: list[Send]) -> list[Outcome]:
    """Store and announce messages of one chat that have taken their numbers."""
    if not sends:
        return []
    chat_id = sends[0].message.chat_id
    is_stored = Message.objects.insert([one.message for one in sends])
    new = [one for one, is_new in zip(sends, is_stored, strict=True) if is_new]
    if seqs := {one.sender.pk: one.message.seq for one in new if not one.sender.is_bot}:
        ReadMarker.objects.advance_unacknowledged(chat_id, seqs)
    if new:
        events.broadcast(events.chat_group(chat_id), *(one.event for one in new))
    return [Outcome.STORED if is_new else Outcome.DUPLICATE for is_new in is_stored]


# Retries -----------------------------------------------------------------------------------------


def take_reserved(new: Send, chat: Chat) -> bool:
    """Take the numbers this `client_id` took before; False if it isn't among the latest sends.

    If its message isn't stored, because a process died, it takes a new `rev`: clients that have
    seen later changes would not ask for the old one. Raises `DoesNotExist` if the sender may not
    send any more.
    """
    message = new.message
    if new.key is None:
        return False
    for seq, sent in chat.recent_sends():
        if sent["key"] == new.key:
            first = _wait_until_stored(message)
            rev = first.rev if first else _next_rev(new)
            message.pk = uuid.UUID(sent["id"])
            _number(message, seq, rev, max(chat.last_message_at, now()))
            return True
    return False


def _next_rev(new: Send) -> int:
    chat = Chat.objects.change(new.message.chat_id, {}, **_all_may_send([new]))
    if chat is None:
        raise Chat.DoesNotExist
    return chat.last_rev


def _wait_until_stored(message: Message) -> Message | None:
    """The message that took the numbers, waiting up to `STORING` seconds for it to be stored."""
    deadline = time.monotonic() + STORING
    while True:
        sent = Message.objects.filter(
            chat_id=message.chat_id, sender_id=message.sender_id, client_id=message.client_id
        )
        first = sent.first()
        if first or time.monotonic() > deadline:
            return first
        time.sleep(STORING / 20)


def stored(message: Message) -> Message:
    """The message that a send found already stored.

    Raises `Unconfirmed` if `check_sequences` filled its number meanwhile: the next try takes
    another one.
    """
    if message.client_id is None:
        raise Unconfirmed("The number of this message was filled meanwhile.")
    query = {"chat_id": message.chat_id.hex, "sender_id": message.sender_id}
    found: Message = confirmed(Message.objects.all(), {**query, "client_id": message.client_id})
    return found


def confirmed(rows: Any, query: dict[str, Any]) -> Any:
    """What another request wrote, as a majority has it; `Unconfirmed` if it was rolled back."""
    found = rows.confirmed(query)
    if found is None:
        raise Unconfirmed("What was written a moment ago isn't there any more.")
    return found
