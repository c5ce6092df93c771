"""Plots of what was measured, as SVG: cost against size, and how latencies are distributed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot
from matplotlib.ticker import LogLocator

from .results import Results

mpl.use("svg")
FOLDER = Path(__file__).parent / "plots"
NUMBERS = "{x:,.10g}"
STYLES = ("-", "--", ":", "-.")
SETTINGS: Any = {
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
    """Curves of one topic: a line for each contender and each of these cases."""

    file: str
    title: str
    topic: str
    cases: tuple[str, ...]
    unit: str
    x_label: str
    y_label: str
    distribution: bool = False  # the unit to the right, the share of answers upwards


def _by_size(file: str, title: str, case: str, x_label: str) -> Plot:
    label = "p50 of one connection, ms"
    return Plot(file, title, "curves", (case,), "p50 ms", x_label, label)


def _latencies(file: str, title: str, topic: str, *cases: str) -> Plot:
    label = "% of answers that take no longer"
    return Plot(file, title, topic, cases, "latency ms", "ms", label, distribution=True)


PLOTS = (
    _by_size(
        "history-newest.svg",
        "Newest page of 50, against the size of the chat",
        "newest page of a chat of x messages",
        "messages of the chat",
    ),
    _by_size(
        "history-oldest.svg",
        "Oldest page of 50, against the size of the chat",
        "oldest page of a chat of x messages",
        "messages of the chat",
    ),
    _by_size(
        "members-page.svg",
        "Newest page of 50, against the members of the chat",
        "newest page of a room of x members",
        "members",
    ),
    _by_size(
        "members-send.svg",
        "POST of a message, against the members of the chat",
        "message to a room of x members",
        "members",
    ),
    _by_size(
        "chat-list.svg",
        "The 10 latest chats, against the chats of a person",
        "10 latest chats of x",
        "chats of the person",
    ),
    _latencies(
        "history-latency.svg",
        "History page of 50, 16 connections, as documented",
        "history",
        "newest, documented",
        "four fifths back, documented",
    ),
    _latencies(
        "send-latency.svg",
        "POST of a message, 16 connections to one chat, as documented",
        "send",
        "to one chat, documented",
    ),
    Plot(
        "fanout-sockets.svg",
        "Delivery of an event, against the sockets of the room",
        "fanout",
        ("against the size of the room",),
        "total CPU µs",
        "sockets",
        "CPU µs a delivery",
    ),
    Plot(
        "chat-list-socket.svg",
        "Start of a chat list's socket, against the chats of a person",
        "activity",
        ("start of the chat list's socket",),
        "ms to its first frame",
        "chats of the person",
        "ms until its first frame",
    ),
    _latencies(
        "fanout-latency.svg",
        "Delivery to 500 sockets at 20 events/s",
        "fanout",
        "500 sockets, 20 events/s, by percentile",
    ),
)


def draw(results: Results) -> list[Plot]:
    """Draw the plots that there are measures for; answers those."""
    FOLDER.mkdir(exist_ok=True)
    with mpl.rc_context(SETTINGS):
        return [plot for plot in PLOTS if _draw(plot, results)]


def _draw(plot: Plot, results: Results) -> bool:
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
            label=contender if len(cases) == 1 else f"{contender}, {case.partition(',')[0]}",
        )
    _finish(plot, axes)
    figure.savefig(FOLDER / plot.file, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    return True


def _finish(plot: Plot, axes: Any) -> None:
    axes.set(title=plot.title, xlabel=plot.x_label, ylabel=plot.y_label, xscale="log")
    axes.xaxis.set_major_formatter(NUMBERS)
    if not plot.distribution:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_minor_formatter("")
    axes.yaxis.set_major_formatter(NUMBERS)
    axes.legend(fontsize=8)


def _lines(plot: Plot, results: Results) -> Iterator[tuple[str, str]]:
    """Case and contender of each line, in the order in which they were measured."""
    found = {
        (one.case, one.contender): None
        for one in results.measures
        if one.x is not None and (one.topic, one.unit) == (plot.topic, plot.unit)
    }
    for case, contender in found:
        if case in plot.cases:
            yield case, contender
