"""Asks for pages of a history, in the words of each contender, and checks them."""

from typing import Any

import orjson

from . import data
from .documents import Plan
from .http_load import Check, Request, get, load, load_few, same
from .http_servers import LIMIT, PEERS, STOCK
from .load import Load
from .meter import Server

PAGE = 50  # messages
FAR = 50_000  # messages that are skipped slowly


def path(contender: str, plan: Plan, user_id: int, offset: int) -> str:
    if contender == LIMIT.name:
        return f"/messages/{plan.id.hex}?user={user_id}&skip={offset}&limit={PAGE}"
    name = "skip" if contender in PEERS else "offset"
    return f"/api/v1/chats/{plan.id}/messages?{name}={offset}&limit={PAGE}"


def check(contender: str, plan: Plan, offset: int, body: bytes) -> None:
    """Exactly the messages asked for, newest first; and the count of those who count."""
    answer: dict[str, Any] = orjson.loads(body)
    rows = answer["messages" if contender in PEERS else "results"]
    newest = plan.size - offset
    wanted = [plan.content(seq) for seq in range(newest, max(newest - PAGE, 0), -1)]
    if [row["content"] for row in rows] != wanted:
        raise AssertionError(f"{contender}: wrong messages at offset {offset}")
    if contender not in PEERS and answer["count"] != plan.size:
        raise AssertionError(f"{contender}: counts {answer['count']} instead of {plan.size}")


def load_pages(
    server: Server,
    contender: str,
    plan: Plan,
    user_id: int,
    offset: int,
    *,
    connections: int,
    seconds: float,
) -> Load:
    """Ask for the same page by every connection for some seconds; a slow one once by each."""
    request = get(path(contender, plan, user_id, offset), data.token(user_id))
    what: tuple[Server, Request, Check] = (
        server,
        same(request),
        lambda number, body: check(contender, plan, offset, body),
    )
    if contender == STOCK.name or (contender in PEERS and offset >= FAR):
        return load_few(*what, connections=connections, most=connections)
    return load(*what, connections=connections, seconds=seconds)
