"""Lines between messages, as `Ada added Alan`: the rules of static/js/models/lines.js."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from chatproject.stores.mongodb.documents import Document
from chatproject.text.bidi import isolate
from chats.models import Change
from chats.models.log import CREATED
from chats.representation import dashed, iso
from users.names import Named

Names = Mapping[int, Named]  # by the id of the user

MOST_OPEN = 3  # lines at one place; more are folded
ACCESS = {
    "private": "let nobody join by themselves",
    "request": "let people ask to join",
    "open": "let anybody join",
}
HISTORY = {
    True: "let new members read what was said before",
    False: "let new members read only what is new",
}
ASSISTANT = {True: "let @ai read what was said", False: "let @ai read only what it is asked"}


@dataclass(frozen=True)
class Line:
    """A change, in words; `message_id`: of which message."""

    rev: int
    kind: str
    by: int
    user_id: int | None
    message_id: str | None
    text: str
    at: datetime
    at_iso: str


@dataclass(frozen=True)
class LinesAt:
    """The lines after a message, in order, and what is shown of them while they are folded."""

    after_seq: int
    lines: list[Line]
    summary: str


def lines_by_place(rows: Iterable[Document], names: Names) -> dict[int, LinesAt]:
    """Rows of the log, in order, as lines by the `seq` of the message before them."""
    return {
        after_seq: _lines_at(after_seq, list(group), names)
        for after_seq, group in groupby(rows, itemgetter("after_seq"))
    }


def _lines_at(after_seq: int, rows: list[Document], names: Names) -> LinesAt:
    lines = [_line(row, names) for row in rows]
    summary = _summary(lines, names) if len(lines) > MOST_OPEN else ""
    return LinesAt(after_seq, lines, summary)


def _line(row: Document, names: Names) -> Line:
    message_id = row.get("message_id")
    return Line(
        rev=row["rev"],
        kind=row["kind"],
        by=row["by"],
        user_id=row.get("user_id"),
        message_id=dashed(message_id) if message_id else None,
        text=sentence(row, names),
        at=row["created_at"],
        at_iso=iso(row["created_at"]),
    )


def sentence(row: Document, names: Names) -> str:
    """What a row of the log says."""
    by, user = _name(row["by"], names), _name(row.get("user_id"), names)
    is_own = row["by"] == row.get("user_id")
    match row["kind"]:
        case Change.Kind.MEMBER_ADDED:
            return f"{user} joined" if is_own else f"{by} added {user}"
        case Change.Kind.MEMBER_REMOVED:
            return f"{user} left" if is_own else f"{by} removed {user}"
        case Change.Kind.MESSAGE_PINNED:
            return f"{by} pinned a message"
        case Change.Kind.CHAT_UPDATED:
            return f"{by} {' and '.join(_updates(row, user))}"
    assert row["kind"] == CREATED
    return f"{by} created this group"


def _updates(row: Document, user: str) -> list[str]:
    name, owner = row.get("name"), row.get("user_id")
    updates = [f"named the group “{isolate(name)}”"] if name else []
    updates += [f"made {user} the owner"] if owner else []
    values = (
        (row.get("access"), ACCESS),
        (row.get("history_for_new_members"), HISTORY),
        (row.get("assistant_sees_history"), ASSISTANT),
    )
    return updates + [texts[value] for value, texts in values if value is not None]


def _summary(lines: list[Line], names: Names) -> str:
    count = len(lines)
    kinds = {(line.kind, line.by == line.user_id) for line in lines}
    if kinds == {(Change.Kind.MEMBER_ADDED, True)}:
        return f"{count} people joined"
    if kinds == {(Change.Kind.MEMBER_REMOVED, True)}:
        return f"{count} people left"
    if kinds == {(Change.Kind.MEMBER_ADDED, False)} and len({line.by for line in lines}) == 1:
        return f"{_name(lines[0].by, names)} added {count} people"
    return f"{count} changes"


def _name(user_id: int | None, names: Names) -> str:
    person = names.get(user_id or 0)
    return isolate(person.name) if person else "Deleted user"
