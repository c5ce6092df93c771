"""Tables of what was measured: RESULTS.md, the README's table, and the text of a quick run."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from .meter import REPO
from .results import NO, UNDECIDED, YES, Results, Spread, Target

if TYPE_CHECKING:
    from .plots import Plot

FOLDER = Path(__file__).parent
FILE = FOLDER / "RESULTS.md"
README = REPO / "README.md"
BEGIN, END = "<!-- benchmarks -->\n", "<!-- end of benchmarks -->"

SHARES = ("client CPU",)
SHOWN = {YES: "yes", NO: "**no**", UNDECIDED: "undecided"}
Row = tuple[Target, Spread | None]

INTRODUCTION = """\
# Results

What `make bench` measured last; [decision 7](../docs/decisions/0007-benchmarks.md) says how, and
what is fair to whom. Only ratios of one run mean anything elsewhere.

- **Two deployments.** Where a case says "documented", nothing is pinned, and each server has two
  processes, as in [deployment](../docs/deployment.md). Otherwise the server is one process with a
  core of its own; the client and the stores share the other one.
- **What both sides have.** The garbage collector tuned by the same two lines; as many processes;
  uvloop where the server is uvicorn (the peer has httptools too); pages of 50 messages; writes that
  a majority has in its journal. Not the token: ours is looked up in SQL with its sign-in and user
  by every request (SQLite, or PostgreSQL for `ours-postgresql`), the peer's is trusted by its
  signature.
- **In turns.** Contenders are up at the same time. Each has a burst of about a second a round, in
  rotating order. A figure is the median of the rounds, a ratio the median of those of each round.
  Alone are: idle sockets, activity, reading, the browser.
- **Interval** is the 95 % interval of that median (bootstrap over the rounds; of three rounds or
  fewer their range). Where what is wanted lies inside of it, the target is undecided.
- **CPU** is that of all processes, MongoDB and Valkey (and PostgreSQL) included, the client not:
  "total CPU", and by process. It is that of one request, delivery, message, socket or click.
"""

CONTENDERS = """\
| name | is |
| --- | --- |
| `ours` | this project under granian (WSGI), as pages and API run in production |
| `ours-postgresql` | the same with its accounts in PostgreSQL |
| `ours-2`, `ours-4` | the same, two and four processes on the one core |
| `ours-daphne` | this project in one process, as `make run` starts it |
| `ours-uvicorn` | its sockets in production, on uvicorn as it comes |
| `ours-own`, `ours-own-2` | the same with our own server protocol, in one process and in two |
| `ours-nginx` | all of a deployment behind nginx |
| `fastapi_beanie` | the peer: the original's design, on uvicorn, sockets in its memory |
| `fastapi_beanie-gc` | the same with the garbage collector as it comes |
| `stock_drf` | `ModelViewSet`, `ModelSerializer`, `LimitOffsetPagination`, the engine as it comes |
| `channels-daphne`, `channels-uvicorn` | a Channels consumer with one group, by the textbook |
| `socketio` | socket.io 4 with its Redis adapter |
| `limit` | PyMongo and orjson on a bare WSGI server; for fan-out a sender of its own |
"""

FORMER = """
## Definitions that changed

The same bursts by the definition that was used until November 2026: CPU was that of the server
alone, and the peer's garbage collector was as it comes. (A ratio was the median of three repeats.)

| what | former definition | measured | interval | now |
| --- | --- | --- | --- | --- |"""


def write(results: Results, modules: Sequence[ModuleType]) -> None:
    """RESULTS.md, its plots and the README's table, from all that is kept."""
    from . import plots  # matplotlib, of the extra `bench`

    drawn = plots.draw(results)
    rows = list(_measured(results, modules))
    parts = [INTRODUCTION, *_table_of(rows), FORMER, *_former(results, rows)]
    parts += ["\n## Contenders\n", CONTENDERS]
    for module in modules:
        parts += _topic(results, module, drawn)
    parts += ["\n## Where\n", *_about(results)]
    FILE.write_text("\n".join(parts) + "\n")
    README.write_text(with_table(README.read_text(), rows))


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
            value = f"{number(spread[0])} [{between(spread)}]"
            lines.append(f"{target.verdict(spread):<12} {target.text}: {value} ({limit(target)})")
    machine = results.about.get("machine", {})
    lines.append(
        f"Data: {machine.get('data')}. The targets are those of the full run and its data."
    )
    return "\n".join(lines)


