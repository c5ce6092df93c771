"""Pages of a chat's history that cost the same at any depth."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param
from rest_framework.views import APIView

from chatproject.api import (
    StrictLimitOffsetPagination,
    integer_parameter,
    query_choice,
    query_integer,
)

from .models import Chat, Message

NEWEST_FIRST, OLDEST_FIRST = "-created_at", "created_at"


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

    @classmethod
    def of(cls, chat: Chat, request: Request) -> History:
        """What the query asks for by `before`, `after` and `ordering`."""
        return cls(
            chat,
            after=query_integer(request, "after") or 0,
            before=query_integer(request, "before", 1),
            newest_first=query_choice(request, "ordering", NEWEST_FIRST, OLDEST_FIRST)
            == NEWEST_FIRST,
        )

    def count(self) -> int:
        return self.high - self.low

    def __getitem__(self, wanted: slice) -> list[Message]:
        if self.newest_first:
            low, high = self.high - wanted.stop, self.high - wanted.start
        else:
            low, high = self.low + wanted.start, self.low + wanted.stop
        low, high = max(low, self.low), min(high, self.high)
        if low >= high:
            return []
        return Message.objects.between(self.chat.pk, low, high, newest_first=self.newest_first)


class ChatList:
    """The chats of a member, latest first, for a paginator to slice and then to count."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self._count = 0

    def __getitem__(self, wanted: slice) -> list[Chat]:
        chats, self._count = Chat.objects.page_of_member(self.user, wanted.start, wanted.stop)
        return chats

    def count(self) -> int:
        """How many there were when the page was read, which is the same command."""
        return self._count


class MessagePagination(StrictLimitOffsetPagination):
    """`limit` and `offset`, or `skip`, which is another name of `offset`."""

    parameters = ("limit", "offset", "skip", "ordering", "before", "after", "changed_after")

    def get_offset(self, request: Request) -> int:
        if {"skip", "offset"} <= request.query_params.keys():
            raise ValidationError({"skip": ["This is `offset` by another name; give one of them."]})
        skip = query_integer(request, "skip")
        return super().get_offset(request) if skip is None else skip

    def get_next_link(self) -> str | None:
        return self._by_offset(super().get_next_link())

    def get_previous_link(self) -> str | None:
        return self._by_offset(super().get_previous_link())

    @staticmethod
    def _by_offset(link: str | None) -> str | None:
        """A link says `offset` only, whichever name was asked with."""
        return remove_query_param(link, "skip") if link else link

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        ordering = {"type": "string", "enum": [NEWEST_FIRST, OLDEST_FIRST], "default": NEWEST_FIRST}
        return [
            *super().get_schema_operation_parameters(view),
            integer_parameter("skip", "Another name of `offset`."),
            integer_parameter("before", "Only messages with a smaller `seq`.", minimum=1),
            integer_parameter("after", "Only messages with a larger `seq`."),
            integer_parameter(
                "changed_after",
                "Only messages that changed after this `rev`, in the order of `rev`, at most "
                "1,000; goes with no other parameter.",
            ),
            {
                "name": "ordering",
                "in": "query",
                "required": False,
                "description": "Newest or oldest first.",
                "schema": ordering,
            },
        ]
