"""Tables and plots of what was measured."""

from .results import Results


def text(results: Results) -> str:
    """All medians, for the terminal."""
    rows: dict[tuple[str, str, str], dict[str, None]] = {}
    for one in results.measures:
        if one.x is None:
            rows.setdefault((one.topic, one.case, one.contender), {})[one.unit] = None
    lines = []
    for place, units in rows.items():
        figures = "  ".join(f"{unit} {results.median(*place, unit):.4g}" for unit in units)
        lines.append(f"{place[0]:<10} {place[1]:<32} {place[2]:<16} {figures}")
    return "\n".join(lines)
