"""Whom a user can start a chat with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model

from chatproject.limits import limits
from chats.models import Chat
from users.models import User

FOUND = 20  # people shown at once
NAME_MAX_LENGTH = 150  # characters


def find_people(user: User, query: str) -> list[Any]:
    """Up to `FOUND` others whose names have words that begin with those of the text."""
    if len(query) > NAME_MAX_LENGTH or "\x00" in query:
        return []
    limits.SEARCHES.spend(user.pk)
    return list(get_user_model().objects.search(query).exclude(pk=user.pk)[:FOUND])


def acquaintances(user: User) -> list[Any]:
    """Up to `FOUND` people of the user's latest chats, sorted by name."""
    chats = Chat.objects.for_member(user).latest_first().only("member_ids")[:FOUND]
    ids = dict.fromkeys(user_id for chat in chats for user_id in chat.member_ids)
    others = [user_id for user_id in ids if user_id != user.pk][:FOUND]
    people = get_user_model().objects.people().filter(pk__in=others)
    return sorted(people, key=lambda person: person.name.casefold())


def people_by_id(ids: Iterable[str]) -> list[Any]:
    """The people with these ids, in this order; ids of nobody and other texts are left out."""
    numbers = [int(text) for text in ids if text.isascii() and text.isdigit() and len(text) < 19]
    people = get_user_model().objects.people().in_bulk(numbers)
    return [people[number] for number in dict.fromkeys(numbers) if number in people]
