"""The API of what changed in a group besides messages."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chatproject.rest.pagination import StrictLimitOffsetPagination, integer_parameter
from chatproject.rest.parameters import query_integer
from chatproject.stores.mongodb.documents import Document
from chats.models.lines import Lines, people_of
from chats.models.log import CREATED, LINES
from chats.representation import dashed, iso
from users.names import Named

from .openapi import READ_ERRORS
from .viewset import ChatViews

VALUES = ("name", "access", "history_for_new_members", "assistant_sees_history")


class LineSerializer(serializers.Serializer[Document]):
    """A change of a group, which its history shows between the messages."""

    rev = serializers.IntegerField(help_text="Its number in the chat; 0: the creation.")
    after_seq = serializers.IntegerField(help_text="The message after which it happened.")
    kind = serializers.ChoiceField(choices=[CREATED, *LINES])
    by = serializers.IntegerField(help_text="Who did it.")
    by_name = serializers.CharField(help_text="Empty if the account is gone.")
    user_id = serializers.IntegerField(
        allow_null=True, help_text="Who was added or removed, or the new owner."
    )
    user_name = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True, help_text="The new name; else null.")
    access = serializers.CharField(allow_null=True, help_text="Who may join since; else null.")
    history_for_new_members = serializers.BooleanField(allow_null=True)
    assistant_sees_history = serializers.BooleanField(allow_null=True)
    message_id = serializers.UUIDField(allow_null=True, help_text="What was pinned.")
    created_at = serializers.DateTimeField()


class LinePagination(StrictLimitOffsetPagination):
    """`limit` and `offset`, of what happened between two messages."""

    parameters = ("limit", "offset", "after_seq", "before_seq")

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            *super().get_schema_operation_parameters(view),
            integer_parameter("after_seq", "Only what happened after this message."),
            integer_parameter("before_seq", "Only what happened before this message."),
        ]


@extend_schema_view(list=extend_schema(responses={200: LineSerializer(many=True), **READ_ERRORS}))
class LineViewSet(ChatViews):
    """The changes of a group."""

    pagination_class = LinePagination

    def list(self, request: Request, chat_id: uuid.UUID) -> Response:
        """What changed in a group besides messages, newest first; nothing of a private chat."""
        after_seq = query_integer(request, "after_seq") or 0
        before_seq = query_integer(request, "before_seq")
        lines = Lines(self.find_chat(chat_id), self.user.pk, after_seq, before_seq)
        page: Any = self.paginate_queryset(lines)  # type: ignore[arg-type]
        names = get_user_model().objects.names(people_of(page))
        return self.get_paginated_response([_line(row, names) for row in page])


def _line(row: Document, names: Mapping[int, Named]) -> dict[str, Any]:
    by, message_id = row["by"], row.get("message_id")
    user_id: int | None = row.get("user_id")
    return {
        "rev": row["rev"],
        "after_seq": row["after_seq"],
        "kind": row["kind"],
        "by": by,
        "by_name": _name(by, names),
        "user_id": user_id,
        "user_name": None if user_id is None else _name(user_id, names),
        **{name: row.get(name) for name in VALUES},
        "message_id": dashed(message_id) if message_id else None,
        "created_at": iso(row["created_at"]),
    }


def _name(user_id: int, names: Mapping[int, Named]) -> str:
    return names[user_id].name if user_id in names else ""
