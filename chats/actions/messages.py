"""Post messages, of people and of the bot."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.conf import settings
from django.contrib.auth import get_user_model

from chatproject.limits import limits
from chatproject.stores.mongodb.documents import now
from chatproject.text.cuts import cut
from chats import events
from chats.errors import Invalid
from chats.models import Chat, Message, MessageRow, rendered
from chats.models.threads import flag_root
from users.models import User

from . import prompts, sending
from .link_previews import noted
from .mentions import written
from .rules import valid_client_id, valid_content
from .sending_files import send_with_files, valid_attachment_ids


def post_message(
    user: User,
    chat_id: uuid.UUID,
    content: str,
    *,
    client_id: str | None = None,
    reply_to: uuid.UUID | None = None,
    attachment_ids: Sequence[uuid.UUID] = (),
) -> tuple[Message, bool]:
    """Store a message and announce it; False if this `client_id` was stored before.

    Content has 1 to `MESSAGE_MAX_LENGTH` characters and isn't blank, unless files are sent with it:
    up to `ATTACHMENTS_PER_MESSAGE` uploads of one's own. `client_id` has up to 64.
    """
    valid_content(content, is_caption=bool(attachment_ids))
    valid_client_id(client_id)
    valid_attachment_ids(attachment_ids)
    asks = spend_send(user, content)
    shape, mentions = written(user, chat_id, content)
    replied = _replied_message(user, chat_id, reply_to)
    message = Message(
        chat_id=chat_id,
        sender_id=user.pk,
        content=content,
        **shape,
        client_id=client_id,
        reply_to=reply_to,
        root_id=_root_of(replied),
        answer_due_at=now() if asks else None,
        **noted(shape["html"]),
    )
    if attachment_ids:
        return send_with_files(message, user, replied, attachment_ids, mentions)
    return sending.send(message, user, replied, mentions)


def post_bot_message(
    question: Message,
    content: str,
    *,
    client_id: str,
    photo: dict[str, str] | None = None,
    is_streaming: bool = False,
) -> Message:
    """Store and announce the bot's answer to a question; the same `client_id` is stored once.

    `is_streaming`: there is more to come (streaming.py).
    """
    bot = get_user_model().objects.bot()
    row = MessageRow.of(Message.objects.document(question))
    content = cut(content, settings.MESSAGE_MAX_LENGTH)
    kind = Message.Kind.PHOTO if photo else Message.Kind.TEXT
    message = Message(
        chat_id=question.chat_id,
        sender_id=bot.pk,
        content=content,
        **rendered(content, kind),
        kind=kind,
        photo=photo,
        is_streaming=is_streaming,
        client_id=client_id,
        reply_to=question.pk,
        root_id=_root_of(row),
    )
    return sending.send(message, bot, row)[0]


def bot_typing(chat_id: uuid.UUID, is_typing: bool) -> None:
    """Show or hide that the bot is typing; clients drop it after some seconds, so repeat it."""
    bot = get_user_model().objects.bot()
    events.broadcast(
        events.chat_group(chat_id),
        events.TypingIndicator(user_id=bot.pk, username=bot.username, is_typing=is_typing),
    )


def spend_send(user: User, content: str) -> bool:
    """Count a send, and a question if it is one; returns that. Raises `TooMany` over a limit."""
    limits.SENDS.spend(user.pk)
    asks = prompts.parse(content) is not None
    if asks:
        limits.QUESTIONS.spend(user.pk)
        limits.spend_budgets(user.pk)
    return asks


def _replied_message(
    user: User, chat_id: uuid.UUID, reply_to: uuid.UUID | None
) -> MessageRow | None:
    if reply_to is None:
        return None
    since = Chat.objects.get_for_member(user, chat_id).since(user.pk)
    replied = Message.objects.rows_by_id(chat_id.hex, [reply_to.hex])
    if not replied or replied[reply_to.hex].seq <= since:
        raise Invalid("reply_to", "There is no such message in this chat.")
    return replied[reply_to.hex]


def _root_of(replied: MessageRow | None) -> uuid.UUID | None:
    """The message with which the thread of a reply begins: the replied one, or that one's own."""
    if replied is None:
        return None
    if not replied.root_id and not replied.has_replies:
        flag_root(replied.chat_id, replied.id)
    return uuid.UUID(replied.root_id or replied.id)
