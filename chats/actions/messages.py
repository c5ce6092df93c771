"""Post, edit, delete and read messages."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from chatproject.limits import limits
from chatproject.stores.mongodb.documents import Document, now
from chatproject.text.cuts import cut
from chats import events
from chats.errors import Invalid, Refused
from chats.models import Attachment, Change, Chat, Head, Message, MessageRow, rendered
from chats.models.threads import flag_root
from chats.permissions import permissions_for
from chats.representation import MessageContext
from users.models import User

from . import prompts, sending
from .changing import Transaction, change
from .edits import kept_by, log_change
from .link_previews import keep_images, noted
from .mentions import NOBODY, NONE, Mentions, written
from .rules import require_permission, valid_client_id, valid_content
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
    asks = _spend_send(user, content)
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


def edit_message(user: User, chat: Chat, message: Message, content: str) -> Message:
    """Change one's own message; it counts against the limits like a new one."""
    valid_content(content, is_caption=bool(message.attachments))
    _spend_send(user, content)
    if message.sender_id != user.pk:
        raise Refused("You can only edit your own messages.")
    if message.deleted_at:
        raise Refused("A deleted message can't be edited.")
    require_permission(permissions_for(chat, user.pk), "can_send_messages")
    if content == message.content:
        return confirmed_message(message)  # nothing has changed
    shape, mentions = written(user, chat.pk, content)
    links = noted(shape["html"], message)
    values = {"content": content, **shape, **links, "edited_at": now(), **NOBODY}
    changed = change_message(
        user,
        message,
        Change.Kind.MESSAGE_EDITED,
        values,
        permission="can_send_messages",
        mentions=mentions,
    )
    if changed is None:
        confirmed_message(message)
        raise Refused("A deleted message can't be edited.")
    return changed


def delete_message(user: User, chat: Chat, message: Message, *, moderator: bool = False) -> Message:
    """Turn a message into a tombstone: no content, who deleted it and when."""
    is_own = message.sender_id == user.pk
    permission = "" if is_own or moderator else "can_delete_other_messages"
    if permission:
        require_permission(permissions_for(chat, user.pk), permission)
    if not moderator:
        limits.DELETIONS.spend(user.pk)
    tombstone: dict[str, Any] = {
        "content": "",
        "html": None,
        "photo": None,
        "attachments": None,
        "link_previews": None,
        "links_due_at": None,
        "kind": Message.Kind.TEXT.value,
        **NOBODY,
        "answer_due_at": None,
        "reactions": None,
        "is_streaming": False,
        "stop_asked_at": None,
        "deleted_at": now(),
        "deleted_by": user.pk,
        "pinned_at": None,
        "pinned_by": None,
        "edit_revs": [],
    }
    if message.deleted_at:
        return confirmed_message(message)
    who: dict[str, Any] = {} if moderator else {"member_ids": user.pk}
    kind = Change.Kind.MESSAGE_DELETED
    changed = change_message(user, message, kind, tombstone, permission=permission, **who)
    return changed or confirmed_message(message)  # else somebody was faster


def _spend_send(user: User, content: str) -> bool:
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


def confirmed_message(message: Message) -> Message:
    """A message as a majority has it; raises `DoesNotExist` if its chat was deleted."""
    found = Message.objects.confirmed({"_id": message.pk.hex, "chat_id": message.chat_id.hex})
    if found is None:
        raise Message.DoesNotExist
    return found


def change_message(
    user: User,
    message: Message,
    kind: Change.Kind,
    values: dict[str, Any],
    *,
    permission: str = "",
    mentions: Mentions = NONE,
    **conditions: Any,
) -> Message | None:
    """Change a message that isn't deleted, and announce it; None if it is deleted.

    Raises `Chat.DoesNotExist` if the chat doesn't meet the conditions, `Refused` without the right.
    """

    def work(transaction: Transaction) -> tuple[Document, Chat | None, Head]:
        if permission:
            allowed = transaction.require(user.pk, permission)
            values.update(mentions.of(allowed))
        if kind == Change.Kind.MESSAGE_DELETED:  # whoever hasn't read it has one less to read
            deleted = {"$max": {"last_deleted_seq": message.seq}}
            transaction.change_chat(deleted, **conditions)
        elif not permission:
            transaction.chat(**conditions)
        rev = transaction.head.rev + 1  # which is taken below, or nothing is changed
        new = {**values, "changed_rev": rev, "updated_at": now()}
        before: Document | None = Message.objects.collection().find_one_and_update(
            {"_id": message.pk.hex, "chat_id": message.chat_id.hex, "deleted_at": None},
            {"$set": new, **kept_by(kind, rev)},
            session=transaction.session,
        )
        if before is None:
            raise Message.DoesNotExist
        if before["link_previews"]:
            keep_images(before, values, transaction.session)
        if message.attachments and kind == Change.Kind.MESSAGE_DELETED:
            Attachment.objects.release(message.chat_id, message.pk, transaction.session)
        unpinned_chat = log_change(transaction, kind, user.pk, message.pk, before)
        return {**before, **new}, unpinned_chat, transaction.head

    try:
        document, unpinned_chat, head = change(message.chat_id, work)
    except Message.DoesNotExist:
        return None
    Chat.objects.hint(message.chat_id, head.rev, head.seq, is_awaited=True)
    row = MessageRow.of(document)
    context = MessageContext.of([row])
    told: list[events.Event] = [
        events.message_event(row, context.names, context.reply_of(row), context.thread_of(row))
    ]
    if unpinned_chat:
        told.append(events.message_pinned(row, unpinned_chat, unpinned_chat.last_rev))
    events.broadcast(events.chat_group(message.chat_id), *told)
    changed: Message = Message.objects.from_document(document)
    return changed
