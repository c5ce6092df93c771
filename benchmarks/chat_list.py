"""The latest 100 of a person's 500 chats, with unread counts and last messages."""

from collections.abc import Mapping
from functools import cache, partial
from itertools import islice

import orjson

from . import commands, data
from .documents import Plan
from .http_load import Check, get, load, same
from .http_servers import LIMIT, OURS
from .load import Load, bursts
from .meter import Server
from .results import Results, Target
from .stage import all_serving

TOPIC = "chat_list"
ALONE, MANY = "1 connection", "16 connections"
SHOWN = 100

TARGETS = [
    Target(
        "list of 100 of 500 chats to PyMongo and orjson alone, 1 connection: p50",
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


@cache
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
    with all_serving((OURS, LIMIT), stores) as servers:
        for case, connections in ((ALONE, 1), (MANY, 16)):
            burst = partial(_burst, connections, 0.4 if quick else 1.0)
            rounds = 2 if quick else 8
            bursts(results, (TOPIC, case), servers, burst, rounds=rounds, curve=True)
        for name, server in servers.items():
            request = get(path(name, data.READER, SHOWN), data.token(data.READER))
            check = checker(data.READER, SHOWN)
            asked = commands.per_request(stores, server, name, same(request), check)
            results.note((TOPIC, ALONE, name), 0, asked)


def _burst(connections: int, seconds: float, name: str, server: Server) -> Load:
    return load_list(server, name, data.READER, SHOWN, connections=connections, seconds=seconds)


def load_list(
    server: Server, name: str, user_id: int, limit: int, *, connections: int, seconds: float
) -> Load:
    """Ask for the latest chats of a person for some seconds."""
    request = get(path(name, user_id, limit), data.token(user_id))
    return load(
        *(server, same(request), checker(user_id, limit)),
        connections=connections,
        seconds=seconds,
    )
