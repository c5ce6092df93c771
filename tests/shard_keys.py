"""Holds that what the product asks of a chat's collections names their shard key.

A sharded cluster sends a command without it to every shard, and refuses some writes.
"""

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from pymongo import monitoring

BASE_DIR = Path(__file__).resolve().parent.parent
PRODUCT = tuple(str(BASE_DIR / package) + "/" for package in ("chatproject", "chats", "users"))
TESTS = str(BASE_DIR / "tests") + "/"
READS = {"find", "aggregate", "count", "distinct"}
# Reads of many chats, wherever they are: by their members, or by people who moderate or repair.
ACROSS_CHATS = ("chats/admin/", "chats/explain/", "chats/management/")

missing: list[str] = []


class ShardKeys(monitoring.CommandListener):
    """Notes each command of the product without the shard key of its collection."""

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        name, command = event.command_name, event.command
        collection = command.get(name)
        key = _keys().get(collection) if isinstance(collection, str) else None
        if key is None or all(_names(row, key) for row in _filters(name, command)):
            return
        caller = _caller()
        if caller is None:
            return
        is_read = name in READS
        across = collection == "chats_chat" or caller.startswith(ACROSS_CHATS)
        if not (is_read and across) and (caller, is_read) not in EXCEPTIONS:
            missing.append(f"{name} on {collection} by {caller}: {command}"[:600])

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


EXCEPTIONS = {
    # What an account leaves in all its chats.
    ("chats/actions/accounts.py", True),
    # The links that are due, of all chats.
    ("chats/actions/link_previews.py", True),
    # Files that are to be removed, and the total of a person's.
    ("chats/actions/removed_files.py", True),
    ("chats/actions/uploads.py", True),
    # The questions that are due, of all chats.
    ("chats/assistant/questions.py", True),
}


@cache
def _keys() -> dict[str, str]:
    """The shard key of each collection; read late, because Django isn't ready before."""
    from chats.models.shard_keys import SHARD_KEYS

    return {model._meta.db_table: key for model, key in SHARD_KEYS.items()}


def _filters(name: str, command: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a command selects or inserts by; nothing for one that does neither."""
    match name:
        case "find":
            return [command.get("filter", {})]
        case "aggregate":
            pipeline = command["pipeline"]
            return [pipeline[0].get("$match", {}) if pipeline else {}]
        case "findAndModify" | "findandmodify" | "count" | "distinct":
            return [command.get("query", {})]
        case "update":
            return [row["q"] for row in command["updates"]]
        case "delete":
            return [row["q"] for row in command["deletes"]]
        case "insert":
            return list(command["documents"])
    return []


def _names(query: Any, key: str) -> bool:
    """Whether a query can match in few shards only: by its key, in each branch of an `$or`."""
    if not isinstance(query, Mapping):
        return False
    if key in query:
        value = query[key]
        return not isinstance(value, Mapping) or bool({"$in", "$eq"} & value.keys())
    if "$and" in query and any(_names(part, key) for part in query["$and"]):
        return True
    if "$or" in query and all(_names(part, key) for part in query["$or"]):
        return True
    return _in_expression(query.get("$expr"), key)


def _in_expression(expression: Any, key: str) -> bool:
    if not isinstance(expression, Mapping):
        return False
    for operator, arguments in expression.items():
        if operator == "$and" and any(_in_expression(part, key) for part in arguments):
            return True
        if operator in ("$eq", "$in") and arguments[0] == f"${key}":
            return True
    return False


def _caller() -> str | None:
    """The file of the product that asks; None if a test asks by itself, here or in a thread."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(TESTS):
            return None
        if path.startswith(PRODUCT) and "/stores/" not in path and "/models/" not in path:
            return path.removeprefix(str(BASE_DIR) + "/")
        frame = frame.f_back
    return None


@pytest.fixture(autouse=True)
def every_command_names_its_shard_key() -> Iterator[None]:
    """Fail a test in which the product asked for something in every shard."""
    missing.clear()
    yield
    assert not missing, missing
