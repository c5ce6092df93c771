"""Parts of a chat's messages, by their numbers."""

from __future__ import annotations

import uuid
from typing import Any, Self

from chatproject.stores.mongodb.documents import DocumentQuerySet

from .chat import Chat


class RangeQuerySet(DocumentQuerySet[Any]):
    """Messages of a chat in order of `seq`, from or up to one of them."""

    def in_chat(self, chat_id: uuid.UUID) -> Self:
        """The messages of a chat, tombstones included."""
        return self.filter(chat_id=chat_id)

    def seen_by(self, chat: Chat, user_id: int) -> Self:
        """The messages of a chat that a member reads."""
        rows = self.in_chat(chat.pk)
        since_seq = chat.since(user_id)
        return rows.after(since_seq) if since_seq else rows

    def newest_first(self) -> Self:
        """Order by `seq`, highest first."""
        return self.order_by("-seq")

    def oldest_first(self) -> Self:
        """Order by `seq`, lowest first."""
        return self.order_by("seq")

    def before(self, seq: int) -> Self:
        """The messages with a lower `seq`."""
        return self.filter(seq__lt=seq)

    def after(self, seq: int) -> Self:
        """The messages with a higher `seq`."""
        return self.filter(seq__gt=seq)
