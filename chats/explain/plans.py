"""The plans of commands, with and without indexes, and what they cost."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections

from chatproject.stores.router import ChatRouter

RUNS = 3  # of a command, for the median of its time
ALL = 10_000  # rows of the first batch: all that a hot query returns
NO_INDEXES = {"$natural": 1}
BARRIER: dict[str, Any] = {"$_internalInhibitOptimization": {}}  # nothing moves in front of it
JOINS = {"$lookup", "$unionWith"}
BLOCKING = {"SORT", "$sort", "$group"}  # stages that read all their input before the first result


@dataclass(frozen=True)
class Plan:
    """The winning plan of a command, and what it cost to run.

    `stages` are listed from the last to the first. `ranges` is the number of index ranges; each may
    examine one key beyond its end.
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
        """Whether a whole collection is read."""
        return "COLLSCAN" in self.stages

    @property
    def sorts(self) -> bool:
        """Whether a stage reads all its input before it returns anything."""
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
        """Run the command and return its plan; without `indexes` it reads in the stored order."""
        body = self.body if indexes else _without_indexes(self.body)
        database = _connection().database
        answer = database.command("explain", body, verbosity="executionStats")
        return _plan(answer, _median_time(database, body), _joined(database, body))


def _connection() -> Any:
    return connections[ChatRouter.alias]


def _without_indexes(body: dict[str, Any]) -> dict[str, Any]:
    """The command, so that it reads in the stored order.

    A hint reaches only the collection that it names; what a `$lookup` or `$unionWith` reads
    is kept from its indexes by a stage in front of it.
    """
    pipeline = [_scanning(stage) for stage in body.get("pipeline", [])]
    return {**body, "hint": NO_INDEXES, **({"pipeline": pipeline} if pipeline else {})}


def _scanning(stage: dict[str, Any]) -> dict[str, Any]:
    [(name, value)] = stage.items()
    if name not in JOINS:
        return stage
    inner = [_scanning(each) for each in value["pipeline"]]
    return {name: {**value, "pipeline": [BARRIER, *inner]}}


def _median_time(database: Any, body: dict[str, Any]) -> float:
    """The median time of a command, in milliseconds, round trip included.

    `explain`, which has just read the same rows, reports whole milliseconds only.
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
    """Every object under this key, of all shards and pipeline stages, the outermost only."""
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
