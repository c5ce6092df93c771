"""Tables of what was measured: RESULTS.md, and the text of a quick run."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

from . import plots
from .results import Results, Spread, Target

FOLDER = Path(__file__).parent
FILE = FOLDER / "RESULTS.md"

SHARES = ("client CPU", "client core")

INTRODUCTION = """\
# Results

What `make bench` measured last; [decision 7](../docs/decisions/0007-benchmarks.md) says how, and
what is fair to whom. The server under test has a core of its own; the client, MongoDB and Valkey
share the other one. Each figure is a median of the repeats, in which the contenders take turns.
Only ratios of one run mean anything elsewhere. "CPU ms" is what a request costs the server,
"MongoDB CPU ms" what it costs MongoDB; "client core" is how busy the other core was, with all that
runs there.
"""

CONTENDERS = """\
| name | is |
| --- | --- |
| `ours` | this project under granian (WSGI): how pages and API run in production |
| `ours-daphne` | this project in one process, as `make run` starts it |
| `ours-uvicorn` | its sockets in production, on uvicorn as it comes |
| `ours-own` | the same with our own server protocol |
| `fastapi_beanie` | the original's design: FastAPI and Beanie on uvicorn, sockets in its memory |
| `stock_drf` | `ModelViewSet`, `ModelSerializer`, `LimitOffsetPagination`, the engine as it comes |
| `channels-daphne`, `channels-uvicorn` | a Channels consumer with one group, by the textbook |
| `socketio` | socket.io 4 with its Redis adapter |
| `limit` | PyMongo and orjson on a bare WSGI server; for fan-out a sender of its own |
"""


def write(results: Results, modules: Sequence[ModuleType]) -> None:
    """RESULTS.md and its plots, from all that is kept."""
    drawn = plots.draw(results)
    parts = [INTRODUCTION, *_headline(results, modules), "\n## Contenders\n", CONTENDERS]
    for module in modules:
        parts += _topic(results, module, drawn)
    parts += ["\n## Where\n", *_about(results)]
    FILE.write_text("\n".join(parts) + "\n")


def text(results: Results, modules: Sequence[ModuleType]) -> str:
    """The same for the terminal: all medians, then the targets."""
    lines = [
        f"{topic:<10} {case:<44} {contender:<22} {unit:<20} {value}"
        for topic, case, contender, units in _places(results)
        for unit in units
        for value in [figure(results.median(topic, case, contender, unit), unit)]
    ]
    for target, spread in _measured(results, modules):
        if spread is not None:
            verdict = "reached" if target.is_reached(spread[0]) else "NOT REACHED"
            lines.append(f"{verdict:<12} {target.text}: {number(spread[0])} ({limit(target)})")
    machine = results.about.get("machine", {})
    lines.append(
        f"Data: {machine.get('data')}. The targets are those of the full run and its data."
    )
    return "\n".join(lines)


def number(value: float) -> str:
    """Three figures, as people write them."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def figure(value: float, unit: str) -> str:
    """A number as its unit is read: shares of a core in percent."""
    return f"{value:.0%}" if unit in SHARES else number(value)


def limit(target: Target) -> str:
    bounds = (("≥", target.at_least), ("≤", target.at_most))
    return " and ".join(f"{sign} {number(bound)}" for sign, bound in bounds if bound is not None)


def _measured(
    results: Results, modules: Iterable[ModuleType]
) -> Iterator[tuple[Target, Spread | None]]:
    for module in modules:
        for target in module.TARGETS:
            yield target, target.measured(results)


def _headline(results: Results, modules: Iterable[ModuleType]) -> Iterator[str]:
    yield "| what | measured | lowest–highest | wanted | reached |"
    yield "| --- | --- | --- | --- | --- |"
    for target, spread in _measured(results, modules):
        if spread is None:
            yield f"| {target.text} | not measured | | {limit(target)} | |"
            continue
        middle, low, high = spread
        reached = "yes" if target.is_reached(middle) else "**no**"
        between = f"{number(low)}–{number(high)}"
        yield f"| {target.text} | {number(middle)} | {between} | {limit(target)} | {reached} |"


def _topic(results: Results, module: ModuleType, drawn: Sequence[plots.Plot]) -> Iterator[str]:
    rows = [place for place in _places(results) if place[0] == module.TOPIC]
    shown = [plot for plot in drawn if plot.topic == module.TOPIC]
    if not (rows or shown):
        return
    name = module.TOPIC.replace("_", " ").capitalize()
    yield f"\n## {name}\n"
    yield (module.__doc__ or "").strip().partition("\n\n")[0] + "\n"
    if rows:
        units = list(dict.fromkeys(unit for *_, units in rows for unit in units))
        yield from _table(results, rows, units)
    for plot in shown:
        yield f"\n![{plot.title}](plots/{plot.file})"


def _table(
    results: Results, rows: Sequence[tuple[str, str, str, list[str]]], units: Sequence[str]
) -> Iterator[str]:
    yield f"| case | contender | {' | '.join(units)} |"
    yield f"| --- | --- | {' | '.join('---:' for _ in units)} |"
    for topic, case, contender, found in rows:
        values = [
            figure(results.median(topic, case, contender, unit), unit) if unit in found else ""
            for unit in units
        ]
        yield f"| {case} | `{contender}` | {' | '.join(values)} |"


def _places(results: Results) -> list[tuple[str, str, str, list[str]]]:
    """Topic, case, contender and its units, a case's contenders together."""
    places: dict[tuple[str, str], dict[str, dict[str, None]]] = {}
    for one in results.measures:
        if one.x is None:
            case = places.setdefault((one.topic, one.case), {})
            case.setdefault(one.contender, {})[one.unit] = None
    return [
        (topic, case, contender, list(units))
        for (topic, case), contenders in places.items()
        for contender, units in contenders.items()
    ]


def _about(results: Results) -> Iterator[str]:
    yield "| | |"
    yield "| --- | --- |"
    for name, value in results.about.get("machine", {}).items():
        yield f"| {name} | {value} |"
    busiest = max((one.value for one in results.measures if one.unit == "client CPU"), default=0)
    yield f"| the client's CPU | at most {busiest:.0%} of its core in any run |"
    for name, reason in results.about.get("left out of fanout", {}).items():
        yield f"| `{name}` is left out of fanout | {reason} |"
    for topic, run in results.about.get("runs", {}).items():
        yield f"| {topic} | {run} |"
