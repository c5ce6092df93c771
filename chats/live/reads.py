"""Reads of the live part from the stores, each in a thread and with a deadline."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.contrib.auth import get_user_model

from chatproject.stores.mongodb.documents import Document
from chatproject.stores.outages import Unconfirmed, in_thread
from chats import events
from chats.models import Chat, Message, ReadMarker
from chats.models.chat import WITHOUT_SENDS
from chats.permissions import permissions_of
from chats.representation import MessageContext
from users.models import SignIn


@dataclass(frozen=True)
class Changes:
    """A chat as read from MongoDB: its document, the requested changes, and its state."""

    chat: Chat
    by_rev: dict[int, events.Change]
    state: events.ChatState


@in_thread
def read_chat(chat_id: uuid.UUID) -> Chat | None:
    """A chat as a majority has it; None if deleted, `Unconfirmed` if it is too new."""
    chats, query = Chat.objects.all(), {"_id": chat_id.hex}
    if found := chats.found(query, committed=True, projection=WITHOUT_SENDS):
        return found[0]
    if chats.found(query, projection={"_id": 1}):
        raise Unconfirmed("A majority doesn't have this chat yet.")
    return None


@in_thread
def read_changes(chat: Chat, revs: Collection[int], known_seq: int) -> Changes:
    """The messages whose last change has one of these `rev`s, as events by `rev`.

    Those with a `seq` above `known_seq` are new messages.
    """
    rows = Message.objects.all().changed_at(chat.pk, revs)
    context = MessageContext.of(rows, {})
    by_rev: dict[int, events.Change] = {
        row.rev: events.message_event(
            row, context.names, context.reply_of(row), is_new=row.seq > known_seq
        )
        for row in rows
    }
    return Changes(chat, by_rev, read_state(chat))


def read_state(chat: Chat) -> events.ChatState:
    """The state that no message shows: name, owner, members, permissions, and read markers."""
    permissions = {user_id: row.as_flags() for user_id, row in permissions_of(chat).items()}
    return events.chat_state(chat, permissions, ReadMarker.objects.of_chat(chat))


@in_thread
def read_stored_revs(chat_id: uuid.UUID, low: int, high: int) -> set[int]:
    """The `rev`s of stored messages with `low` < `rev` ≤ `high`."""
    query = {"chat_id": chat_id.hex, "rev": {"$gt": low, "$lte": high}}
    changed = Message.objects.all().found(query, committed=True, projection={"rev": 1})
    return {message.rev for message in changed}


@in_thread
def read_starts(chat_ids: list[uuid.UUID]) -> dict[uuid.UUID, Document]:
    """The last numbers of these chats (see `ChatQuerySet.starts`)."""
    return Chat.objects.all().starts(chat_ids)


@in_thread
def read_revs(chat_ids: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The `last_rev` of each existing chat among these."""
    return Chat.objects.all().last_revs(chat_ids)


@in_thread
def read_chats_of(user_id: int) -> list[uuid.UUID]:
    """The ids of all chats of a person."""
    chats = Chat.objects.all().found({"member_ids": user_id}, projection={"_id": 1})
    return [chat.pk for chat in chats]


@in_thread
def read_changed(user_ids: list[int], seconds: float) -> list[Chat]:
    """The chats of these people that changed in the last `seconds`; one query."""
    since = {"$subtract": ["$$NOW", int(seconds * 1000)]}
    return Chat.objects.all().found(
        {"member_ids": {"$in": user_ids}, "$expr": {"$gte": ["$updated_at", since]}},
        projection={"name": 1, "is_group": 1, "member_ids": 1},
    )


@in_thread
def read_usernames(user_ids: set[int]) -> dict[int, str]:
    """User names by id."""
    names = get_user_model().objects.names(user_ids)
    return {user_id: user.username for user_id, user in names.items()}


@in_thread
def read_expiries(sign_ins: Iterable[uuid.UUID]) -> dict[uuid.UUID, float]:
    """When each of these sign-ins expires (Unix time); ended ones are missing."""
    return SignIn.objects.expiries(sign_ins)
