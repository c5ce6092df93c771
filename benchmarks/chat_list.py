"""The latest 100 of a person's 500 chats, with unread counts and last messages."""

from collections.abc import Mapping
from itertools import islice

import orjson

from . import commands, data
from .documents import Plan
from .http_load import Check, get, load
from .http_servers import LIMIT, OURS
from .results import Results, Target
from .stage import Server, chosen, environment, serving

TOPIC = "chat_list"
ALONE, MANY = "1 connection", "16 connections"
SHOWN = 100

TARGETS = [
    Target(
        "list of 100 of 500 chats: p50 of ours to PyMongo and orjson alone, 1 connection",
        *(TOPIC, (ALONE, OURS.name), (ALONE, LIMIT.name), "p50 ms"),
        at_most=1.5,
    ),
    Target(
        "list of 100 of 500 chats: round trips to MongoDB",
        *(TOPIC, (ALONE, OURS.name), None, "MongoDB round trips"),
        at_most=2,
    ),
]


def path(contender: str, user_id: int, limit: int) -> str:
    if contender == LIMIT.name:
        return f"/chats?user={user_id}&limit={limit}"
    return f"/api/v1/chats?limit={limit}"


def checker(user_id: int, limit: int) -> Check:
    """The latest chats in order, what isn't read of them, their last messages, and the count."""
    chats = [plan for plan in data.plans(data.scale()) if user_id in plan.member_ids]
    wanted = [_row(plan, user_id) for plan in islice(chats, limit)]

    def check(number: int, body: bytes) -> None:
        answer = orjson.loads(body)
        rows = [(row["unread_count"], row["last_message"]["content"]) for row in answer["results"]]
        if rows != wanted or answer["count"] != len(chats):
            raise AssertionError("these are not the latest chats")

    return check


def _row(plan: Plan, user_id: int) -> tuple[int, str]:
    return plan.size - plan.read_to(user_id), plan.content(plan.size)


def run(results: Results, stores: Mapping[str, str], *, quick: bool) -> None:
    """Ours and the limit."""
    for repeat in range(1 if quick else 3):
        for contender in chosen((OURS, LIMIT)):
            with serving(contender, environment(stores)) as server:
                _measure(results, stores, server, contender.name, repeat, quick)


def _measure(
    results: Results,
    stores: Mapping[str, str],
    server: Server,
    name: str,
    repeat: int,
    quick: bool,
) -> None:
    request = get(path(name, data.READER, SHOWN), data.token(data.READER))
    check = checker(data.READER, SHOWN)
    for case, connections in ((ALONE, 1), (MANY, 16)):
        found = load(
            *(server, lambda number: request, check),
            connections=connections,
            seconds=1.0 if quick else 4.0,
        )
        found.record(results, TOPIC, case, name, repeat, curve=True)
    asked = commands.per_request(stores, server, name, lambda number: request, check)
    results.note((TOPIC, ALONE, name), repeat, asked)
