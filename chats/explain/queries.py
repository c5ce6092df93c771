"""The queries whose cost must not grow with the data, each with the code that sends it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from chats.actions import link_previews, sending
from chats.actions.known_chats import KnownChat
from chats.api.pagination import History
from chats.assistant import questions
from chats.models import Chat, Message, Pair, ReadMarker, log
from chats.models.threads import Replies, count_replies
from chats.pages.chat_list import chat_items
from chats.permissions import permissions_for, permissions_of
from chats.protocol import MOST_MISSED
from users.models import User

from .plans import Command
from .recorder import recorded, stock_engine

PAGE = 50  # messages


@dataclass(frozen=True)
class HotQuery:
    """A name, and the code that sends the query; it may send more than one command.

    `sorts_chats`: it reads and sorts all chats of one person (docs/decisions/0009), and
    groups their unread mentions, which it reads from the index alone.
    `groups_markers`: it groups all read markers of the chat, which it reads from the index alone.
    `groups`: it groups so many messages, which it reads from the index alone.
    `writes`: it changes something, which is undone.
    """

    name: str
    run: Callable[[], object]
    sorts_chats: bool = False
    groups_markers: bool = False
    groups: int = 0
    writes: bool = False

    def commands(self, *, stock: bool = False) -> list[Command]:
        """The commands that the code sends, through our engine or through the stock one."""
        with (
            stock_engine() if stock else nullcontext(),
            recorded(undone=self.writes) as commands,
        ):
            self.run()
        return commands


def hot_queries(chat: Chat, user: User) -> Iterator[HotQuery]:
    """All hot queries, for a chat of this user."""
    yield from _history(chat, user)
    yield from _messages(chat)
    yield from _chats(chat, user)
    yield from _members(chat, user)


def _history(chat: Chat, user: User) -> Iterator[HotQuery]:
    """Pages of messages: at both ends, deep in the history, and around a message."""

    def history(**options: Any) -> History:
        return History(user, chat.pk, **options)

    newest, oldest = history(), history(newest_first=False)
    depth = max(chat.last_seq - PAGE, 0)
    middle = max(chat.last_seq // 2, 1)
    pages = {
        "newest first": lambda: newest[0:PAGE],
        f"newest first, offset {depth}": lambda: newest[depth : depth + PAGE],
        "oldest first": lambda: oldest[0:PAGE],
        f"oldest first, offset {depth}": lambda: oldest[depth : depth + PAGE],
        f"before message {middle}": lambda: history(before=middle)[0:PAGE],
        f"after message {middle}": lambda: history(after=middle, newest_first=False)[0:PAGE],
    }
    for name, page in pages.items():
        yield HotQuery(f"history, {name}", page, groups_markers=True)
    yield HotQuery(
        f"messages around message {middle}",
        lambda: Message.objects.between(chat.pk, middle - PAGE // 2, middle + PAGE // 2),
    )
    rows = Message.objects.in_chat(chat.pk)
    yield HotQuery("newest messages of a chat", lambda: list(rows.newest_first()[:PAGE]))
    yield HotQuery("oldest messages of a chat", lambda: list(rows.oldest_first()[:PAGE]))


def _messages(chat: Chat) -> Iterator[HotQuery]:
    """Catching up, and single messages."""
    rows = Message.objects.in_chat(chat.pk)
    behind = max(chat.last_rev - MOST_MISSED, 0)
    yield HotQuery("the end of a chat's log", lambda: log.head(chat.pk))
    yield HotQuery("the ends of chats' logs", lambda: log.heads([chat.pk]))
    yield HotQuery(
        "catch-up of a page", lambda: log.after(chat.pk, chat.last_rev - PAGE, MOST_MISSED)
    )
    yield HotQuery(
        f"catch-up of {chat.last_rev - behind} changes",
        lambda: log.after(chat.pk, behind, MOST_MISSED),
    )
    page = list(rows.newest_first()[:PAGE])
    quoted = [message.pk.hex for message in page[:10]]
    yield HotQuery("reply previews", lambda: Message.objects.rows_by_id(chat.pk.hex, quoted))
    roots = [message.pk.hex for message in page if message.has_replies]
    yield HotQuery(
        "threads of a page",
        lambda: count_replies(chat.pk.hex, roots),
        groups=len(roots),
    )
    if roots:
        replies = Replies(chat.pk, roots[0], 0)
        yield HotQuery("replies of a thread", lambda: replies[:PAGE])
    if page:
        first = page[0]
        yield HotQuery("one message", lambda: rows.get(pk=first.pk))
        yield HotQuery(
            "message of a client_id",
            lambda: _or_none(
                lambda: sending.stored(
                    Message(
                        chat_id=chat.pk,
                        sender_id=first.sender_id,
                        client_id=first.client_id or "none",
                    )
                )
            ),
        )
    read = {chat.pk.hex: chat.last_seq // 2}
    yield HotQuery(
        "deleted messages among the unread",
        lambda: Message.objects.deleted_after(read),
        groups=sum(count for count, _ in Message.objects.deleted_after(read).values()),
    )
    yield HotQuery("@ai and @photo questions that are no jobs yet", questions.unqueued)
    yield HotQuery("links that are no jobs yet", link_previews.unqueued)


def _chats(chat: Chat, user: User) -> Iterator[HotQuery]:
    yield HotQuery(
        "chat list with latest messages and unread counts",
        lambda: chat_items(user),
        sorts_chats=True,
    )
    yield HotQuery("a chat, if its member", lambda: Chat.objects.get_for_member(user, chat.pk))
    private = Chat.objects.for_member(user).filter(is_group=False).first() or chat
    pair = Pair.id_of(user.pk, private.other_id(user.pk) or user.pk)
    yield HotQuery("private chat of two people", lambda: Pair.objects.filter(pk=pair).first())
    yield HotQuery("a chat, to send to it", lambda: KnownChat.read(chat.pk))


def _members(chat: Chat, user: User) -> Iterator[HotQuery]:
    other = next((i for i in chat.member_ids if i != chat.owner_id), user.pk)
    yield HotQuery("permissions of a member", lambda: permissions_for(chat, other))
    yield HotQuery("permissions of all members", lambda: permissions_of(chat))
    markers = ReadMarker.objects
    yield HotQuery("read markers of a chat", lambda: markers.of_chat(chat), groups_markers=True)
    yield HotQuery(
        "readers of a message",
        lambda: markers.readers(chat, chat.last_seq // 2),
        groups_markers=True,
    )
    yield HotQuery("read marker of a member", lambda: markers.of_member(chat.pk, user.pk))
    yield HotQuery(
        "read marker moved",
        lambda: markers.advance(chat.pk, user.pk, chat.last_seq),
        writes=True,
    )


def _or_none(ask: Callable[[], Message]) -> Message | None:
    try:
        return ask()
    except Message.DoesNotExist:
        return None


def a_chat_of(user_id: int | None, chat_id: uuid.UUID | None) -> Chat | None:
    """The chat to query: the given one, or the longest of the latest 100, of a member if given."""
    chats = Chat.objects.all()
    if chat_id:
        return chats.filter(pk=chat_id).first()
    if user_id is not None:
        chats = chats.filter(member_ids__contains=[user_id]).latest_first()
    else:
        chats = chats.order_by("-created_at")
    return max(chats[:100], key=lambda chat: chat.last_seq, default=None)
