"""Whom a text mentions: user names become people, when it is written, and members remain."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model

from chatproject.limits import limits
from chatproject.text import markdown
from chatproject.text.mentions import EVERYBODY, names_in
from chats.errors import Invalid
from chats.models import EVERYBODY_ID, Chat, Message, rendered
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
            found[EVERYBODY] = EVERYBODY_ID
        if not found:
            return NOBODY
        return {"mention_ids": list(found.values()), "mention_names": list(found)}

    def of(self, writer: Permissions) -> dict[str, Any]:
        """The values of a message that this member writes."""
        return self.among(writer.chat.member_ids, with_all=writer.can_mention_all)


NONE = Mentions()
NOBODY: dict[str, Any] = {"mention_ids": None, "mention_names": None}  # values of a message


def written(user: User, chat_id: uuid.UUID, content: str) -> tuple[dict[str, Any], Mentions]:
    """The fields of a message of this content, and whom it mentions; no query without an `@`.

    `@all` of somebody who may not mention all is mere text. Raises `Invalid` for more than
    `MENTIONS_MAX` people, `TooMany`, `Chat.DoesNotExist` for no member.
    """
    people = _people(content)
    shape = rendered(content, people=people)
    mentioned = markdown.mentioned(shape["html"]) if people else []
    if not mentioned:
        return shape, NONE
    names = {user_id: name for name, user_id in people.items()}
    named = {names[user_id]: user_id for user_id in mentioned if user_id != EVERYBODY_ID}
    mentions = Mentions(named, EVERYBODY_ID in mentioned and _all_of(user, chat_id))
    if len(named) > MENTIONS_MAX:
        _require_few(user, chat_id, mentions)
    if mentions:
        limits.MENTIONS.spend(user.pk)
    return shape, mentions


def _people(content: str) -> dict[str, int]:
    """Those whom a text may mention, by user name."""
    names = names_in(content)
    found: dict[str, int] = get_user_model().objects.ids_by_username(names - {EVERYBODY})
    return found | ({EVERYBODY: EVERYBODY_ID} if EVERYBODY in names else {})


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
