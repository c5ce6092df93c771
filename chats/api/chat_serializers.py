"""JSON of chats.

Output is built by hand: a `ModelSerializer` takes six times as long for a page of 50. The fields
are declared anyway, for the schema and the forms of the browsable API.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.contrib.auth import get_user_model
from rest_framework import serializers

from chatproject.stores.mongodb.documents import Document
from chats.models import Chat, Message, Preview, Unread, UnreadMentions, read_seqs, unread_of
from chats.models.chat import other_of
from chats.models.floors import since
from chats.protocol import UNREAD_MENTIONS_LISTED
from chats.representation import MessageContext, Names, dashed, iso, people_in, preview, title_of
from users.models import User

from .member_serializers import FlagsSerializer, MemberSerializer


@dataclass(frozen=True)
class ChatContext:
    """What a list of chats shows in addition to them, from two queries.

    Three, if messages were deleted that the user hasn't read.
    """

    user_id: int
    latest: dict[str, Preview] = field(default_factory=dict)  # by the stored id of the chat
    unread: dict[str, Unread] = field(default_factory=dict)
    names: Names = field(default_factory=dict)
    mentions: dict[str, UnreadMentions] = field(default_factory=dict)

    @classmethod
    def of(cls, user: User, chats: Collection[Document]) -> ChatContext:
        """The context of these chats as this user sees them.

        Two queries, and one of mentions if some messages are unread.
        """
        latest, markers = Message.objects.previews_and_markers(chats, user.pk)
        others = {other for chat in chats if (other := other_of(chat, user.pk)) is not None}
        names = get_user_model().objects.names(others | people_in(latest.values()))
        unread = unread_of(chats, user.pk, markers)
        mentions = Message.objects.unread_mentions(chats, read_seqs(unread), user)
        return cls(user.pk, latest, unread, names, mentions)

    @classmethod
    def with_messages(cls, user: User, chat: Document, messages: MessageContext) -> ChatContext:
        """The context of a chat returned together with its messages; mostly no query."""
        markers = {chat["_id"]: messages.readers.markers.get(user.pk, 0)}
        return cls(user.pk, unread=unread_of([chat], user.pk, markers), names=messages.names)


class LastMessageSerializer(serializers.Serializer[Preview]):
    """A chat's latest message, as the chat list shows it; a tombstone has no content."""

    id = serializers.UUIDField()
    seq = serializers.IntegerField()
    sender_id = serializers.IntegerField()
    sender_name = serializers.CharField()
    content = serializers.CharField(help_text="The first 140 characters, without marks.")
    kind = serializers.ChoiceField(choices=Message.Kind.choices)
    created_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField(allow_null=True)


class ChatSerializer(serializers.Serializer[Document]):
    """A document of a chat as its member sees it; needs a `ChatContext` as `context["chats"]`."""

    id = serializers.UUIDField()
    name = serializers.CharField(help_text="Of a private chat: the other person's name.")
    is_group = serializers.BooleanField()
    access = serializers.ChoiceField(
        choices=Chat.Access.choices, help_text="Who may join by themselves."
    )
    history_for_new_members = serializers.BooleanField(
        help_text="Whether people who come later read what was said before."
    )
    assistant_sees_history = serializers.BooleanField(
        help_text="Whether @ai is sent the last messages with a question."
    )
    since_seq = serializers.IntegerField(
        help_text="One reads the messages with a larger `seq`: 0 for all of them."
    )
    owner_id = serializers.IntegerField()
    member_ids = serializers.ListField(child=serializers.IntegerField())
    pin_count = serializers.IntegerField(help_text="How many messages are pinned.")
    last_seq = serializers.IntegerField(help_text="The number of its latest message.")
    last_rev = serializers.IntegerField(help_text="The number of its latest change.")
    last_message_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    read_seq = serializers.IntegerField(
        help_text="Messages up to this `seq` count as read: also those from before one came."
    )
    unread_from = serializers.IntegerField(
        allow_null=True, help_text="From which message on one has marked it as unread, if so."
    )
    unread_count = serializers.IntegerField(help_text="Of later ones, without deleted messages.")
    deleted_seqs = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="The later ones that were deleted; the latest 100.",
    )

    @cached_property
    def chats(self) -> ChatContext:
        """What the chats show besides their documents: `context["chats"]`."""
        context: ChatContext = self.context["chats"]
        return context

    def to_representation(self, chat: Document) -> dict[str, Any]:
        context = self.chats
        start = since(chat, context.user_id)
        unread = context.unread.get(chat["_id"], Unread(0, 0))
        return {
            "id": dashed(chat["_id"]),
            "name": title_of(chat["name"], other_of(chat, context.user_id), context.names),
            "is_group": chat["is_group"],
            "access": chat["access"],
            "history_for_new_members": chat["history_for_new_members"],
            "assistant_sees_history": chat["assistant_sees_history"],
            "since_seq": start,
            "owner_id": chat["owner_id"],
            "member_ids": chat["member_ids"],
            "pin_count": chat["pin_count"],
            "last_seq": chat["last_seq"],
            "last_rev": chat["last_rev"],
            "last_message_at": iso(chat["last_message_at"]),
            "created_at": iso(chat["created_at"]),
            "updated_at": iso(chat["updated_at"]),
            "read_seq": unread.read_seq,
            "unread_from": chat["unread_from"].get(str(context.user_id)),
            "unread_count": unread.count,
            "deleted_seqs": unread.deleted_seqs,
        }


class ListedChatSerializer(ChatSerializer):
    """A chat with its latest message."""

    last_message = LastMessageSerializer(allow_null=True)
    unread_mentions = serializers.IntegerField(
        help_text="How many of the unread messages mention one, by name or by `@all`."
    )
    unread_mention_seqs = serializers.ListField(
        child=serializers.IntegerField(),
        help_text=f"Their numbers, in order; the latest {UNREAD_MENTIONS_LISTED}.",
    )

    def to_representation(self, chat: Document) -> dict[str, Any]:
        row, latest = super().to_representation(chat), self.chats.latest.get(chat["_id"])
        mentions = self.chats.mentions.get(chat["_id"], UnreadMentions())
        row["unread_mentions"], row["unread_mention_seqs"] = mentions.count, mentions.seqs
        row["last_message"] = _last_message(latest, self.chats.names) if latest else None
        return row


def _last_message(message: Preview, names: Names) -> dict[str, Any]:
    sender = names.get(message.sender_id)
    return {
        "id": dashed(message.id),
        "seq": message.seq,
        "sender_id": message.sender_id,
        "sender_name": sender.name if sender else "",
        "content": preview(message, names),
        "kind": message.kind,
        "created_at": iso(message.created_at),
        "deleted_at": message.deleted_at and iso(message.deleted_at),
    }


class ChatDetailSerializer(ListedChatSerializer):
    """One chat, with its members, what one may do in it, and how far each has read."""

    members = MemberSerializer(many=True)
    permissions = FlagsSerializer()
    closed = serializers.BooleanField(
        help_text="Whether nobody can write in a private chat: the other account isn't active."
    )
    read_markers = serializers.DictField(child=serializers.IntegerField())


def by_name(markers: dict[int, int]) -> dict[str, int]:
    """Read markers with string keys, as JSON requires."""
    return {str(user_id): seq for user_id, seq in markers.items()}
