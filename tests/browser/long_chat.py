"""Chats that are long or large from the start: stored at once, not sent one by one."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from chatproject.stores.mongodb.documents import now
from chats.models import Chat, Message, ReadMarker


def fill(chat: Any, senders: Sequence[Any], count: int) -> None:
    """Store `Message 1` to `Message count`, a minute apart, as sent by these people in turn."""
    start = now() - timedelta(minutes=count)
    messages = [
        Message(
            chat_id=chat.pk,
            seq=number,
            rev=chat.last_rev + number,
            sender_id=senders[number % len(senders)].pk,
            content=f"Message {number}",
            created_at=start + timedelta(minutes=number),
        )
        for number in range(1, count + 1)
    ]
    for index in range(0, count, 1000):
        Message.objects.bulk_create(messages[index : index + 1000])
    Chat.objects.filter(pk=chat.pk).update(
        last_seq=count, last_rev=chat.last_rev + count, last_message_at=messages[-1].created_at
    )


def read_all(chat: Any, readers: Sequence[Any], seq: int) -> None:
    """Store that these people have read up to a message."""
    markers = [ReadMarker(chat_id=chat.pk, user_id=reader.pk, seq=seq) for reader in readers]
    ReadMarker.objects.filter(chat_id=chat.pk).delete()
    ReadMarker.objects.bulk_create(markers)
