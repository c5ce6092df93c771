"""Edit and delete messages."""

from __future__ import annotations

from typing import Any

from chatproject.limits import limits
from chatproject.stores.mongodb.documents import Document, now
from chats import events
from chats.errors import Refused
from chats.models import Attachment, Change, Chat, Head, Message, MessageRow
from chats.models.emptied import EMPTIED
from chats.permissions import permissions_for
from chats.representation import MessageContext
from users.models import User

from .changing import Transaction, change
from .edits import kept_by, log_change
from .link_previews import keep_images, noted
from .mentions import NOBODY, NONE, Mentions, written
from .messages import spend_send
from .rules import require_permission, valid_content


def edit_message(user: User, chat: Chat, message: Message, content: str) -> Message:
    """Change one's own message; it counts against the limits like a new one."""
    valid_content(content, is_caption=bool(message.attachments))
    spend_send(user, content)
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
    tombstone = {
        **EMPTIED,
        "kind": Message.Kind.TEXT.value,
        "deleted_at": now(),
        "deleted_by": user.pk,
    }
    if message.deleted_at:
        return confirmed_message(message)
    who: dict[str, Any] = {} if moderator else {"member_ids": user.pk}
    kind = Change.Kind.MESSAGE_DELETED
    changed = change_message(user, message, kind, tombstone, permission=permission, **who)
    return changed or confirmed_message(message)  # else somebody was faster


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
