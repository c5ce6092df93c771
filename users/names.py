"""What people are called. Nearly every answer shows it, and it rarely changes, so a process reads a
name from SQL at most once a second, and may show a former one for as long.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from django.db import connections

KEPT = 1.0  # seconds
MOST_KEPT = 10_000  # names
# As SQL: the ORM takes longer to write it than the database to answer.
NAMES = "SELECT id, username, first_name, last_name, is_bot FROM users_user WHERE id IN ({})"


class Named(Protocol):
    """What people are called, wherever it comes from: a `Name`, or a whole `User`."""

    @property
    def username(self) -> str:
        """The unique name that the person signs in with."""
        ...

    @property
    def name(self) -> str:
        """What others read: first and last name, or else the user name."""
        ...


class Name(NamedTuple):
    """What a person is called: `name` is what others read."""

    pk: int
    username: str
    name: str
    is_bot: bool


_kept: dict[int, tuple[float, Name]] = {}  # until when, by the monotonic clock


def full_name(first_name: str, last_name: str) -> str:
    """First and last name as one; empty if both are."""
    return f"{first_name} {last_name}".strip()


def names_of(ids: Iterable[int], database: str) -> dict[int, Name]:
    """The names of these people by id, with one query, or none if all are cached."""
    moment = time.monotonic()
    names: dict[int, Name] = {}
    wanted = []
    for user_id in set(ids):
        until, name = _kept.get(user_id, (0.0, None))
        if name is not None and moment < until:
            names[user_id] = name
        else:
            wanted.append(user_id)
    for name in _read(wanted, database) if wanted else ():
        names[name.pk] = name
        _kept[name.pk] = moment + KEPT, name
    if len(_kept) > MOST_KEPT:
        _kept.clear()
    return names


def forget(user_id: int) -> None:
    """Drop a cached name, which this process has changed."""
    _kept.pop(user_id, None)


def _read(ids: list[int], database: str) -> list[Name]:
    marks = ", ".join(["%s"] * len(ids))
    with connections[database].cursor() as cursor:
        cursor.execute(NAMES.format(marks), sorted(ids))
        rows = cursor.fetchall()
    return [
        Name(user_id, username, full_name(first, last) or username, bool(is_bot))
        for user_id, username, first, last, is_bot in rows
    ]
