"""Create private chats and groups."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from chatproject.limits import limits
from chatproject.stores.outages import Unconfirmed
from chats import events
from chats.errors import Invalid, Refused
from chats.models import Chat, Pair, log
from users.models import Block, User

from .blocks import follow_people
from .changing import in_transaction
from .consent import require_consent
from .rules import require_people, require_room, valid_client_id, valid_name

GROUPS = uuid.UUID("5a8f4a3e-7f0b-4f0e-9c58-3a6f2a6d4b11")  # the namespace of their ids


def create_private_chat(user: User, other_id: int) -> tuple[Chat, bool]:
    """Get or create the private chat of two people; also returns whether it is new.

    Raises `Refused` if there is none, and one of them blocks the other.
    """
    if other_id == user.pk:
        raise Invalid("user_id", "A private chat needs somebody else.")
    pair_id = Pair.id_of(user.pk, other_id)
    if found := _chat_of_pair(pair_id):
        return found, False  # also with somebody whose account has ended: what was said stays
    require_people("user_id", [other_id])
    limits.PRIVATE_CHATS.spend(user.pk)
    if Block.objects.between(user.pk, other_id):
        raise Refused("You can't open a chat with this person.")
    new = Chat(owner_id=user.pk, member_ids=[user.pk, other_id])

    def create(session: ClientSession) -> bool:
        pairs, pair = Pair.objects.collection(), Pair(id=pair_id, chat_id=new.pk)
        if pairs.find_one({"_id": pair_id}, session=session):
            return False  # the other side was faster
        pairs.insert_one(Pair.objects.document(pair), session=session)
        Chat.objects.collection().insert_one(Chat.objects.document(new), session=session)
        return True

    if not in_transaction(create):
        if found := _chat_of_pair(pair_id):
            return found, False
        raise Unconfirmed("This chat was created and deleted a moment ago.")
    if Block.objects.between(user.pk, other_id):  # since a moment ago: it found no chat
        follow_people(user.pk, other_id)
    announce_added(new, new.member_ids)
    return new, True


def _chat_of_pair(pair_id: str) -> Chat | None:
    """The chat of a pair, as a majority has it."""
    pair = Pair.objects.confirmed({"_id": pair_id})
    return Chat.objects.confirmed({"_id": pair.chat_id.hex}) if pair else None


def create_group(
    user: User, name: str, member_ids: Iterable[int], *, client_id: str | None = None
) -> Chat:
    """Create a group of these people, owned by `user`.

    The same call with the same `client_id` (up to 64 characters) returns the group that was made.
    """
    name = valid_name(name)
    others = [member_id for member_id in dict.fromkeys(member_ids) if member_id != user.pk]
    chat_id = group_id(user, client_id, name, others)
    if client_id and (made := _made_before(user, chat_id)):
        return made
    limits.GROUPS.spend(user.pk)
    people = require_people("member_ids", others)
    require_room("member_ids", 1 + len(others))
    require_consent("member_ids", user, people)
    chat = Chat(
        pk=chat_id,
        name=name,
        is_group=True,
        owner_id=user.pk,
        created_by=user.pk,
        member_ids=[user.pk, *others],
    )
    try:
        Chat.objects.collection().insert_one(Chat.objects.document(chat))
    except DuplicateKeyError:
        if made := _made_before(user, chat_id):
            return made
        raise
    announce_added(chat, chat.member_ids)
    return chat


def group_id(user: User, client_id: str | None, name: str, others: list[int]) -> uuid.UUID:
    """The id of a new group: with a `client_id` always the same for the same group."""
    valid_client_id(client_id)
    if client_id is None:
        return uuid.uuid4()
    return uuid.uuid5(GROUPS, "\n".join(map(str, (user.pk, client_id, name, sorted(others)))))


def _made_before(user: User, chat_id: uuid.UUID) -> Chat | None:
    """The group with this id; `Invalid` if it was made, and is no more or without the user."""
    chat = Chat.objects.confirmed({"_id": chat_id.hex})
    if chat is None and not log.head(chat_id).rev:
        return None
    if chat is None or user.pk not in chat.member_ids:
        raise Invalid("client_id", "The group that was made by this is gone.")
    return chat


def announce_added(chat: Chat, user_ids: Iterable[int]) -> None:
    """Tell these people's chat lists that they are now members of the chat."""
    added = events.ChatAdded(chat_id=str(chat.pk), name=chat.name, is_group=chat.is_group)
    events.broadcast_to_users(user_ids, added)
