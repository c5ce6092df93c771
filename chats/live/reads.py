"""Reads of the live part from the stores, each in a thread and with a deadline."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.contrib.auth import get_user_model

from chatproject.stores.mongodb.documents import Document
from chatproject.stores.outages import Unconfirmed, in_thread
from chats import events
from chats.models import Change, Chat, Head, Message, MessageRow, ReadMarker, log
from chats.permissions import Permissions, permissions_of
from chats.protocol import MOST_MISSED
from chats.representation import MessageContext
from users.models import Block, SignIn


def _chat(chat_id: uuid.UUID) -> Chat | None:
    """A chat as a majority has it; None if deleted, `Unconfirmed` if it is too new."""
    chat = Chat.objects.committed_chat(chat_id)
    if chat is None and Chat.objects.filter(pk=chat_id).exists():
        raise Unconfirmed("A majority doesn't have this chat yet.")
    return chat


read_chat = in_thread(_chat)


@dataclass(frozen=True)
class Missed:
    """What a chat's log has after a `rev`, as events, and the chat as it was then or later."""

    changes: list[events.Change]
    chat: Chat | None  # None: deleted


@in_thread
def read_missed(chat_id: uuid.UUID, rev: int) -> Missed:
    """Every change after `rev`, in order; at most `MOST_MISSED`."""
    rows = log.after(chat_id, rev, MOST_MISSED)
    messages = Message.objects.of_log(chat_id, rows)
    context = MessageContext.of(messages.values(), people=_people(rows))
    # After the messages: whoever is no member in it isn't shown them.
    chat = _chat(chat_id)
    return Missed(_as_events(rows, messages, context, chat) if chat else [], chat)


def _as_events(
    rows: list[Document], messages: dict[str, MessageRow], context: MessageContext, chat: Chat
) -> list[events.Change]:
    allowed = _permissions(rows, chat)
    changes: list[events.Change] = []
    for row in rows:
        rev, user_id = row["rev"], row.get("user_id") or 0
        change: events.Change
        match row["kind"]:
            case Change.Kind.MEMBER_ADDED:
                person = context.names.get(user_id)
                change = events.member_added(chat, rev, user_id, person, row["by"])
            case Change.Kind.MEMBER_REMOVED:
                person = context.names.get(user_id)
                change = events.member_removed(chat.pk, rev, user_id, person, row["by"])
            case Change.Kind.PERMISSIONS_CHANGED if user_id in allowed:
                change = events.permissions_changed(allowed[user_id], rev)
            case Change.Kind.PERMISSIONS_CHANGED:
                change = events.chat_updated(chat, rev)
            case Change.Kind.CHAT_UPDATED:
                change = events.chat_updated(chat, rev, row["by"], row)
            case Change.Kind.REACTION_ADDED | Change.Kind.REACTION_REMOVED if not messages[
                row["message_id"]
            ].deleted_at:
                message = messages[row["message_id"]]._replace(rev=rev)
                is_added = row["kind"] == Change.Kind.REACTION_ADDED
                change = events.message_reaction(
                    message, row["emoji"], row["by"], is_added=is_added
                )
            case Change.Kind.MESSAGE_PINNED | Change.Kind.MESSAGE_UNPINNED:
                change = events.message_pinned(messages[row["message_id"]], chat, rev)
            case _:
                message = messages[row.get("message_id") or row["_id"]]
                change = events.message_event(
                    message._replace(rev=rev),
                    context.names,
                    context.reply_of(message),
                    context.thread_of(message),
                    is_new="message_id" not in row,
                    is_updated=row["kind"] == Change.Kind.MESSAGE_UPDATED,
                )
        changes.append(change)
    return changes


def _people(rows: list[Document]) -> set[int]:
    return {row["user_id"] for row in rows if row.get("user_id") is not None}


def _permissions(rows: list[Document], chat: Chat) -> dict[int, Permissions]:
    """What each member may do now, if these rows change that."""
    changed = any(row["kind"] == Change.Kind.PERMISSIONS_CHANGED for row in rows)
    return permissions_of(chat) if changed else {}


@in_thread
def read_state(chat: Chat) -> events.ChatState:
    """The state that no message shows: name, owner, members, permissions, and read markers."""
    permissions = {user_id: row.as_flags() for user_id, row in permissions_of(chat).items()}
    return events.chat_state(chat, permissions, ReadMarker.objects.of_chat(chat))


@dataclass(frozen=True)
class Claim:
    """What a socket is open for: a person's sign-in, and maybe one chat of theirs."""

    user_id: int
    sign_in: uuid.UUID | None
    chat_id: uuid.UUID | None


@dataclass(frozen=True)
class Held:
    """What a socket must know of its user: whom they are kept apart from by blocks.

    And after which `seq` they read the messages of the chat, and between whom it is, if private.
    """

    apart: set[int]
    since: int = 0
    pair: tuple[int, ...] = ()


@in_thread
def read_claims(claims: list[Claim]) -> list[Held | None]:
    """What holds for each of these people; None for a claim that doesn't hold."""
    sign_ins = SignIn.objects.not_ended({one.sign_in for one in claims if one.sign_in})
    chat_ids = {one.chat_id for one in claims if one.chat_id}
    user_ids = {one.user_id for one in claims}
    members = Chat.objects.members_among(chat_ids, user_ids)
    apart = Block.objects.apart_from(user_ids)

    def held(one: Claim) -> Held | None:
        if one.sign_in and one.sign_in not in sign_ins:
            return None
        if one.chat_id is None:
            return Held(apart[one.user_id])
        some = members.get(one.chat_id)
        if some is None or one.user_id not in some.since:
            return None
        return Held(apart[one.user_id], some.since[one.user_id], some.pair)

    return [held(one) for one in claims]


@in_thread
def read_senders(people: list[tuple[uuid.UUID, int]]) -> list[bool]:
    """Whether each person may send to the chat."""
    chat_ids, user_ids = {chat_id for chat_id, _ in people}, {user_id for _, user_id in people}
    senders = Chat.objects.senders_among(chat_ids, user_ids)
    return [user_id in senders.get(chat_id, ()) for chat_id, user_id in people]


@in_thread
def read_starts(chat_ids: list[uuid.UUID]) -> dict[uuid.UUID, Head]:
    """Where the log of each existing chat among these ends."""
    return log.heads(Chat.objects.existing(chat_ids))


@in_thread
def read_heads(chat_ids: list[uuid.UUID]) -> dict[uuid.UUID, Head]:
    """Where the logs of these chats end."""
    return log.heads(chat_ids)


@in_thread
def read_chats_of(user_id: int) -> dict[uuid.UUID, int]:
    """The ids of all chats of a person, and the `seq` after which they read each."""
    told = {f"since_seqs.{user_id}": 1}
    chats = Chat.objects.all().found({"member_ids": user_id}, projection=told)
    return {chat.pk: chat.since(user_id) for chat in chats}


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
def read_blocks(user_ids: Collection[int]) -> dict[int, set[int]]:
    """For each of these people: whom they block, and who blocks them."""
    return Block.objects.apart_from(user_ids)


@in_thread
def read_expiries(sign_ins: Iterable[uuid.UUID]) -> dict[uuid.UUID, float]:
    """When each of these sign-ins expires (Unix time); ended ones are missing."""
    return SignIn.objects.expiries(sign_ins)
