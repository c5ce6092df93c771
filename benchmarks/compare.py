"""`python -m benchmarks.compare OTHER [--rounds N] [--topics TOPIC ...]`: two trees in turns.

Both trees run short forms of their own benchmarks, of our servers only, with their own virtual
environments and data: in turns, each first in every other round, so that a machine that slows down
slows both. Prints the median, lowest and highest ratio of each figure, this tree to the other.
"""

import argparse
import json
import os
import subprocess
from collections import defaultdict
from pathlib import Path
from statistics import median

from .meter import REPO

CONTENDERS = "ours,ours-2,ours-4,ours-daphne,ours-own,ours-own-2,ours-uvicorn,ours-nginx"
# Run in each tree, so that each is measured by its own harness.
RUN = """
import dataclasses, json, sys
from benchmarks import __main__ as benchmarks
benchmarks.prepare(quick=True)
topics = [benchmarks.topic(name) for name in sys.argv[1:]]
found = benchmarks.measure(topics, quick=True, keep=False)
print(json.dumps([dataclasses.asdict(one) for one in found.measures]))
"""

Key = tuple[str, str, str, str]  # topic, case, contender, unit
Figures = dict[Key, float]


def measure(tree: Path, topics: list[str]) -> Figures:
    """One short run of these topics in a tree."""
    environment = {
        **os.environ,
        "BENCH_CONTENDERS": CONTENDERS,
        "BENCH_DIR": str(tree / "var" / "bench" / "quick"),
    }
    ran = subprocess.run(
        [tree / ".venv" / "bin" / "python", "-c", RUN, *topics],
        cwd=tree,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    values: dict[Key, list[float]] = defaultdict(list)
    for row in json.loads(ran.stdout.splitlines()[-1]):
        if row["x"] is None:
            values[row["topic"], row["case"], row["contender"], row["unit"]].append(row["value"])
    return {key: median(found) for key, found in values.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare")
    parser.add_argument("other", type=Path, help="a checkout with a .venv that has what ours has")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--topics", nargs="+", default=["history", "send", "fanout"])
    wanted = parser.parse_args()
    other = wanted.other.resolve()
    ratios: dict[Key, list[float]] = defaultdict(list)
    for number in range(wanted.rounds):
        order = (REPO, other) if number % 2 else (other, REPO)
        found = {tree: measure(tree, wanted.topics) for tree in order}
        for key, value in found[REPO].items():
            if found[other].get(key):
                ratios[key].append(value / found[other][key])
        print(f"round {number + 1} of {wanted.rounds}", flush=True)
    for (topic, case, contender, unit), values in sorted(ratios.items()):
        spread = f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"
        print(f"{topic:8} {case:40} {contender:14} {unit:28} {spread}")


if __name__ == "__main__":
    main()
