"""The bot's message while it is being written: it grows in place, and one change ends it.

Until then its text is a hint without a `rev`: whoever misses a part gets the next one soon, or
reads all there is with the message. Only its end is a change of the chat.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from pymongo import WriteConcern

from chatproject.limits import limits
from chatproject.stores.mongodb.documents import now
from chatproject.text.cuts import cut
from chats import events
from chats.errors import Refused
from chats.models import Change, Chat, Message, rendered
from chats.permissions import permissions_for
from users.models import User

from .message_changes import change_message


def grow_message(message: Message, content: str) -> bool:
    """Show more of a message of the bot; False if nobody wants to see more of it.

    That is if it was deleted, or somebody asked to stop it.
    """
    rows = Message.objects.collection().with_options(write_concern=WriteConcern(1))
    shown = {"content": content, **rendered(content)}
    found = rows.find_one_and_update(_unfinished(message), {"$set": shown}, {"stop_asked_at": 1})
    if found is None or found.get("stop_asked_at"):
        return False
    progress = events.MessageProgress(
        message_id=str(message.pk),
        chat_id=str(message.chat_id),
        seq=message.seq,
        content=content,
        html=shown["html"],
    )
    events.broadcast(events.chat_group(message.chat_id), progress)
    return True


def finish_message(message: Message, content: str, photo: dict[str, str] | None = None) -> None:
    """Say all that a message of the bot says; nothing happens if that was done, or it is deleted.

    Raises `Chat.DoesNotExist` if its chat was deleted.
    """
    if not Message.objects.collection().find_one(_unfinished(message), {"_id": 1}):
        return
    bot = get_user_model().objects.bot()
    kind = Message.Kind.PHOTO if photo else Message.Kind.TEXT
    content = cut(content, settings.MESSAGE_MAX_LENGTH)
    shown = {"content": content, **rendered(content, kind), "photo": photo, "kind": kind}
    values = {**shown, "is_streaming": False, "stop_asked_at": None}
    change_message(bot, message, Change.Kind.MESSAGE_FINISHED, values)


def stop_message(user: User, chat: Chat, message: Message) -> None:
    """Ask the bot to write no more of a message; nothing happens if it is finished.

    Whoever asked the bot may, and whoever may delete others' messages; raises `Refused` else.
    """
    if not message.is_streaming:
        return
    question = Message.objects.in_chat(chat.pk).filter(pk=message.reply_to).first()
    has_asked = question is not None and question.sender_id == user.pk
    if not has_asked and not permissions_for(chat, user.pk).can_delete_other_messages:
        raise Refused("Only who asked for this answer can stop it.")
    limits.CHANGES.spend(user.pk)
    stopped = {"$set": {"stop_asked_at": now()}}
    Message.objects.collection().update_one(_unfinished(message), stopped)


def _unfinished(message: Message) -> dict[str, Any]:
    return {
        "_id": message.pk.hex,
        "chat_id": message.chat_id.hex,
        "is_streaming": True,
        "deleted_at": None,
    }
