"""The chat list of a person: titles, previews, unread counts."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model

from chatproject.text.bidi import isolate
from chats.models import Chat, Message, Preview, Unread, UnreadMentions, read_seqs, unread_of
from chats.protocol import CHATS_LISTED
from chats.representation import people_in, preview, title_of
from users.models import User

FOLDED = "Message from somebody you blocked"
ALL = 2**31 - 1  # as a limit: more chats than anybody has


@dataclass(frozen=True)
class ChatItem:
    """A chat as one person's list shows it."""

    chat: Chat
    title: str
    colour_key: uuid.UUID | int
    progress: Unread
    last_message: Preview | None
    preview: str
    mentions: UnreadMentions

    @property
    def unread(self) -> int:
        """How many messages the person hasn't read."""
        return self.progress.count

    @property
    def more_deleted(self) -> int:
        """How many unread messages were deleted, besides those that are known individually."""
        known = len(self.progress.deleted_seqs)
        return max(self.chat.last_seq - self.progress.read_seq - self.unread - known, 0)


def colour_key(chat: Chat, user_id: int) -> uuid.UUID | int:
    """The id that gives a chat its colour: the other person's in a private chat, or the group's."""
    return chat.other_id(user_id) or chat.pk


def chat_items(user: User, limit: int = CHATS_LISTED) -> tuple[list[ChatItem], int]:
    """The latest chats of a person, and how many there are in all; three queries at any `limit`.

    And one each if some are unread: of the mentions in them, and of those that were deleted.
    """
    user_id = user.pk
    documents, count = Chat.objects.page_of_member(user, 0, limit)
    latest, markers = Message.objects.previews_and_markers(documents, user_id)
    chats = list(Chat.objects.from_documents(documents))
    unread = unread_of(documents, user_id, markers)
    mentions = Message.objects.unread_mentions(documents, read_seqs(unread), user)
    names = get_user_model().objects.names(_people(chats, latest.values(), user_id))
    items = [
        ChatItem(
            chat=chat,
            title=title_of(chat.name, chat.other_id(user_id), names),
            colour_key=colour_key(chat, user_id),
            progress=unread[chat.pk.hex],
            last_message=latest.get(chat.pk.hex),
            preview=_preview(chat, latest.get(chat.pk.hex), user, names),
            mentions=mentions.get(chat.pk.hex, UnreadMentions()),
        )
        for chat in chats
    ]
    return items, count


def _people(chats: Iterable[Chat], messages: Iterable[Preview], user_id: int) -> set[int]:
    others = {other for chat in chats if (other := chat.other_id(user_id)) is not None}
    return others | people_in(messages)


def _preview(chat: Chat, message: Preview | None, user: User, names: dict[int, Any]) -> str:
    if message is None:
        return "No messages yet"
    if message.deleted_at:
        return "Message deleted"
    if chat.is_group and message.sender_id in user.blocked_ids:
        return FOLDED
    content = isolate(preview(message, names))
    if message.sender_id == user.pk:
        return f"You: {content}"
    sender = names.get(message.sender_id)
    return f"{isolate(sender.name)}: {content}" if chat.is_group and sender else content
