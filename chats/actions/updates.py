"""How it is told that something about a message changed that is no edit."""

from __future__ import annotations

import uuid

from chatproject.stores.mongodb.documents import Document
from chats import events
from chats.models import Chat, Head, MessageRow
from chats.representation import MessageContext


def announce_update(document: Document, head: Head) -> None:
    """Tell of a message's document that has changed; this is the end of its log."""
    chat_id = uuid.UUID(document["chat_id"])
    Chat.objects.hint(chat_id, head.rev, head.seq, is_awaited=True)
    row = MessageRow.of(document)
    context = MessageContext.of([row])
    event = events.message_event(
        row, context.names, context.reply_of(row), context.thread_of(row), is_updated=True
    )
    events.broadcast(events.chat_group(chat_id), event)
