"""Counts what a request asks of MongoDB, by MongoDB's own profiler."""

from collections.abc import Mapping
from typing import Any

from . import data
from .http_load import Check, Request, load_few
from .http_servers import PEER
from .meter import Server

REQUESTS = 100
ROOM = 1 << 26  # bytes for what the profiler notes
WRITES = {"insert", "update", "remove"}


def per_request(
    stores: Mapping[str, str],
    server: Server,
    contender: str,
    request: Request,
    check: Check,
    status: int = 200,
) -> dict[str, float]:
    """Commands of one request, on average, and how many of them it waits for."""
    with data.client(stores) as mongo:
        database = mongo["bench_peer" if contender == PEER.name else "bench"]
        database.drop_collection("system.profile")
        database.create_collection("system.profile", capped=True, size=ROOM)
        database.command("profile", 2)
        try:
            load_few(server, request, check, connections=1, most=REQUESTS, status=status)
        finally:
            database.command("profile", 0)
        own = {"ns": {"$ne": f"{database.name}.system.profile"}}
        asked = list(database["system.profile"].find(own))
        database.drop_collection("system.profile")
    waited = [command for command in asked if _is_answered(command)]
    return {
        "MongoDB commands": len(asked) / REQUESTS,
        "MongoDB round trips": len(waited) / REQUESTS,
    }


def _is_answered(command: Mapping[str, Any]) -> bool:
    """False for a write that asks for no acknowledgement (w: 0), which has no concern here."""
    return command["op"] not in WRITES or "writeConcern" in command