def with_table(readme: str, rows: Sequence[Row]) -> str:
    """The README with its table: what is compared with the peer, and whatever isn't reached."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    measured = [row for row in rows if row[1] is not None]
    shown = [row for row in measured if row[0].is_headline or _verdict(row) != YES]
    counts = {one: sum(_verdict(row) == one for row in measured) for one in SHOWN}
    missing = len(rows) - len(measured)
    summary = (
        f"Of {len(measured)} targets {counts[YES]} are reached, {counts[NO]} are not, and "
        f"{counts[UNDECIDED]} are undecided, as what is wanted lies inside the interval. "
        "All of the latter two are in this table; the rest is in "
        "[benchmarks/RESULTS.md](benchmarks/RESULTS.md)."
    )
    if missing:
        summary += f" {missing} more weren't measured in the latest run."
    return f"{before}{BEGIN}\n" + "\n".join([*_table_of(shown), "", summary]) + f"\n{END}{after}"


def number(value: float) -> str:
    """Three figures, as people write them."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def figure(value: float, unit: str) -> str:
    """A number as its unit is read: shares of a core in percent."""
    return f"{value:.0%}" if unit in SHARES else number(value)


def between(spread: Spread) -> str:
    return f"{number(spread[1])}–{number(spread[2])}"


def limit(target: Target) -> str:
    bounds = (("≥", target.at_least), ("≤", target.at_most))
    return " and ".join(f"{sign} {number(bound)}" for sign, bound in bounds if bound is not None)


def _verdict(row: Row) -> str | None:
    target, spread = row
    return target.verdict(spread) if spread else None


def _measured(results: Results, modules: Iterable[ModuleType]) -> Iterator[Row]:
    for module in modules:
        for target in module.TARGETS:
            yield target, target.measured(results)


def _table_of(rows: Iterable[Row]) -> Iterator[str]:
    yield "| what | compared with | measured | interval | wanted | reached |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for target, spread in rows:
        yield f"| {target.text} | {_other(target)} | {_cells(target, spread)} |"


def _other(target: Target) -> str:
    if target.to is None or target.to[1] == target.of[1]:
        return ""
    return f"`{target.to[1]}`"


def _cells(target: Target, spread: Spread | None) -> str:
    if spread is None:
        return f"not measured | | {limit(target)} | "
    reached = SHOWN[target.verdict(spread)]
    return f"{number(spread[0])} | {between(spread)} | {limit(target)} | {reached}"


def _former(results: Results, rows: Iterable[Row]) -> Iterator[str]:
    for target, spread in rows:
        if target.former and spread and (before := target.former.measured(results)):
            was, now = f"{number(before[0])} | {between(before)}", number(spread[0])
            yield f"| {target.text} | {target.former.text} | {was} | {now} |"


def _topic(results: Results, module: ModuleType, drawn: "Sequence[Plot]") -> Iterator[str]:
    rows = [place for place in _places(results) if place[0] == module.TOPIC]
    shown = [plot for plot in drawn if plot.topic == module.TOPIC]
    if not (rows or shown):
        return
    name = module.TOPIC.replace("_", " ").capitalize()
    yield f"\n## {name}\n"
    yield (module.__doc__ or "").strip() + "\n"
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
    yield f"| the client's CPU | at most {busiest:.0%} of a core in any burst |"
    for name, reason in results.about.get("left out of fanout", {}).items():
        yield f"| `{name}` is left out of fanout | {reason} |"
    for topic, run in results.about.get("runs", {}).items():
        yield f"| {topic} | {run} |"
