"""Pages of a chat's history that cost the same at any depth."""

from __future__ import annotations

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param

from chatproject.api import StrictLimitOffsetPagination, query_integer

from .models import Chat, Message

LARGEST_NUMBER = 2**53 - 1  # of a `seq`, `rev` or offset: what JSON clients can count


class History:
    """The messages of a chat between two numbers, for a paginator to count and slice.

    Numbers are dense, so the count is a subtraction and a slice is a range of the index on
    `(chat_id, seq)`: nothing is counted and nothing is skipped. A hole makes a page shorter.
    """

    def __init__(
        self, chat: Chat, *, after: int = 0, before: int | None = None, newest_first: bool = True
    ) -> None:
        self.chat = chat
        self.newest_first = newest_first
        self.high = chat.last_seq if before is None else min(before - 1, chat.last_seq)
        self.low = min(after, self.high)

    def count(self) -> int:
        return self.high - self.low

    def __getitem__(self, wanted: slice) -> list[Message]:
        if self.newest_first:
            low, high = self.high - wanted.stop, self.high - wanted.start
        else:
            low, high = self.low + wanted.start, self.low + wanted.stop
        low, high = max(low, self.low), min(high, self.high)
        rows = Message.objects.in_chat(self.chat.pk).after(low).before(high + 1)
        return list(rows.newest_first() if self.newest_first else rows.oldest_first())


class MessagePagination(StrictLimitOffsetPagination):
    """`limit` and `offset`, or `skip`, which is another name of `offset`."""

    def get_offset(self, request: Request) -> int:
        if {"skip", "offset"} <= request.query_params.keys():
            raise ValidationError({"skip": ["This is `offset` by another name; give one of them."]})
        skip = query_integer(request, "skip", 0, self.max_offset)
        return super().get_offset(request) if skip is None else skip

    def get_next_link(self) -> str | None:
        return self._by_offset(super().get_next_link())

    def get_previous_link(self) -> str | None:
        return self._by_offset(super().get_previous_link())

    @staticmethod
    def _by_offset(link: str | None) -> str | None:
        """A link says `offset` only, whichever name was asked with."""
        return remove_query_param(link, "skip") if link else link
