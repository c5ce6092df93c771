"""How far people have read: markers, which others see, and what somebody has marked as unread."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from chatproject.limits import limits
from chats import events
from chats.errors import Invalid
from chats.models import Chat, Message, MessageRow, ReadMarker
from users.models import User


def mark_read(user: User, chat: Chat, message: Message) -> bool:
    """Move a member's marker up to this message; False if it was there already."""
    moved = ReadMarker.objects.advance(chat.pk, user.pk, message.seq)
    marks = {user.pk: seq} if (seq := chat.unread_from.get(str(user.pk))) else {}
    _end_unread(chat.pk, {user.pk: message.seq}, marks)
    if moved:
        floor = chat.floors.get(str(user.pk), 0)
        Chat.objects.end_floors(chat.pk, {user.pk: floor} if 0 < floor <= message.seq else {})
        told = events.message_read(chat.pk, message.pk, user.pk, message.seq)
        events.broadcast(events.chat_group(chat.pk), told)
    return moved


def mark_read_together(chat_id: uuid.UUID, marks: Sequence[tuple[int, uuid.UUID]]) -> list[bool]:
    """Move the markers of people, by id, up to a message each; False for one with no such message.

    Doesn't wait for a majority: a marker that a failover takes back is moved by the next mark.
    """
    user_ids = {user_id for user_id, _ in marks}
    some = Chat.objects.members_among([chat_id], user_ids).get(chat_id)
    people = some.since if some else {}
    rows = Message.objects.rows_by_id(chat_id.hex, {message_id.hex for _, message_id in marks})
    found = [
        user_id in people and message_id.hex in rows and rows[message_id.hex].seq > people[user_id]
        for user_id, message_id in marks
    ]
    read: dict[int, MessageRow] = {}
    for (user_id, message_id), is_there in zip(marks, found, strict=True):
        row = rows[message_id.hex] if is_there else None
        if row and (user_id not in read or read[user_id].seq < row.seq):
            read[user_id] = row
    moved = ReadMarker.objects.advance_together(
        chat_id, {user_id: row.seq for user_id, row in read.items()}
    )
    if some and some.unread_from:
        _end_unread(chat_id, {pk: row.seq for pk, row in read.items()}, some.unread_from)
    floors = some.floors if some else {}
    passed = {pk: floors[pk] for pk in moved if pk in floors and floors[pk] <= read[pk].seq}
    Chat.objects.end_floors(chat_id, passed)
    told = [
        events.message_read(chat_id, uuid.UUID(read[user_id].id), user_id, read[user_id].seq)
        for user_id in moved
    ]
    if told:
        events.broadcast(events.chat_group(chat_id), *told)
    return found


def mark_unread(user: User, chat: Chat, message_id: uuid.UUID) -> None:
    """Count a message and all later ones as unread for one member, until they read on."""
    limits.CHANGES.spend(user.pk)
    message = Message.objects.seen_by(chat, user.pk).filter(pk=message_id).first()
    if message is None:
        raise Invalid("message_id", "There is no such message in this chat.")
    if not Chat.objects.mark_unread(chat.pk, user.pk, message.seq):
        raise Chat.DoesNotExist
    _tell(chat.pk, user.pk, message.seq)


def _end_unread(
    chat_id: uuid.UUID, read: Mapping[int, int], unread_from: Mapping[int, int]
) -> None:
    """End those of these marks as unread whose people have read on.

    `read`: up to which `seq` they have, by user id.
    """
    ended = {pk: seq for pk, seq in unread_from.items() if seq <= read.get(pk, 0)}
    Chat.objects.end_unread(chat_id, ended)
    for user_id in ended:
        _tell(chat_id, user_id, None)


def _tell(chat_id: uuid.UUID, user_id: int, unread_from: int | None) -> None:
    told = events.ChatUnread(chat_id=str(chat_id), user_id=user_id, unread_from=unread_from)
    events.broadcast(events.user_group(user_id), told)
