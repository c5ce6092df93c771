"""People to talk to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model

from chats.models import Chat
from users.models import User

FOUND = 20  # people shown at once
NAME_MAX_LENGTH = 150  # characters


def find_people(user: User, query: str) -> list[Any]:
    """Others whose username or name starts with this, at most 20."""
    if len(query) > NAME_MAX_LENGTH or "\x00" in query:
        return []
    return list(get_user_model().objects.search(query).exclude(pk=user.pk)[:FOUND])


def acquaintances(user: User) -> list[Any]:
    """People of one's latest chats, by name."""
    chats = Chat.objects.for_member(user).latest_first().only("member_ids")[:FOUND]
    ids = dict.fromkeys(user_id for chat in chats for user_id in chat.member_ids)
    others = [user_id for user_id in ids if user_id != user.pk][:FOUND]
    people = get_user_model().objects.people().filter(pk__in=others)
    return sorted(people, key=lambda person: person.name.casefold())


def people_by_id(ids: Iterable[str]) -> list[Any]:
    """Those of these ids that are people, in this order; anything else is left out."""
    numbers = [int(text) for text in ids if text.isascii() and text.isdigit() and len(text) < 19]
    people = get_user_model().objects.people().in_bulk(numbers)
    return [people[number] for number in dict.fromkeys(numbers) if number in people]
