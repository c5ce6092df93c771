"""Records what code asks MongoDB, and explains it with the indexes and without."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django_mongodb_backend.query import MongoQuery

from chatproject.stores.mongodb.compiler import SQLCompiler
from chatproject.stores.router import ChatRouter

RUNS = 3  # of a command, for the median of its time
NO_INDEXES = {"$natural": 1}
BLOCKING = {"SORT", "$sort", "$group"}  # they read all their input before the first result


@dataclass(frozen=True)
class Plan:
    """The winning plan of a command, and what carrying it out cost.

    `stages` run from the last to the first; `ranges` of indexes are searched, each of which takes
    one key beyond its end.
    """

    stages: tuple[str, ...]
    indexes: tuple[str, ...]
    ranges: int
    keys: int
    documents: int
    returned: int
    milliseconds: float

    @property
    def scans(self) -> bool:
        """True if a whole collection is read."""
        return "COLLSCAN" in self.stages

    @property
    def sorts(self) -> bool:
        """True if nothing comes out before everything has been read."""
        return not BLOCKING.isdisjoint(self.stages)

    def __str__(self) -> str:
        path = " < ".join(dict.fromkeys(self.stages))
        return f"{path} ({', '.join(dict.fromkeys(self.indexes))})" if self.indexes else path


@dataclass(frozen=True)
class Command:
    """An aggregate or find as it was sent."""

    collection: str
    body: dict[str, Any]

    def explain(self, *, indexes: bool = True) -> Plan:
        """Carry the command out and say how; without indexes it reads in the stored order."""
        body = self.body if indexes else {**self.body, "hint": NO_INDEXES}
        database = _connection().database
        answer = database.command("explain", body, verbosity="executionStats")
        return _plan(answer, _median_time(database, body), _joined(database, body))


class _Recorder:
    """A collection that notes reads and answers them, and notes updates without doing them."""

    def __init__(self, collection: Any, commands: list[Command]) -> None:
        self._collection = collection
        self._commands = commands

    def aggregate(self, pipeline: list[dict[str, Any]], **options: Any) -> Any:
        hint = {"hint": options["hint"]} if "hint" in options else {}
        self._note("aggregate", pipeline=pipeline, cursor={"batchSize": 10_000}, **hint)
        return self._collection.aggregate(pipeline, **options)

    def find(self, filter: dict[str, Any], projection: Any = None, **options: Any) -> Any:  # noqa: A002
        shape = {name: options[name] for name in ("sort", "limit") if name in options}
        self._note("find", filter=filter, projection=projection or {}, batchSize=10_000, **shape)
        return self._collection.find(filter, projection, **options)

    def find_one(self, filter: dict[str, Any]) -> Any:  # noqa: A002
        return next(iter(self.find(filter, limit=1)), None)

    def with_options(self, **options: Any) -> _Recorder:
        return _Recorder(self._collection.with_options(**options), self._commands)

    def find_one_and_update(
        self,
        filter: dict[str, Any],  # noqa: A002
        update: Any,
        *,
        sort: Any = None,
        **options: Any,
    ) -> None:
        """The search of the update is explained; nothing is written."""
        self._note("find", filter=filter, sort=dict(sort or {}), limit=1)

    def _note(self, kind: str, **body: Any) -> None:
        name = self._collection.name
        self._commands.append(Command(name, {kind: name, **body}))


@contextmanager
def recorded() -> Iterator[list[Command]]:
    """Collects every command for the chats' database that is sent inside of it."""
    connection, commands = _connection(), list[Command]()
    original = connection.get_collection
    connection.get_collection = lambda *names, **options: _Recorder(
        original(*names, **options), commands
    )
    try:
        yield commands
    finally:
        del connection.get_collection


@contextmanager
def stock_engine() -> Iterator[None]:
    """Queries as django_mongodb_backend writes them without our subclass."""
    ours, SQLCompiler.query_class = SQLCompiler.query_class, MongoQuery
    try:
        yield
    finally:
        SQLCompiler.query_class = ours


def _connection() -> Any:
    return connections[ChatRouter.alias]


def _median_time(database: Any, body: dict[str, Any]) -> float:
    """Milliseconds of the command itself, seen from here: `explain`, which has just read the same
    rows, counts whole ones only.
    """
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        database.command(body)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def _joined(database: Any, body: dict[str, Any]) -> int:
    """How many rows of other collections a command's `$lookup` stages return."""
    names = [stage["$lookup"]["as"] for stage in body.get("pipeline", []) if "$lookup" in stage]
    if not names:
        return 0
    batch = database.command(body)["cursor"]["firstBatch"]
    return sum(len(row[name]) for row in batch for name in names)


def _plan(answer: dict[str, Any], milliseconds: float, joined: int) -> Plan:
    nodes = [node for plan in _found(answer, "winningPlan") for node in _nodes(plan)]
    costs = _found(answer, "executionStats")
    later = answer.get("stages", [])[1:]
    lookups = [stage for stage in later if "$lookup" in stage]
    returned = int(later[-1]["nReturned"]) if later else sum(cost["nReturned"] for cost in costs)
    return Plan(
        stages=(
            *(name for stage in reversed(later) if (name := next(iter(stage))) != "$project"),
            *("COLLSCAN" for stage in lookups if stage["collectionScans"]),
            *(node["stage"] for node in nodes),
        ),
        indexes=(
            *(name for stage in lookups for name in stage["indexesUsed"]),
            *(node["indexName"] for node in nodes if "indexName" in node),
        ),
        ranges=len(lookups) + sum(_ranges(node) for node in nodes),
        keys=sum(cost["totalKeysExamined"] for cost in (*costs, *lookups)),
        documents=sum(cost["totalDocsExamined"] for cost in (*costs, *lookups)),
        returned=returned + joined,
        milliseconds=milliseconds,
    )


def _ranges(node: dict[str, Any]) -> int:
    bounds = node.get("indexBounds", {})
    if node["stage"] == "COUNT_SCAN":  # from one key to another
        return 1
    return math.prod(len(intervals) for intervals in bounds.values()) if bounds else 0


def _found(value: Any, key: str) -> list[dict[str, Any]]:
    """Every value of this key, of all shards and pipeline stages, from the outside in."""
    if isinstance(value, list):
        return [found for item in value for found in _found(item, key)]
    if not isinstance(value, dict):
        return []
    if isinstance(value.get(key), dict):
        return [value[key]]
    return [found for item in value.values() for found in _found(item, key)]


def _nodes(plan: Any) -> Iterator[dict[str, Any]]:
    """The stages of a plan, from the last to the first."""
    if isinstance(plan, list):
        for item in plan:
            yield from _nodes(item)
    elif isinstance(plan, dict):
        if isinstance(plan.get("stage"), str):
            yield plan
        for value in plan.values():
            yield from _nodes(value)
