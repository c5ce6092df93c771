"""The API of chats: find, allow, call one action, answer."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from chatproject.api import StrictLimitOffsetPagination, query_integer, query_parameters
from chatproject.mongodb.documents import Document
from users.models import User

from . import actions, presence
from .errors import Refused
from .hub import MOST_MISSED
from .models import Chat, Message, ReadMarker, other_of
from .pagination import ChatList, History, MessagePagination
from .permissions import permissions_for, permissions_of
from .rows import MessageRow
from .schema import (
    BAD_INPUT,
    CORRECTION,
    ERRORS,
    GREETING,
    MODERATION,
    NEW_GROUP,
    NEW_NAME,
    NEW_OWNER,
    NEWCOMER,
    NEWCOMERS,
    NOT_SIGNED_IN,
    QUESTION,
    READ_ERRORS,
)
from .serializers import (
    AddMembersSerializer,
    ChatChangeSerializer,
    ChatContext,
    ChatDetailSerializer,
    ChatSerializer,
    ContentSerializer,
    FlagsSerializer,
    GroupSerializer,
    HistorySerializer,
    ListedChatSerializer,
    MemberSerializer,
    MessageContext,
    MessageSerializer,
    NewMessageSerializer,
    NothingSerializer,
    PermissionsSerializer,
    member_rows,
    message_rows,
)

Rows = Sequence[dict[str, Any]]


class ChatViews(GenericViewSet[Any]):
    """What the viewsets of chats share: the door to a chat, and checked input."""

    serializer_classes: dict[str, type[BaseSerializer[Any]]] = {}

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return self.serializer_classes.get(self.action, NothingSerializer)

    @property
    def user(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def handle_exception(self, exc: Exception) -> Response:
        """A change is refused by what a majority has: 503 if that can't be known."""
        refused = isinstance(exc, ObjectDoesNotExist | Refused)
        changes = self.request.method not in SAFE_METHODS and "chat_id" in self.kwargs
        if refused and changes:
            try:
                Chat.objects.settle(self.kwargs["chat_id"])
            except Exception as unsettled:
                exc = unsettled
        return super().handle_exception(exc)

    def find_chat(self, chat_id: uuid.UUID) -> Chat:
        """A chat of this user; to anybody else it does not exist."""
        return Chat.objects.get_for_member(self.user, chat_id)

    def valid_data(self) -> dict[str, Any]:
        serializer = self.get_serializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        data: dict[str, Any] = serializer.validated_data
        return data

    def chat_data(self, chat: Chat) -> dict[str, Any]:
        document = Chat.objects.document(chat)
        context = {"chats": ChatContext.of(self.user, [document])}
        return ListedChatSerializer(context=context).to_representation(document)


