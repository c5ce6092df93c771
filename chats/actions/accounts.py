"""What happens in chats when an account or a sign-in ends."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any

from django.db.models import QuerySet

from chatproject.stores.mongodb.documents import now
from chats import events
from chats.models import Attachment, Chat, ChatPermissions, JoinRequest, ReadMarker
from chats.protocol import CLOSE_SIGNED_OUT
from users.models import User

from .chats import make_owner, remove_chat
from .members import drop_member
from .owners import groups_of, heir, settle_owners
from .private_chats import settle_private_chats


def forget_user(user: User) -> None:
    """Remove a deleted account from its groups; those it owned pass to an heir.

    Its private chats stay for the other person, who can't write in them any more.

    May take long, be interrupted, and called again.
    """
    for chat_id in groups_of(user.pk):
        while chat := Chat.objects.for_member(user).filter(pk=chat_id).first():
            with suppress(Chat.DoesNotExist):  # it changed meanwhile: try again with the new state
                _leave_group(user, chat)
    settle_private_chats(user)
    own = set(Chat.objects.for_member(user).values_list("pk", flat=True))
    _delete_rows(ChatPermissions.objects.filter(user_id=user.pk), spared=set())
    _delete_rows(JoinRequest.objects.filter(user_id=user.pk), spared=set())
    _release_uploads(user.pk)
    _delete_rows(ReadMarker.objects.filter(user_id=user.pk), spared=own)


def _delete_rows(rows: QuerySet[Any], spared: set[uuid.UUID]) -> None:
    """Delete rows, except those of the spared chats; by chat, as a sharded cluster wants it."""
    if chat_ids := set(rows.values_list("chat_id", flat=True)) - spared:
        rows.filter(chat_id__in=chat_ids).delete()


def _release_uploads(user_id: int) -> None:
    """Let the files be removed that were never sent; messages stay, and so do those in them."""
    unsent = {"owner_id": user_id, "message_id": None}
    rows = Attachment.objects.collection()
    for row in rows.find(unsent, {"chat_id": 1}):
        mine = {**unsent, "_id": row["_id"], "chat_id": row["chat_id"]}
        rows.update_one(mine, {"$set": {"due_at": now()}})


def _leave_group(user: User, chat: Chat) -> None:
    others = [member_id for member_id in chat.member_ids if member_id != user.pk]
    if not others:
        remove_chat(user, chat, permission="can_delete_chat")
        return
    if chat.owner_id == user.pk:
        chat = make_owner(user, chat, heir(chat) or others[0])
    drop_member(chat, user.pk, removed_by=user.pk, is_free=True)


def close_user_sockets(user_id: int, reason: str, **which: uuid.UUID | None) -> None:
    """Close the sockets of a person, or only `which` of them (see `events.close_sockets`)."""
    events.close_sockets(events.user_group(user_id), CLOSE_SIGNED_OUT, reason, **which)


def on_account_deleted(user: User, **_: Any) -> None:
    """Receives `users.signals.account_deleted`."""
    forget_user(user)


def on_renamed(user: User, **_: Any) -> None:
    """Receives `users.signals.renamed`."""
    told: dict[str, Any] = {"user_id": user.pk, "username": user.username, "name": user.name}
    for chat in Chat.objects.all().found({"member_ids": user.pk}, projection={"_id": 1}):
        event = events.UserRenamed(chat_id=str(chat.pk), **told)
        events.broadcast(events.chat_group(chat.pk), event)
    events.broadcast_to_users([user.pk], events.UserRenamed(chat_id=None, **told))


def on_activity_changed(user_id: int, **_: Any) -> None:
    """Receives `users.signals.activity_changed`."""
    settle_owners(user_id)
    if user := User.objects.filter(pk=user_id).first():
        settle_private_chats(user)


def on_sign_ins_ended(
    user_id: int,
    reason: str,
    sign_in: uuid.UUID | None = None,
    spared: uuid.UUID | None = None,
    **_: Any,
) -> None:
    """Receives `users.signals.sign_ins_ended`."""
    close_user_sockets(user_id, reason, sign_in=sign_in, spared=spared)
