"""Plots of what was measured, as SVG: cost against size, and how latencies are distributed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl

from .results import Results

FOLDER = Path(__file__).parent / "plots"
STYLES = ("-", "--", ":", "-.")
SETTINGS = {
    "svg.hashsalt": "benchmarks",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@dataclass(frozen=True)
class Plot:
    """Curves of one topic: a line for each contender and each case that begins so."""

    file: str
    title: str
    topic: str
    cases: tuple[str, ...]
    unit: str
    x_label: str
    y_label: str
    distribution: bool = False  # the unit to the right, the share of answers upwards


SIZED = "p50 of one connection, ms"
SHARE = "% of answers that take no longer"
PLOTS = (
    Plot(
        *("history-newest.svg", "Newest page of 50, against the size of the chat", "curves"),
        *(("newest page of a chat",), "p50 ms", "messages of the chat", SIZED),
    ),
    Plot(
        *("history-oldest.svg", "Oldest page of 50, against the size of the chat", "curves"),
        *(("oldest page of a chat",), "p50 ms", "messages of the chat", SIZED),
    ),
    Plot(
        *("members.svg", "Newest page of 50, and a send, against the members", "curves"),
        *(("newest page of a room", "message to a room"), "p50 ms", "members", SIZED),
    ),
    Plot(
        *("chat-list.svg", "The 10 latest chats, against the chats of a person", "curves"),
        *(("10 latest chats",), "p50 ms", "chats of the person", SIZED),
    ),
    Plot(
        *("history-latency.svg", "History page of 50, 16 connections", "history"),
        *(("newest", "four fifths back"), "latency ms", "ms", SHARE, True),
    ),
    Plot(
        *("send-latency.svg", "POST of a message, 16 connections", "send"),
        *(("to one chat",), "latency ms", "ms", SHARE, True),
    ),
    Plot(
        *("fanout-sockets.svg", "Delivery of an event, against the sockets of the room", "fanout"),
        *(("against the size of the room",), "CPU µs a delivery", "sockets", "CPU µs a delivery"),
    ),
    Plot(
        *("fanout-latency.svg", "Delivery at 20 events/s", "fanout"),
        *(("500 sockets, 20 events/s",), "latency ms", "ms", SHARE, True),
    ),
)


def draw(results: Results) -> list[Plot]:
    """Draw the plots that there are measures for; answers those."""
    mpl.use("svg")
    FOLDER.mkdir(exist_ok=True)
    with mpl.rc_context(SETTINGS):
        return [plot for plot in PLOTS if _draw(plot, results)]


def _draw(plot: Plot, results: Results) -> bool:
    from matplotlib import pyplot

    lines = list(_lines(plot, results))
    if not lines:
        return False
    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    colours = {name: f"C{n}" for n, name in enumerate(dict.fromkeys(name for _, name in lines))}
    cases = list(dict.fromkeys(case for case, _ in lines))
    for case, contender in lines:
        points = results.curve(plot.topic, case, contender, plot.unit)
        xs, ys = zip(*points, strict=True)
        axes.plot(
            *((ys, xs) if plot.distribution else (xs, ys)),
            color=colours[contender],
            linestyle=STYLES[cases.index(case) % len(STYLES)],
            marker=None if plot.distribution else "o",
            markersize=4,
            label=contender if len(cases) == 1 else f"{contender}, {case.split(',')[-1].strip()}",
        )
    _finish(plot, axes)
    figure.savefig(FOLDER / plot.file, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    return True


def _finish(plot: Plot, axes: Any) -> None:
    axes.set_xscale("log")
    if not plot.distribution:
        axes.set_yscale("log")
    axes.set(title=plot.title, xlabel=plot.x_label, ylabel=plot.y_label)
    ticks = "{x:,g}"
    axes.xaxis.set_major_formatter(ticks)
    axes.yaxis.set_major_formatter(ticks)
    axes.yaxis.set_minor_formatter("" if plot.distribution else ticks)
    axes.legend(fontsize=8)


def _lines(plot: Plot, results: Results) -> Iterator[tuple[str, str]]:
    """Case and contender of each line, in the order in which they were measured."""
    found = {
        (one.case, one.contender): None
        for one in results.measures
        if one.x is not None and (one.topic, one.unit) == (plot.topic, plot.unit)
    }
    for case, contender in found:
        if case.startswith(plot.cases) and not case.endswith("1 connection"):
            yield case, contender
