"""People whom MongoDB knows and SQL doesn't: SQL was restored from an older backup than MongoDB."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from chats.models import Chat, log
from users.models import User

LOOKED_AT = 100  # chats, those with the newest people
BATCH = 1_000  # people looked up at once


def newest_lost() -> list[int]:
    """Lost people among the newest members of chats, in order; a hundred index keys."""
    rows = Chat.objects.collection().find({}, {"member_ids": 1}, sort={"member_ids": -1})
    found = {user_id for row in rows.limit(LOOKED_AT) for user_id in row["member_ids"]}
    return sorted(_without_account(found))


def all_lost() -> Iterator[int]:
    """Everybody who is a member, or has sent a message, and has no account; reads all chats."""
    stages: list[dict[str, Any]] = [
        {"$unwind": "$member_ids"},
        {"$group": {"_id": "$member_ids"}},
    ]
    members = (row["_id"] for row in Chat.objects.collection().aggregate(stages))
    for ids in (members, iter(log.rows().distinct("sender_id"))):
        while batch := list(islice(ids, BATCH)):
            yield from sorted(_without_account(batch))


def _without_account(user_ids: Iterable[int]) -> set[int]:
    wanted = {user_id for user_id in user_ids if user_id is not None}
    return wanted.difference(User.objects.filter(pk__in=wanted).values_list("pk", flat=True))
