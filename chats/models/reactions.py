"""Reactions to a message, as they are stored on it: a page of messages needs no further query."""

from __future__ import annotations

from typing import TypedDict


class Reaction(TypedDict):
    """An emoji, in its full form, and who reacted with it, first come first."""

    emoji: str
    user_ids: list[int]


Reactions = list[Reaction]  # in the order in which each emoji was first used; None: there are none


def people_of(reactions: Reactions | None, emoji: str) -> list[int]:
    """Who reacted with an emoji."""
    return next((one["user_ids"] for one in reactions or () if one["emoji"] == emoji), [])


def with_reaction(reactions: Reactions | None, emoji: str, user_id: int) -> Reactions:
    """The reactions and one more."""
    others = reactions or []
    if not people_of(others, emoji):
        return [*others, {"emoji": emoji, "user_ids": [user_id]}]
    return [
        {**one, "user_ids": [*one["user_ids"], user_id]} if one["emoji"] == emoji else one
        for one in others
    ]


def without_reaction(reactions: Reactions | None, emoji: str, user_id: int) -> Reactions | None:
    """The reactions without this one; None if it was the last."""
    left: Reactions = []
    for one in reactions or ():
        people = one["user_ids"]
        if one["emoji"] == emoji:
            people = [pk for pk in people if pk != user_id]
        if people:
            left.append({"emoji": one["emoji"], "user_ids": people})
    return left or None
