"""What is sent along with a question, so that the answer fits what was said before.

The chain of replies that led to it, and, where the owner of a group lets @ai read along, its last
messages. Nothing that whoever asks doesn't see.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import get_user_model

from chats.actions.prompts import parse
from chats.models import Chat, Message, MessageRow

from .ai import Turn

CHAIN_LENGTH = 10  # earlier messages of the chain of replies


def said_before(question: Message) -> list[Turn]:
    """What was said before a question, oldest first."""
    chat = Chat.objects.filter(pk=question.chat_id).first()
    if chat is None or question.sender_id not in chat.member_ids:
        return []
    since = chat.since(question.sender_id)
    reads_along = chat.is_group and chat.assistant_sees_history and settings.AI_HISTORY
    lately = _lately(question, since) if reads_along else []
    rows = {row.seq: row for row in [*_chain(question, since), *lately]}
    said = [rows[seq] for seq in sorted(rows) if rows[seq].content]  # some are files alone
    return _turns(said, with_names=bool(reads_along))


def _chain(question: Message, since: int) -> list[MessageRow]:
    chain: list[MessageRow] = []
    reply_to = question.reply_to.hex if question.reply_to else None
    while reply_to and len(chain) < CHAIN_LENGTH:
        row = Message.objects.rows_by_id(question.chat_id.hex, [reply_to]).get(reply_to)
        if row is None or row.deleted_at or row.seq <= since:
            break
        chain.append(row)
        reply_to = row.reply_to
    return chain


def _lately(question: Message, since: int) -> list[MessageRow]:
    first = max(since, question.seq - 1 - settings.AI_HISTORY)
    rows = Message.objects.between(question.chat_id, first, question.seq - 1)
    return [row for row in rows if not row.deleted_at]


def _turns(rows: list[MessageRow], *, with_names: bool) -> list[Turn]:
    bot = get_user_model().objects.bot()
    people = {row.sender_id for row in rows} - {bot.pk} if with_names else set()
    names = get_user_model().objects.names(people) if people else {}
    turns: list[Turn] = []
    for row in rows:
        if row.sender_id == bot.pk:
            turns.append(Turn("assistant", row.content))
            continue
        asked = parse(row.content)
        content = asked.argument if asked else row.content
        who = names.get(row.sender_id)
        turns.append(Turn("user", f"{who.name}: {content}" if who else content))
    return turns