@extend_schema_view(
    list=extend_schema(responses={200: ListedChatSerializer(many=True), **READ_ERRORS}),
    retrieve=extend_schema(responses={200: ChatDetailSerializer, **READ_ERRORS}),
    partial_update=extend_schema(
        responses={200: ListedChatSerializer, **ERRORS}, examples=[NEW_NAME, NEW_OWNER]
    ),
    destroy=extend_schema(responses={204: None, **ERRORS}),
)
class ChatViewSet(ChatViews):
    """The chats of a person."""

    pagination_class = StrictLimitOffsetPagination
    serializer_classes = {"partial_update": ChatChangeSerializer, "group": GroupSerializer}

    def list(self, request: Request) -> Response:
        """Mine, the one with the latest message first."""
        chats: Any = self.paginate_queryset(ChatList(self.user))  # type: ignore[arg-type]
        rows = ListedChatSerializer(context={"chats": ChatContext.of(self.user, chats)})
        return self.get_paginated_response([rows.to_representation(chat) for chat in chats])

    def retrieve(self, request: Request, chat_id: uuid.UUID) -> Response:
        """With its members, one's permissions, and the read markers."""
        chat = self.find_chat(chat_id)
        allowed = permissions_of(chat)
        return Response(
            {
                **self.chat_data(chat),
                "members": member_rows(chat, allowed, presence.online(chat.pk)),
                "permissions": allowed[self.user.pk].as_flags(),
                "read_markers": _by_name(ReadMarker.objects.of_chat(chat)),
            }
        )

    def partial_update(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Rename a group, hand it over to another member, or both at once."""
        chat, data = self.find_chat(chat_id), self.valid_data()
        if "owner_id" in data:
            chat = actions.transfer_ownership(
                self.user, chat, data["owner_id"], name=data.get("name")
            )
        else:
            chat = actions.rename_chat(self.user, chat, data["name"])
        return Response(self.chat_data(chat))

    def destroy(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Delete a chat with all its messages: the owner a group, either member a private chat."""
        actions.delete_chat(self.user, self.find_chat(chat_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        request=None,
        responses={200: ListedChatSerializer, 201: ListedChatSerializer, **READ_ERRORS},
    )
    def private(self, request: Request, user_id: int) -> Response:
        """The private chat with this person: 201 when it is new, 200 when there was one."""
        self.valid_data()
        chat, created = actions.create_private_chat(self.user, user_id)
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(self.chat_data(chat), status=code)

    @extend_schema(
        responses={201: ListedChatSerializer, 400: BAD_INPUT, 401: NOT_SIGNED_IN},
        examples=[NEW_GROUP],
    )
    def group(self, request: Request) -> Response:
        """A new group, owned by oneself."""
        chat = actions.create_group(self.user, **self.valid_data())
        return Response(self.chat_data(chat), status=status.HTTP_201_CREATED)


def _by_name(markers: dict[int, int]) -> dict[str, int]:
    """Markers as JSON has them: its names are strings."""
    return {str(user_id): seq for user_id, seq in markers.items()}


@extend_schema_view(
    list=extend_schema(responses={200: HistorySerializer, **READ_ERRORS}),
    create=extend_schema(
        responses={200: MessageSerializer, 201: MessageSerializer, **ERRORS},
        examples=[GREETING, QUESTION],
    ),
    retrieve=extend_schema(responses={200: MessageSerializer, **READ_ERRORS}),
    partial_update=extend_schema(
        responses={200: MessageSerializer, **ERRORS}, examples=[CORRECTION]
    ),
    destroy=extend_schema(responses={204: None, **ERRORS}),
)
class MessageViewSet(ChatViews):
    """The messages of a chat."""

    pagination_class = MessagePagination
    serializer_classes = {"create": NewMessageSerializer, "partial_update": ContentSerializer}

    def list(self, request: Request, chat_id: uuid.UUID) -> Response:
        """A page of the history, newest first, with the chat."""
        rev = query_integer(request, "changed_after")
        if rev is not None:
            query_parameters(request, *MessagePagination.parameters)
            return Response(self.changes(chat_id, rev))
        history = History.of(request, chat_id)
        messages: Any = self.paginate_queryset(history)  # type: ignore[arg-type]
        data = self.history_data(history.chat, messages, history.markers)
        page = self.get_paginated_response(data["results"])
        page.data |= data
        return page

    def changes(self, chat_id: uuid.UUID, rev: int) -> dict[str, Any]:
        """What changed after a `rev`, and where the chat is now."""
        others = self.request.query_params.keys() & set(MessagePagination.parameters)
        for name in others - {"changed_after"}:
            raise ValidationError({name: ["This does not go with changed_after."]})
        chat = self.find_chat(chat_id)
        # A client counts on every change up to this one, which nothing may undo.
        last_rev = Chat.objects.all().last_revs([chat_id]).get(chat_id, 0)
        too_far = chat.last_rev - rev > MOST_MISSED
        messages = [] if too_far else Message.objects.changes(chat, rev, MOST_MISSED)
        markers = ReadMarker.objects.of_chat(chat)
        return {
            "count": len(messages),
            "next": None,
            "previous": None,
            "last_rev": min(last_rev, chat.last_rev),
            "too_far_behind": too_far,
            "read_markers": _by_name(markers),
            **self.history_data(Chat.objects.document(chat), messages, markers),
        }

    def history_data(
        self, chat: Document, messages: Collection[MessageRow], markers: dict[int, int]
    ) -> dict[str, Any]:
        """The chat and these messages, with what they show beside them, read once."""
        other = other_of(chat, self.user.pk)
        people = [self.user] if other is None else [self.user, other]
        context = MessageContext.of(messages, markers, people)
        beside = {"chats": ChatContext.beside(self.user, chat, context)}
        return {
            "chat": ChatSerializer(context=beside).to_representation(chat),
            "results": message_rows(messages, context),
        }

    def create(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Send a message: 201, or 200 with the stored one when its `client_id` was sent before."""
        message, created = actions.post_message(self.user, chat_id, **self.valid_data())
        if not created:
            return self.answer(self.find_chat(chat_id), message)
        nobody_yet: dict[int, int] = {}
        return Response(self.message_data(message, nobody_yet), status=status.HTTP_201_CREATED)

    def retrieve(self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """One message."""
        return self.answer(*self.find_message(chat_id, message_id))

    def partial_update(
        self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID
    ) -> Response:
        """Edit one's own message."""
        chat, message = self.find_message(chat_id, message_id)
        edited = actions.edit_message(self.user, chat, message, **self.valid_data())
        return self.answer(chat, edited)

    def destroy(self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Turn a message into a tombstone."""
        chat, message = self.find_message(chat_id, message_id)
        actions.delete_message(self.user, chat, message)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={204: None, **READ_ERRORS})
    def read(self, request: Request, chat_id: uuid.UUID, message_id: uuid.UUID) -> Response:
        """Everything up to this message is read."""
        chat, message = self.find_message(chat_id, message_id)
        self.valid_data()
        actions.mark_read(self.user, chat, message)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def find_message(self, chat_id: uuid.UUID, message_id: uuid.UUID) -> tuple[Chat, Message]:
        chat = self.find_chat(chat_id)
        return chat, Message.objects.in_chat(chat.pk).get(pk=message_id)

    def answer(self, chat: Chat, message: Message) -> Response:
        return Response(self.message_data(message, ReadMarker.objects.of_chat(chat)))

    def message_data(self, message: Message, markers: dict[int, int]) -> dict[str, Any]:
        row = MessageRow.of(Message.objects.document(message))
        [data] = message_rows([row], MessageContext.of([row], markers, [self.user]))
        return data


@extend_schema_view(
    list=extend_schema(responses={200: MemberSerializer(many=True), **READ_ERRORS}),
    create=extend_schema(
        responses={201: MemberSerializer(many=True), **ERRORS}, examples=[NEWCOMER, NEWCOMERS]
    ),
    retrieve=extend_schema(responses={200: MemberSerializer, **READ_ERRORS}),
    destroy=extend_schema(responses={204: None, **ERRORS}),
)
class MemberViewSet(ChatViews):
    """The members of a chat."""

    pagination_class = None
    serializer_classes = {"create": AddMembersSerializer, "set_permissions": PermissionsSerializer}

    def list(self, request: Request, chat_id: uuid.UUID) -> Response:
        """In the order in which they came, with their permissions."""
        return Response(self.members(self.find_chat(chat_id)))

    def create(self, request: Request, chat_id: uuid.UUID) -> Response:
        """Bring people into a group."""
        chat, data = self.find_chat(chat_id), self.valid_data()
        user_ids = data.get("user_ids") or [data["user_id"]]
        chat = actions.add_members(self.user, chat, user_ids)
        return Response(self.members(chat), status=status.HTTP_201_CREATED)

    def retrieve(self, request: Request, chat_id: uuid.UUID, user_id: int) -> Response:
        """One member."""
        chat = self.find_member(chat_id, user_id)
        return Response(next(row for row in self.members(chat) if row["id"] == user_id))

    def destroy(self, request: Request, chat_id: uuid.UUID, user_id: int) -> Response:
        """Remove a member, or leave when it is oneself."""
        actions.remove_member(self.user, self.find_member(chat_id, user_id), user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={200: FlagsSerializer, **READ_ERRORS})
    def permissions(self, request: Request, chat_id: uuid.UUID, user_id: int) -> Response:
        """What a member may do."""
        chat = self.find_member(chat_id, user_id)
        return Response(permissions_for(chat, user_id).as_flags())

    @extend_schema(responses={200: FlagsSerializer, **ERRORS}, examples=[MODERATION])
    def set_permissions(self, request: Request, chat_id: uuid.UUID, user_id: int) -> Response:
        """Change some permissions of another member."""
        chat = self.find_member(chat_id, user_id)
        allowed = actions.set_permissions(self.user, chat, user_id, **self.valid_data())
        return Response(allowed.as_flags())

    def members(self, chat: Chat) -> Rows:
        return member_rows(chat, permissions_of(chat), presence.online(chat.pk))

    def find_member(self, chat_id: uuid.UUID, user_id: int) -> Chat:
        """The chat; 404 also where the path names nobody of it."""
        chat = self.find_chat(chat_id)
        if user_id not in chat.member_ids:
            raise User.DoesNotExist
        return chat
