"""A thread next to its chat: its root message, and the replies."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from functools import cached_property
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from chats.models import Chat, ReadMarker
from chats.models.threads import SeenThread, seen_thread
from chats.protocol import PAGE_SIZE
from chats.representation import MessageContext, dashed, reply_preview
from users.models import User

from .rendering import PARTIAL, MemberRequest, chat_page, find_chat, render_page
from .timeline import Row, Timeline
from .views import chat_context, render_chat

MOST = 1_000  # replies of a page without scripts


class ThreadPanel(Timeline):
    """The rows of a thread: its root and the latest `count` replies."""

    def __init__(self, chat: Chat, user: User, thread: SeenThread, count: int) -> None:
        self._begin(chat, user)
        self.thread = thread
        self.count = thread.replies.count()
        self.offset = max(self.count - count, 0)
        roots = [thread.root] if thread.root else []
        self.messages = [*roots, *thread.replies[self.offset : self.offset + count]]
        readers = self._readers() if self.is_large else ReadMarker.objects.readers(chat)
        self.markers = readers.markers
        self.context = MessageContext.of(self.messages, readers, self._people(readers), self.since)

    @property
    def root_id(self) -> str:
        """The id of the message with which it began."""
        return dashed(self.thread.root_id)

    @cached_property
    def root_rows(self) -> list[Row]:
        """The row of that message; none if the reader doesn't see it."""
        return [row for row in self._every if row.message["id"] == self.root_id]

    @cached_property
    def reply_rows(self) -> list[Row]:
        """The rows of the replies; only of others than the root they show what they answer."""
        rows = [self._as_reply(row) for row in self._every if row.message["id"] != self.root_id]
        return [replace(rows[0], new_day=True, continued=False), *rows[1:]] if rows else []

    @cached_property
    def _every(self) -> list[Row]:
        return list(self.rows())

    def _as_reply(self, row: Row) -> Row:
        is_quoted = row.message["reply_to"] == self.root_id
        return replace(row, message={**row.message, "reply": None}) if is_quoted else row

    def _first_unread(self) -> str | None:
        return None  # the chat itself has that line

    @property
    def reply_count(self) -> int:
        """How many replies aren't deleted; known only to those who see the root."""
        thread = self.context.threads.get(self.thread.root_id)
        return thread.reply_count if thread else 0

    @cached_property
    def answered(self) -> dict[str, Any]:
        """What a reply that is written here answers, unless another one is picked."""
        row = self.thread.root or self.thread.message
        preview = reply_preview(row, MessageContext.of([row]).names)
        return {**preview, "root_id": dashed(row.root_id) if row.root_id else None}

    @property
    def answered_json(self) -> str:
        """The same for the script."""
        return json.dumps(self.answered)

    @property
    def thread_json(self) -> str:
        """How many replies there are, and as of when; empty if there are none."""
        root = next((row.message for row in self.root_rows), {})
        return json.dumps(root.get("thread") or {})


@require_safe
@chat_page
def thread(request: MemberRequest, chat_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    """A chat with a thread next to it; only the thread for a script that asks for it.

    The address is that of its root; without scripts `?replies=all` shows the earlier replies, too.
    """
    chat = find_chat(request, chat_id)
    seen = seen_thread(chat, request.user.pk, message_id)
    if seen.root and seen.root.id != message_id.hex:
        return redirect("chats:thread", chat_id, uuid.UUID(seen.root_id))
    count = MOST if request.GET.get("replies") == "all" else PAGE_SIZE
    panel = ThreadPanel(chat, request.user, seen, count)
    if request.headers.get(PARTIAL) == "thread":
        context = chat_context(request, chat, panel) | {"thread": panel}
        return render_page(request, "chats/thread.html", context)
    return render_chat(request, chat, thread=panel)
