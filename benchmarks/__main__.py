"""`python -m benchmarks [--quick] [topic ...]`: run topics, and write what they measured."""

import argparse
import gc
import importlib
import os
import time
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from . import data, http_servers, machine, postgresql, report, stage
from .results import Results

TOPICS = (
    "history",
    "rich",
    "send",
    "screen",
    "writers",
    "chat_list",
    "curves",
    "fanout",
    "scaling",
    "idle",
    "activity",
    "reading",
    "browser",
    "click",
    "weight",
)


def topic(name: str) -> ModuleType | None:
    """The module of a topic, where there is one."""
    if not Path(__file__).with_name(f"{name}.py").exists():
        return None
    return importlib.import_module(f".{name}", __package__)


def prepare(*, quick: bool) -> None:
    """Build the data on both cores, before anything is pinned."""
    with stage.stores() as stores:
        data.build(stores, quick=quick)


def _postgresql(
    stores: dict[str, str], modules: list[ModuleType]
) -> AbstractContextManager[dict[str, str]]:
    """One for the topics that compare it, if it was asked for."""
    wanted = any(hasattr(module, "documented") for module in modules)
    if wanted and stage.chosen([http_servers.OURS_POSTGRESQL]):
        return postgresql.running(stores)
    return nullcontext({})


def measure(modules: list[ModuleType], *, quick: bool, keep: bool) -> Results:
    """Run the topics; each is kept as soon as it has ended."""
    results = Results.load() if keep else Results()
    with stage.stores() as urls, ExitStack() as stack:
        data.build(urls, quick=quick)
        stores = {**urls, **stack.enter_context(_postgresql(urls, modules))}
        stage.place()
        gc.collect()
        gc.freeze()  # the client's own collector is in nobody's way
        results.about["machine"] = machine.describe(stores)
        for module in modules:
            started, busy = time.monotonic(), machine.load()
            print(f"{module.TOPIC} ...", flush=True)
            results.forget(module.TOPIC)
            module.run(results, stores, quick=quick)
            seconds = time.monotonic() - started
            when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {seconds:.0f} s, load before {busy}"
            results.about.setdefault("runs", {})[module.TOPIC] = when
            print(f"{module.TOPIC}: {when}", flush=True)
            if keep:
                results.save()
    return results


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--quick", action="store_true", help="short runs, once; nothing is kept")
    parser.add_argument("--contenders", help="only these, separated by commas; nothing is kept")
    parser.add_argument("--report", action="store_true", help="write RESULTS.md anew; run nothing")
    parser.add_argument("topics", nargs="*", help=f"some of {', '.join(TOPICS)}; without any, all")
    wanted = parser.parse_args()
    if wanted.contenders:
        os.environ["BENCH_CONTENDERS"] = wanted.contenders
    modules = [module for name in TOPICS if (module := topic(name))]
    chosen = [one for one in modules if not wanted.topics or one.TOPIC in wanted.topics]
    keep = not (wanted.quick or wanted.contenders)
    if wanted.report:
        results = Results.load()
    else:
        prepare(quick=wanted.quick)
        results = measure(chosen, quick=wanted.quick, keep=keep)
    if keep:
        report.write(results, modules)
    print(report.text(results, modules))


if __name__ == "__main__":
    main()
