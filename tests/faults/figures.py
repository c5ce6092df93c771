"""What was measured on the way, printed at the end of a run."""

from __future__ import annotations

from collections.abc import Sequence

lines: list[str] = []


def report(name: str, text: str) -> None:
    """Keep a line for the end of the run."""
    lines.append(f"{name}: {text}")


def seconds(name: str, values: Sequence[float]) -> None:
    """Keep the median and the longest of these times."""
    ranked = sorted(values)
    median, longest = ranked[len(ranked) // 2], ranked[-1]
    report(name, f"{len(ranked)} times, median {median:.2f} s, longest {longest:.2f} s")
