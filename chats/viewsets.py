"""The API of chats: find, allow, call one action, answer."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from chatproject.api import StrictLimitOffsetPagination, query_integer
from users.models import User

from . import actions, presence
from .hub import MOST_MISSED
from .models import Chat, Message, ReadMarker
from .pagination import LARGEST_NUMBER, History, MessagePagination
from .permissions import permissions_for, permissions_of
from .serializers import (
    AddMembersSerializer,
    ChatChangeSerializer,
    ChatContext,
    ChatDetailSerializer,
    ChatSerializer,
    ContentSerializer,
    GroupSerializer,
    HistorySerializer,
    MemberSerializer,
    MessageContext,
    MessageSerializer,
    NewMessageSerializer,
    PermissionsSerializer,
    member_rows,
)

Rows = Sequence[dict[str, Any]]

BAD_INPUT = OpenApiResponse(OpenApiTypes.OBJECT, "A field is out of its limits; it is named.")
REFUSED = OpenApiResponse(OpenApiTypes.OBJECT, "A member may not do this.")
NOT_FOUND = OpenApiResponse(OpenApiTypes.OBJECT, "No such thing, or not for you.")
NOT_SIGNED_IN = OpenApiResponse(OpenApiTypes.OBJECT, "No token or session, or a bad one.")
ERRORS: dict[int, Any] = {400: BAD_INPUT, 401: NOT_SIGNED_IN, 403: REFUSED, 404: NOT_FOUND}
READ_ERRORS: dict[int, Any] = {400: BAD_INPUT, 401: NOT_SIGNED_IN, 404: NOT_FOUND}


class ChatViews(GenericViewSet[Any]):
    """What the viewsets of chats share: the door to a chat, and checked input."""

    serializer_classes: dict[str, type[BaseSerializer[Any]]] = {}

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return self.serializer_classes.get(self.action, ChatSerializer)

    @property
    def user(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def find_chat(self, chat_id: uuid.UUID) -> Chat:
        """A chat of this user; to anybody else it does not exist."""
        return Chat.objects.for_member(self.user).get(pk=chat_id)

    def valid_data(self) -> dict[str, Any]:
        serializer = self.get_serializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        data: dict[str, Any] = serializer.validated_data
        return data

    def chat_data(self, chat: Chat) -> dict[str, Any]:
        return dict(ChatSerializer(chat, context={"chats": ChatContext.of(self.user, [chat])}).data)


@extend_schema_view(
    list=extend_schema(responses={200: ChatSerializer(many=True), **READ_ERRORS}),
    retrieve=extend_schema(responses={200: ChatDetailSerializer, **READ_ERRORS}),
    partial_update=extend_schema(responses={200: ChatSerializer, **ERRORS}),
    destroy=extend_schema(responses={204: None, **ERRORS}),
)
class ChatViewSet(ChatViews):
    """The chats of a person."""

    pagination_class = StrictLimitOffsetPagination
    serializer_classes = {"partial_update": ChatChangeSerializer, "group": GroupSerializer}

    def list(self, request: Request) -> Response:
        """Mine, the one with the latest message first."""
        chats = self.paginate_queryset(Chat.objects.for_member(self.user).latest_first())
        assert chats is not None
        context = {"chats": ChatContext.of(self.user, chats)}
        return self.get_paginated_response(ChatSerializer(chats, many=True, context=context).data)  # type: ignore[arg-type]

    def retrieve(self, request: Request, chat_id: uuid.UUID) -> Response:
        """With its members, one's permissions, and the read markers."""
        chat = self.find_chat(chat_id)
        allowed = permissions_of(chat)
        return Response(
            {
                **self.chat_data(chat),
                "members": member_rows(chat, allowed, presence.online(chat.pk)),
                "permissions": allowed[self.user.pk].as_flags(),
                "read_markers": ReadMarker.objects.of_chat(chat.pk),
            }
        )

    def partial_update(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Rename a group, or hand it over to another member."""
        chat, data = self.find_chat(chat_id), self.valid_data()
        if "name" in data:
            chat = actions.rename_chat(self.user, chat, data["name"])
        else:
            chat = actions.transfer_ownership(self.user, chat, data["owner_id"])
        return Response(self.chat_data(chat))

    def destroy(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Delete a chat with all its messages: the owner a group, either member a private chat."""
        actions.delete_chat(self.user, self.find_chat(chat_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        request=None, responses={200: ChatSerializer, 201: ChatSerializer, **READ_ERRORS}
    )
    def private(self, request: Request, user_id: int) -> Response:
        """The private chat with this person: 201 when it is new, 200 when there was one."""
        chat, created = actions.create_private_chat(self.user, user_id)
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(self.chat_data(chat), status=code)

    @extend_schema(responses={201: ChatSerializer, 400: BAD_INPUT, 401: NOT_SIGNED_IN})
    def group(self, request: Request) -> Response:
        """A new group, owned by oneself."""
        chat = actions.create_group(self.user, **self.valid_data())
        return Response(self.chat_data(chat), status=status.HTTP_201_CREATED)


def _number(name: str, text: str) -> OpenApiParameter:
    return OpenApiParameter(name, int, description=text)


HISTORY_PARAMETERS = [
    _number("skip", "Another name of `offset`."),
    _number("before", "Only messages with a smaller `seq`."),
    _number("after", "Only messages with a larger `seq`."),
    _number(
        "changed_after",
        "Only messages that changed after this `rev`, in the order of `rev`, at most 1,000; "
        "goes with no other parameter.",
    ),
    OpenApiParameter("ordering", str, enum=["-created_at", "created_at"]),
]
GREETING = OpenApiExample(
    "Greeting",
    {"content": "Hello, everyone!", "client_id": "7d0a3c9e"},
    request_only=True,
)


@extend_schema_view(
    list=extend_schema(
        parameters=HISTORY_PARAMETERS, responses={200: HistorySerializer, **READ_ERRORS}
    ),
    create=extend_schema(
        responses={200: MessageSerializer, 201: MessageSerializer, **ERRORS}, examples=[GREETING]
    ),
    retrieve=extend_schema(responses={200: MessageSerializer, **READ_ERRORS}),
    partial_update=extend_schema(responses={200: MessageSerializer, **ERRORS}),
    destroy=extend_schema(responses={204: None, **ERRORS}),
)
class MessageViewSet(ChatViews):
    """The messages of a chat."""

    pagination_class = MessagePagination
    serializer_classes = {"create": NewMessageSerializer, "partial_update": ContentSerializer}
    ALONE = {"limit", "offset", "skip", "before", "after", "ordering"}

    def list(self, request: Request, chat_id: uuid.UUID) -> Response:
        """A page of the history, newest first, with the chat."""
        chat = self.find_chat(chat_id)
        rev = query_integer(request, "changed_after", 0, LARGEST_NUMBER)
        if rev is not None:
            return Response(self.changes(chat, rev))
        messages = self.paginate_queryset(self.history(chat))  # type: ignore[arg-type]
        assert messages is not None
        page = self.get_paginated_response(self.message_data(chat, messages))
        results = page.data.pop("results")
        page.data |= {"chat": self.chat_data(chat), "results": results}
        return page

    def history(self, chat: Chat) -> History:
        ordering = self.request.query_params.get("ordering", "-created_at")
        if ordering not in ("created_at", "-created_at"):
            raise ValidationError({"ordering": ["This takes created_at or -created_at."]})
        return History(
            chat,
            after=query_integer(self.request, "after", 0, LARGEST_NUMBER) or 0,
            before=query_integer(self.request, "before", 1, LARGEST_NUMBER),
            newest_first=ordering == "-created_at",
        )

    def changes(self, chat: Chat, rev: int) -> dict[str, Any]:
        """What changed after a `rev`, and where the chat is now."""
        for name in self.ALONE & self.request.query_params.keys():
            raise ValidationError({name: ["This does not go with changed_after."]})
        too_far = chat.last_rev - rev > MOST_MISSED
        changed = Message.objects.in_chat(chat.pk).changed_after(rev)[:MOST_MISSED]
        messages = [] if too_far else list(changed)
        return {
            "count": len(messages),
            "next": None,
            "previous": None,
            "chat": self.chat_data(chat),
            "last_rev": chat.last_rev,
            "too_far_behind": too_far,
            "read_markers": ReadMarker.objects.of_chat(chat.pk),
            "results": self.message_data(chat, messages),
        }

    def create(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Send a message: 201, or 200 with the stored one when its `client_id` was sent before."""
        message, created = actions.post_message(self.user, chat_id, **self.valid_data())
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return self.answer(message, code)

    def retrieve(self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        return self.answer(self.find_message(chat_id, message_id)[1])

    def partial_update(
        self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID
    ) -> Response:
        """Edit one's own message."""
        chat, message = self.find_message(chat_id, message_id)
        return self.answer(actions.edit_message(self.user, chat, message, **self.valid_data()))

    def destroy(self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Turn a message into a tombstone."""
        chat, message = self.find_message(chat_id, message_id)
        actions.delete_message(self.user, chat, message)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={204: None, **READ_ERRORS})
    def read(self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Everything up to this message is read."""
        chat, message = self.find_message(chat_id, message_id)
        actions.mark_read(self.user, chat, message)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def find_message(self, chat_id: uuid.UUID, message_id: uuid.UUID) -> tuple[Chat, Message]:
        chat = self.find_chat(chat_id)
        return chat, Message.objects.in_chat(chat.pk).get(pk=message_id)

    def message_data(self, chat: Chat, messages: Collection[Any]) -> Rows:
        context = {"messages": MessageContext.of(chat.pk, messages)}
        return MessageSerializer(messages, many=True, context=context).data  # type: ignore[arg-type,return-value]

    def answer(self, message: Message, code: int = status.HTTP_200_OK) -> Response:
        context = {"messages": MessageContext.of(message.chat_id, [message])}
        return Response(MessageSerializer(message, context=context).data, status=code)


@extend_schema_view(
    list=extend_schema(responses={200: MemberSerializer(many=True), **READ_ERRORS}),
    create=extend_schema(responses={201: MemberSerializer(many=True), **ERRORS}),
    destroy=extend_schema(responses={204: None, **ERRORS}),
)
class MemberViewSet(ChatViews):
    """The members of a chat."""

    pagination_class = None
    serializer_classes = {"create": AddMembersSerializer, "permissions": PermissionsSerializer}

    def list(self, request: Request, chat_id: uuid.UUID) -> Response:
        """In the order in which they came, with their permissions."""
        return Response(self.members(self.find_chat(chat_id)))

    def create(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Bring people into a group."""
        chat, data = self.find_chat(chat_id), self.valid_data()
        user_ids = data.get("user_ids") or [data["user_id"]]
        chat = actions.add_members(self.user, chat, user_ids)
        return Response(self.members(chat), status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, chat_id: uuid.UUID, user_id: int) -> Response:
        """Remove a member, or leave when it is oneself."""
        chat = self.find_chat(chat_id)
        self.require_member(chat, user_id)
        actions.remove_member(self.user, chat, user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={200: PermissionsSerializer, **ERRORS})
    def permissions(self, request: Request, chat_id: uuid.UUID, user_id: int) -> Response:
        """Change some permissions of another member."""
        chat, data = self.find_chat(chat_id), self.valid_data()
        self.require_member(chat, user_id)
        actions.set_permissions(self.user, chat, user_id, **data)
        return Response(permissions_for(chat, user_id).as_flags())

    def members(self, chat: Chat) -> Rows:
        return member_rows(chat, permissions_of(chat), presence.online(chat.pk))

    @staticmethod
    def require_member(chat: Chat, user_id: int) -> None:
        """A path that names nobody of this chat is no path of the API."""
        if user_id not in chat.member_ids:
            raise User.DoesNotExist
