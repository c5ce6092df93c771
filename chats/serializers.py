"""JSON of chats, messages and members.

What goes out is written by hand: a `ModelSerializer` costs six times as much for a page of 50. The
fields are declared all the same, for the schema and the forms of the browsable API.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import QueryDict
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.fields import empty

from chatproject.api import (
    MAX_NUMBER,
    FlagField,
    IdField,
    StrictSerializer,
    TextField,
    WholeNumberField,
)
from chatproject.mongodb.documents import Document
from users.serializers import UserSerializer

from .actions import CLIENT_ID_MAX_LENGTH
from .chat_list import title_of
from .events import iso, reply_preview
from .models import Chat, ChatPermissions, Message, Preview, other_of
from .permissions import Permissions
from .rows import MessageRow


def user_id_field(**options: Any) -> WholeNumberField:
    return WholeNumberField(min_value=1, max_value=MAX_NUMBER, **options)


class NothingSerializer(StrictSerializer):
    """No fields."""


class UserIdsField(serializers.ListField):
    """Ids of users; in a form separated by commas or blanks."""

    def __init__(self, **options: Any) -> None:
        style = {"base_template": "input.html", "input_type": "text"}
        limit = settings.CHAT_MAX_MEMBERS
        super().__init__(child=user_id_field(), max_length=limit, style=style, **options)

    def get_value(self, dictionary: Any) -> Any:
        if self.field_name and isinstance(dictionary, QueryDict) and self.field_name in dictionary:
            texts = " ".join(dictionary.getlist(self.field_name))
            return texts.replace(",", " ").split() or empty
        return super().get_value(dictionary)


# Messages ----------------------------------------------------------------------------------------

CHATS_KNOWN = 1024  # chats whose id a process has written lately
READERS_SHOWN = 100  # people; so a page doesn't grow with the members of a chat


class Readers:
    """Who has read up to where; answers for a message without a look at every member."""

    def __init__(self, markers: dict[int, int]) -> None:
        self.markers = markers
        self._known: dict[tuple[int, int], tuple[int, list[int]]] = {}
        ranked = sorted((-seq, user_id) for user_id, seq in markers.items())
        self._reached = [reached for reached, _ in ranked]
        self._ids = [user_id for _, user_id in ranked]

    def of(self, seq: int, sender_id: int) -> tuple[int, list[int]]:
        """How many others than its sender have read a message, and the first 100 of them."""
        count = bisect_right(self._reached, -seq)
        key = count, sender_id  # the same for most of a page
        if key not in self._known:
            first = self._ids[: min(count, READERS_SHOWN + 1)]
            if self.markers.get(sender_id, -1) >= seq:
                count -= 1
                if sender_id in first:
                    first.remove(sender_id)
            self._known[key] = count, first[:READERS_SHOWN]
        return self._known[key]


@dataclass(frozen=True)
class MessageContext:
    """What a page of messages shows beside them."""

    readers: Readers
    replies: dict[str, Message]
    names: dict[int, Any]

    @classmethod
    def of(
        cls,
        messages: Collection[MessageRow],
        markers: dict[int, int],
        people: Collection[Any] = (),
    ) -> MessageContext:
        """The context of these messages: one query for names, one where there are replies.

        `people` are users whose names need not be read, or ids of more whose names are shown.
        """
        replies = Message.objects.by_hex(
            message.reply_to for message in messages if message.reply_to
        )
        known = {person.pk: person for person in people if not isinstance(person, int)}
        ids = {person for person in people if isinstance(person, int)}
        ids |= {message.sender_id for message in messages}
        ids |= {replied.sender_id for replied in replies.values()}
        names: dict[int, Any] = get_user_model().objects.names(ids - known.keys())
        return cls(Readers(markers), replies, {**known, **names})


def _names(user_ids: Collection[int]) -> dict[int, Any]:
    names: dict[int, Any] = get_user_model().objects.names(user_ids)
    return names


class ReplySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    sender_name = serializers.CharField()
    content = serializers.CharField(help_text="The first 140 characters.")
    deleted = serializers.BooleanField()


class PhotoSerializer(serializers.Serializer[Any]):
    image_url = serializers.URLField()
    alt = serializers.CharField()
    author = serializers.CharField()
    author_url = serializers.URLField()
    page_url = serializers.URLField()


class MessageSerializer(serializers.Serializer[MessageRow]):
    """What `message_rows` writes."""

    id = serializers.UUIDField()
    chat_id = serializers.UUIDField()
    seq = serializers.IntegerField(help_text="Its number in the chat: 1, 2, 3 …")
    rev = serializers.IntegerField(help_text="The number of its last change in the chat.")
    sender_id = serializers.IntegerField()
    sender_username = serializers.CharField()
    sender_name = serializers.CharField()
    content = serializers.CharField(help_text="Empty when it was deleted.")
    kind = serializers.ChoiceField(choices=Message.Kind.choices)
    photo = PhotoSerializer(allow_null=True)
    client_id = serializers.CharField(allow_null=True)
    reply_to = serializers.UUIDField(allow_null=True)
    reply = ReplySerializer(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True)
    deleted_by = serializers.IntegerField(allow_null=True)
    is_read = serializers.BooleanField(help_text="By somebody else than its sender.")
    read_count = serializers.IntegerField(help_text="By how many others than its sender.")
    read_by = serializers.ListField(
        child=serializers.IntegerField(), help_text="Who they are; the first 100."
    )


def message_rows(messages: Iterable[MessageRow], context: MessageContext) -> list[dict[str, Any]]:
    """Messages as they go out; a `MessageSerializer` says what is in them."""
    names, replies, readers_of = context.names, context.replies, context.readers.of
    rows = []
    for message in messages:
        sender = names.get(message.sender_id)
        replied = replies.get(message.reply_to) if message.reply_to else None
        read_count, read_by = readers_of(message.seq, message.sender_id)
        created_at = iso(message.created_at)
        unchanged = message.updated_at == message.created_at
        row = {
            "id": dashed(message.id),
            "chat_id": dashed_chat_id(message.chat_id),
            "seq": message.seq,
            "rev": message.rev,
            "sender_id": message.sender_id,
            "sender_username": sender.username if sender else "",
            "sender_name": sender.name if sender else "",
            "content": message.content,
            "kind": message.kind,
            "photo": message.photo,
            "client_id": message.client_id,
            "reply_to": message.reply_to and dashed(message.reply_to),
            "reply": replied and reply_preview(replied, names),
            "created_at": created_at,
            "updated_at": created_at if unchanged else iso(message.updated_at),
            "edited_at": message.edited_at and iso(message.edited_at),
            "deleted_at": message.deleted_at and iso(message.deleted_at),
            "deleted_by": message.deleted_by,
            "is_read": read_count > 0,
            "read_count": read_count,
            "read_by": read_by,
        }
        rows.append(row)
    return rows


def dashed(stored_id: str) -> str:
    """A UUID as it is written, of one as it is stored: 32 hexadecimal digits."""
    first, second, third = stored_id[:8], stored_id[8:12], stored_id[12:16]
    return f"{first}-{second}-{third}-{stored_id[16:20]}-{stored_id[20:]}"


dashed_chat_id = lru_cache(CHATS_KNOWN)(dashed)  # the same in every row of a page


class ContentSerializer(StrictSerializer):
    content = TextField(
        max_length=settings.MESSAGE_MAX_LENGTH,
        style={"base_template": "textarea.html", "rows": 4},
    )


class NewMessageSerializer(ContentSerializer):
    client_id = TextField(
        max_length=CLIENT_ID_MAX_LENGTH,
        required=False,
        allow_null=True,
        help_text="Yours; sending it again answers with the message that was stored.",
    )
    reply_to = IdField(required=False, allow_null=True)


# Chats -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChatContext:
    """What a list of chats shows beside them, in two queries."""

    user_id: int
    latest: dict[str, Preview] = field(default_factory=dict)  # by the stored id of the chat
    markers: dict[str, int] = field(default_factory=dict)
    names: dict[int, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, user: Any, chats: Collection[Document]) -> ChatContext:
        latest, markers = Message.objects.beside_chats(chats, user.pk)
        others = {other for chat in chats if (other := other_of(chat, user.pk)) is not None}
        ids = others | {message.sender_id for message in latest.values()}
        return cls(user.pk, latest, markers, _names(ids))

    @classmethod
    def beside(cls, user: Any, chat: Document, messages: MessageContext) -> ChatContext:
        """The context of a chat that goes out beside messages of it; no query."""
        marker = messages.readers.markers.get(user.pk, 0)
        return cls(user.pk, markers={chat["_id"]: marker}, names=messages.names)


class LastMessageSerializer(serializers.Serializer[Preview]):
    id = serializers.UUIDField()
    seq = serializers.IntegerField()
    sender_id = serializers.IntegerField()
    sender_name = serializers.CharField()
    content = serializers.CharField(help_text="The first 140 characters.")
    kind = serializers.ChoiceField(choices=Message.Kind.choices)
    created_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(allow_null=True)


class ChatSerializer(serializers.Serializer[Document]):
    """A document of a chat as its member sees it; needs a `ChatContext` as `context["chats"]`."""

    id = serializers.UUIDField()
    name = serializers.CharField(help_text="Of a private chat: the other person's name.")
    is_group = serializers.BooleanField()
    owner_id = serializers.IntegerField()
    member_ids = serializers.ListField(child=serializers.IntegerField())
    last_seq = serializers.IntegerField(help_text="The number of its latest message.")
    last_rev = serializers.IntegerField(help_text="The number of its latest change.")
    last_message_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    unread_count = serializers.IntegerField()

    @cached_property
    def beside(self) -> ChatContext:
        context: ChatContext = self.context["chats"]
        return context

    def to_representation(self, chat: Document) -> dict[str, Any]:
        context = self.beside
        marker = context.markers.get(chat["_id"], 0)
        return {
            "id": dashed(chat["_id"]),
            "name": title_of(chat["name"], other_of(chat, context.user_id), context.names),
            "is_group": chat["is_group"],
            "owner_id": chat["owner_id"],
            "member_ids": chat["member_ids"],
            "last_seq": chat["last_seq"],
            "last_rev": chat["last_rev"],
            "last_message_at": iso(chat["last_message_at"]),
            "created_at": iso(chat["created_at"]),
            "updated_at": iso(chat["updated_at"]),
            "unread_count": max(chat["last_seq"] - marker, 0),
        }


class ListedChatSerializer(ChatSerializer):
    """A chat with its latest message."""

    last_message = LastMessageSerializer(allow_null=True)

    def to_representation(self, chat: Document) -> dict[str, Any]:
        row, latest = super().to_representation(chat), self.beside.latest.get(chat["_id"])
        row["last_message"] = _last_message(latest, self.beside.names) if latest else None
        return row


def _last_message(message: Preview, names: dict[int, Any]) -> dict[str, Any]:
    sender = names.get(message.sender_id)
    return {
        "id": dashed(message.id),
        "seq": message.seq,
        "sender_id": message.sender_id,
        "sender_name": sender.name if sender else "",
        "content": message.content,
        "kind": message.kind,
        "created_at": iso(message.created_at),
        "deleted_at": iso(message.deleted_at),
    }


class GroupSerializer(StrictSerializer):
    name = TextField(max_length=settings.CHAT_NAME_MAX_LENGTH)
    member_ids = UserIdsField(required=False, default=list, help_text="The ids of the others.")


class ChatChangeSerializer(StrictSerializer):
    """Another name, another owner, or both at once."""

    name = TextField(max_length=settings.CHAT_NAME_MAX_LENGTH, required=False)
    owner_id = user_id_field(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"name": ["Give name or owner_id."]})
        return attrs


# Members -----------------------------------------------------------------------------------------


class PermissionsSerializer(StrictSerializer):
    """The four permissions; a change names those that it changes."""

    can_send_messages = FlagField(required=False)
    can_change_permissions = FlagField(required=False)
    can_remove_members = FlagField(required=False)
    can_delete_other_messages = FlagField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            names = ChatPermissions.FLAGS
            raise serializers.ValidationError({names[0]: [f"Give one of {', '.join(names)}."]})
        return attrs


class FlagsSerializer(serializers.Serializer[Any]):
    """The four permissions as they hold for a member."""

    can_send_messages = serializers.BooleanField()
    can_change_permissions = serializers.BooleanField()
    can_remove_members = serializers.BooleanField()
    can_delete_other_messages = serializers.BooleanField()


class MemberSerializer(UserSerializer):
    is_owner = serializers.BooleanField()
    online = serializers.BooleanField(help_text="Has the chat open.")
    permissions = FlagsSerializer()

    class Meta(UserSerializer.Meta):
        fields = (*UserSerializer.Meta.fields, "is_owner", "online", "permissions")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


def member_rows(
    chat: Chat, allowed: dict[int, Permissions], online: Iterable[int]
) -> list[dict[str, Any]]:
    """The members of a chat, in the order in which they came."""
    people, here = get_user_model().objects.names(chat.member_ids), set(online)
    return [
        {
            "id": user_id,
            "username": people[user_id].username,
            "name": people[user_id].name,
            "is_bot": people[user_id].is_bot,
            "is_owner": allowed[user_id].is_owner,
            "online": user_id in here,
            "permissions": allowed[user_id].as_flags(),
        }
        for user_id in chat.member_ids
        if user_id in people
    ]


class AddMembersSerializer(StrictSerializer):
    """One person (`user_id`) or several (`user_ids`)."""

    user_id = user_id_field(required=False)
    user_ids = UserIdsField(required=False, min_length=1)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError({"user_ids": ["Give either user_id or user_ids."]})
        return attrs


class ChatDetailSerializer(ListedChatSerializer):
    """One chat, with its members, what one may do in it, and how far each has read."""

    members = MemberSerializer(many=True)
    permissions = FlagsSerializer()
    read_markers = serializers.DictField(child=serializers.IntegerField())


@extend_schema_serializer(many=False)
class HistorySerializer(serializers.Serializer[Any]):
    """The answer to a request for messages."""

    count = serializers.IntegerField(help_text="Of all messages asked for, not of this page.")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    chat = ChatSerializer()
    results = MessageSerializer(many=True)
    last_rev = serializers.IntegerField(required=False, help_text="With `changed_after`.")
    too_far_behind = serializers.BooleanField(
        required=False, help_text="With `changed_after`: more than 1,000 changes; load anew."
    )
    read_markers = serializers.DictField(
        child=serializers.IntegerField(), required=False, help_text="With `changed_after`."
    )
