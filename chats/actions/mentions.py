"""Whom a text mentions: user names become people, when it is written, and members remain."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model

from chatproject.limits import limits
from chatproject.text import mentions as text_mentions
from chats.errors import Invalid
from chats.models import EVERYBODY_ID, Chat, Message
from chats.permissions import Permissions, permissions_for
from chats.protocol import MENTION_ALL_MEMBERS, MENTIONS_MAX
from users.models import User

TOO_MANY = f"At most {MENTIONS_MAX} people by name; this mentions {{}}. `@all` is everybody."


@dataclass(frozen=True)
class Mentions:
    """Whom a text may mention: people by user name, in the order of the text, and all members.

    Whoever is no member when it is stored isn't mentioned.
    """

    people: dict[str, int] = field(default_factory=dict)  # names in lower case
    everybody: bool = False

    def __bool__(self) -> bool:
        return bool(self.people or self.everybody)

    def among(self, member_ids: Collection[int], *, with_all: bool) -> dict[str, Any]:
        """The values of a message for a chat of these members."""
        found = {name: user_id for name, user_id in self.people.items() if user_id in member_ids}
        if self.everybody and with_all:
            found[text_mentions.EVERYBODY] = EVERYBODY_ID
        if not found:
            return NOBODY
        return {"mention_ids": list(found.values()), "mention_names": list(found)}

    def of(self, writer: Permissions) -> dict[str, Any]:
        """The values of a message that this member writes."""
        return self.among(writer.chat.member_ids, with_all=writer.can_mention_all)


NONE = Mentions()
NOBODY: dict[str, Any] = {"mention_ids": None, "mention_names": None}  # values of a message


def mentions_in(user: User, chat_id: uuid.UUID, content: str) -> Mentions:
    """Whom a text of a member mentions; one query, none for a text without an `@`.

    `@all` of somebody who may not mention all is mere text. Raises `Invalid` for more than
    `MENTIONS_MAX` people, `TooMany`, `Chat.DoesNotExist` for no member.
    """
    places = [place.names for place in text_mentions.places(content)]
    if not places:
        return NONE
    names = {name for place in places for name in place}
    known = get_user_model().objects.ids_by_username(names - {text_mentions.EVERYBODY})
    meant = [next((name for name in place if name in known), None) for place in places]
    people = {name: known[name] for name in meant if name}
    mentions = Mentions(people, _all_of(user, chat_id) if _names_all(places) else False)
    if len(people) > MENTIONS_MAX:
        _require_few(user, chat_id, mentions)
    if mentions:
        limits.MENTIONS.spend(user.pk)
    return mentions


def _names_all(places: list[tuple[str, ...]]) -> bool:
    return any(text_mentions.EVERYBODY in place for place in places)


def _all_of(user: User, chat_id: uuid.UUID) -> bool:
    """Whether the user may mention all members; counts it then."""
    chat = Chat.objects.get_for_member(user, chat_id)
    if not permissions_for(chat, user.pk).can_mention_all:
        return False
    limits.MENTIONS_OF_ALL.spend(user.pk)
    return True


def _require_few(user: User, chat_id: uuid.UUID, mentions: Mentions) -> None:
    members = set(Chat.objects.get_for_member(user, chat_id).member_ids)
    count = len(members.intersection(mentions.people.values()))
    if count > MENTIONS_MAX:
        raise Invalid("content", TOO_MANY.format(count))


def mention(message: Message, mentions: Mentions, sender: User, members: frozenset[int]) -> None:
    """Let a message mention those who are members, as its chat is when it is stored."""
    if not mentions:
        return
    with_all = mentions.everybody and _still_may(message.chat_id, sender, len(members))
    vars(message).update(mentions.among(members, with_all=with_all))


def _still_may(chat_id: uuid.UUID, sender: User, members: int) -> bool:
    if members <= MENTION_ALL_MEMBERS:
        return True
    chat = Chat.objects.committed_chat(chat_id)
    return chat is not None and permissions_for(chat, sender.pk).can_mention_all
