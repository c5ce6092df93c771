"""Whom messages mention, as they tell and show it: by the names that people have now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Protocol, TypedDict

from chatproject.text.bidi import isolate
from chatproject.text.cuts import cut
from chatproject.text.mentions import replaced
from users.names import Named

from .models import EVERYBODY_ID
from .models.previews import start_of_text
from .protocol import PREVIEW_LENGTH

DELETED_USER = "Deleted user"

Names = Mapping[int, Named]  # by the id of the user


class MentionFields(TypedDict):
    """Whom a message mentions."""

    mention_ids: Annotated[list[int], "The people whom it mentions by `@username`."]
    mention_names: Annotated[
        dict[str, str], "Their present names, by the user names in it, in lower case."
    ]
    mentions_all: Annotated[bool, "Whether it mentions all members, by `@all`."]


class Mentioning(Protocol):
    """What stores whom it mentions: a message, or a preview."""

    @property
    def sender_id(self) -> int:
        """Who wrote it."""
        ...

    @property
    def mention_ids(self) -> list[int] | None:
        """The people, and `EVERYBODY_ID`."""
        ...

    @property
    def mention_names(self) -> list[str] | None:
        """The user names by which it does, in lower case."""
        ...


def mention_fields(row: Mentioning, names: Names) -> MentionFields:
    """Whom a message mentions, on the wire."""
    ids = row.mention_ids
    if not ids:
        return {"mention_ids": [], "mention_names": {}, "mentions_all": False}
    return {
        "mention_ids": [user_id for user_id in ids if user_id != EVERYBODY_ID],
        "mention_names": present_names(row, names),
        "mentions_all": EVERYBODY_ID in ids,
    }


def present_names(row: Mentioning, names: Names) -> dict[str, str]:
    """What those are called now whom a message mentions, by the user names in it."""
    if not (row.mention_ids and row.mention_names):
        return {}
    return {
        username: names[user_id].name if user_id in names else DELETED_USER
        for username, user_id in zip(row.mention_names, row.mention_ids, strict=True)
        if user_id != EVERYBODY_ID
    }


def preview(content: str, html: str | None, mention_names: Mapping[str, str]) -> str:
    """The first `PREVIEW_LENGTH` characters of a message, with those mentioned by present names."""
    shown = {username: isolate(name) for username, name in mention_names.items()}
    return cut(replaced(start_of_text(content, html), shown), PREVIEW_LENGTH)


def people_in(rows: Iterable[Mentioning]) -> set[int]:
    """The ids of the people whose names messages show: their senders, and those they mention."""
    ids: set[int] = set()
    for row in rows:
        ids.add(row.sender_id)
        ids.update(row.mention_ids or ())
    return ids - {EVERYBODY_ID}
