"""A data set to explain queries on: one long chat among short ones."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice

from chats.models import Chat, ChatPermissions, Message, Pair, ReadMarker
from chats.models.uuid7 import uuid7

BATCH = 2_000  # documents of one write
MEMBERS = 20  # of the long chat
SHORT_CHATS, SHORT_LENGTH = 120, 10  # private chats of the first member, messages in each
COMMAND_EVERY = 1_000  # messages of which one is a question for the worker
MENTION_EVERY = 9  # messages of which one mentions the first member
DELETED_EVERY = 100  # messages of which one was deleted


def build(messages: int, short_chats: int = SHORT_CHATS) -> Chat:
    """Create a chat of that many messages, whose first member has short chats too; no users."""
    members = list(range(1, MEMBERS + 1))
    long = Chat(name="Long", is_group=True, owner_id=2, member_ids=members)
    others = range(MEMBERS + 1, MEMBERS + 1 + short_chats)
    shorts = [Chat(owner_id=1, member_ids=[1, other]) for other in others]
    for chat, length in [(long, messages), *((chat, SHORT_LENGTH) for chat in shorts)]:
        chat.last_seq = chat.last_rev = length
    chats = [long, *shorts]
    Chat.objects.bulk_create(chats)
    Pair.objects.bulk_create(
        [Pair(id=Pair.id_of(*chat.member_ids), chat_id=chat.pk) for chat in shorts]
    )
    _write(message for chat in chats for message in _messages(chat))
    _write_members(chats)
    return long


def _write(rows: Iterator[Message]) -> None:
    while batch := list(islice(rows, BATCH)):
        Message.objects.bulk_create(batch)


def _messages(chat: Chat) -> Iterator[Message]:
    """All messages of a chat, one a second; some reply, some are questions."""
    start = chat.last_message_at - timedelta(seconds=chat.last_seq)
    replied: uuid.UUID | None = None
    for seq in range(1, chat.last_seq + 1):
        moment = start + timedelta(seconds=seq)
        message = Message(
            id=uuid7(moment),
            chat_id=chat.pk,
            seq=seq,
            rev=seq,
            sender_id=chat.member_ids[seq % len(chat.member_ids)],
            content=f"Message {seq}: "
            + "the quick brown fox jumps over the lazy dog. " * (seq % 5),
            client_id=f"sample-{seq}",
            mention_ids=[1] if seq % MENTION_EVERY == 0 else None,
            mention_names=["one"] if seq % MENTION_EVERY == 0 else None,
            reply_to=replied if seq % 5 == 0 else None,
            root_id=replied if seq % 5 == 0 else None,
            has_replies=seq % 5 == 4 or None,
            deleted_at=moment if seq % DELETED_EVERY == 0 else None,
            answer_due_at=moment if seq % COMMAND_EVERY == 0 else None,
            links_due_at=moment if seq % COMMAND_EVERY == 0 else None,
            created_at=moment,
            updated_at=moment,
        )
        replied = message.pk
        yield message


def _write_members(chats: Iterable[Chat]) -> None:
    pairs = [(chat, user_id) for chat in chats for user_id in chat.member_ids]
    ReadMarker.objects.bulk_create(
        [ReadMarker(chat_id=c.pk, user_id=i, seq=c.last_seq // 2) for c, i in pairs]
    )
    ChatPermissions.objects.bulk_create(
        [ChatPermissions(chat_id=chat.pk, user_id=i) for chat, i in pairs if chat.is_group]
    )
