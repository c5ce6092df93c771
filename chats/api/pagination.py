"""Pages of a chat's history at the same cost at any depth."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from chatproject.rest.pagination import StrictLimitOffsetPagination, integer_parameter
from chatproject.rest.parameters import query_choice, query_integer
from chatproject.stores.mongodb.documents import Document
from chats.models import Chat, MessageRow
from chats.models.floors import since
from chats.models.history import Span, page_of_history
from chats.models.read_marker import Readers
from users.models import User

NEWEST_FIRST, OLDEST_FIRST = ("-created_at", "desc"), ("created_at", "asc")


class History:
    """The messages of a chat between two numbers, for a paginator to slice and then to count.

    Slicing is one command, which also reads the `chat` and its `readers`, or raises
    `Chat.DoesNotExist`. The count is a subtraction.
    """

    chat: Document
    readers: Readers

    def __init__(
        self,
        user: User,
        chat_id: uuid.UUID,
        *,
        after: int = 0,
        before: int | None = None,
        newest_first: bool = True,
    ) -> None:
        self.user = user
        self.chat_id = chat_id
        self.every = Span(after, before, 0, 0, newest_first)

    @classmethod
    def of(cls, request: Request, chat_id: uuid.UUID) -> History:
        """The history selected by the query parameters `before`, `after` and `ordering`."""
        assert isinstance(request.user, User)
        return cls(
            request.user,
            chat_id,
            after=query_integer(request, "after") or 0,
            before=query_integer(request, "before", 1),
            newest_first=query_choice(request, "ordering", *NEWEST_FIRST, *OLDEST_FIRST)
            in NEWEST_FIRST,
        )

    def __getitem__(self, wanted: slice) -> list[MessageRow]:
        span = replace(self.every, start=wanted.start, stop=wanted.stop)
        self.chat, messages, self.readers = page_of_history(self.user, self.chat_id, span)
        return messages

    def count(self) -> int:
        """How many messages there were when the page was read."""
        return self.every.count(self.chat["last_seq"], since(self.chat, self.user.pk))


class ChatList:
    """The chats of a member, latest first, for a paginator to slice and then to count."""

    def __init__(self, user: User) -> None:
        self.user = user
        self._count = 0

    def __getitem__(self, wanted: slice) -> list[Document]:
        chats, self._count = Chat.objects.page_of_member(self.user, wanted.start, wanted.stop)
        return chats

    def count(self) -> int:
        """How many chats there were when the page was read, by the same command."""
        return self._count


class BoundedPagination(StrictLimitOffsetPagination):
    """`limit` and `offset`; a page may have fewer messages, if they are large."""

    _shown: int | None = None

    def cut(self, count: int, of: int) -> None:
        """Only so many of a page's messages were small enough: the next page begins after them."""
        if count < of:
            self._shown = count

    def get_next_link(self) -> str | None:
        if self._shown is None:
            return super().get_next_link()
        return self._link(self.offset + self._shown)


class MessagePagination(BoundedPagination):
    """`limit` and `offset`, or `skip` as another name for `offset`."""

    offset_names = ("offset", "skip")
    parameters = ("limit", "offset", "skip", "ordering", "before", "after", "changed_after")

    def get_offset(self, request: Request) -> int:
        if {"skip", "offset"} <= request.query_params.keys():
            raise ValidationError({"skip": ["This is `offset` by another name; give one of them."]})
        skip = query_integer(request, "skip")
        return super().get_offset(request) if skip is None else skip

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        """The page; links to others hold on to its newest message, so new ones move nothing."""
        page = super().paginate_queryset(queryset, request, view)
        is_anchored = queryset.every.newest_first and "before" not in request.query_params
        self.anchor = {"before": queryset.chat["last_seq"] + 1} if is_anchored else {}
        return page

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        ordering = {"type": "string", "enum": [*NEWEST_FIRST, *OLDEST_FIRST]}
        return [
            *super().get_schema_operation_parameters(view),
            integer_parameter("skip", "Another name of `offset`."),
            integer_parameter("before", "Only messages with a smaller `seq`.", minimum=1),
            integer_parameter("after", "Only messages with a larger `seq`."),
            integer_parameter(
                "changed_after",
                "Only messages that changed after this `rev`, in the order of `rev`, at most "
                "1,000; goes with no other parameter. If they are more than 1 MiB, `next` goes on.",
            ),
            {
                "name": "ordering",
                "in": "query",
                "required": False,
                "description": "Newest first, if not given, or oldest first.",
                "schema": ordering,
            },
        ]
