"""`python -m benchmarks [--quick] [topic ...]`: run topics, and write what they measured."""

import argparse
import importlib
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from . import data, stage
from .results import Results

TOPICS = ("history", "send", "chat_list", "curves", "fanout", "idle", "activity")


def topic(name: str) -> ModuleType | None:
    """The module of a topic, where there is one."""
    if not Path(__file__).with_name(f"{name}.py").exists():
        return None
    return importlib.import_module(f".{name}", __package__)


def prepare(*, quick: bool) -> None:
    """Build the data on both cores, before anything is pinned."""
    with stage.stores() as stores:
        data.build(stores, quick=quick)


def measure(names: list[str], *, quick: bool, keep: bool) -> Results:
    """Run the topics; each is kept as soon as it has ended."""
    results = Results.load()
    stage.pin_client()
    with stage.stores() as stores:
        data.build(stores, quick=quick)
        for name in names:
            if (module := topic(name)) is None:
                continue
            started = time.monotonic()
            results.forget(name)
            module.run(results, stores, quick=quick)
            results.about.setdefault("runs", {})[name] = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
            print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)
            if keep:
                results.save()
    return results


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--quick", action="store_true", help="short runs, once; nothing is kept")
    parser.add_argument("--contenders", help="only these, separated by commas; nothing is kept")
    parser.add_argument("topics", nargs="*", default=TOPICS, help=", ".join(TOPICS))
    wanted = parser.parse_args()
    if wanted.contenders:
        os.environ["BENCH_CONTENDERS"] = wanted.contenders
    keep = not (wanted.quick or wanted.contenders)
    prepare(quick=wanted.quick)
    results = measure(list(wanted.topics), quick=wanted.quick, keep=keep)
    from . import report

    print(report.text(results))


if __name__ == "__main__":
    main()
