"""What was measured, kept as JSON, and the targets that it is compared with."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from .stage import FOLDER

FILE = FOLDER / "results.json"
Place = tuple[str, str]  # case, contender
Spread = tuple[float, float, float]  # median, lowest, highest


@dataclass(frozen=True)
class Measure:
    """One figure of one repeat; `x` is its place on a curve."""

    topic: str
    case: str
    contender: str
    unit: str
    value: float
    repeat: int
    x: float | None = None


class Results:
    """All measures of the latest run of each topic, and what they were measured on."""

    def __init__(self) -> None:
        self.measures: list[Measure] = []
        self.about: dict[str, Any] = {}

    def add(self, measure: Measure) -> None:
        self.measures.append(measure)

    def note(
        self,
        where: tuple[str, str, str],
        repeat: int,
        figures: Mapping[str, float],
        x: float | None = None,
    ) -> None:
        """Add several figures of one topic, case and contender, by their units."""
        for unit, value in figures.items():
            self.add(Measure(*where, unit, value, repeat, x))

    def forget(self, topic: str) -> None:
        """Drop a topic, before it is run anew."""
        self.measures = [measure for measure in self.measures if measure.topic != topic]

    def values(
        self, topic: str, case: str, contender: str, unit: str, x: float | None = None
    ) -> list[float]:
        """One value a repeat, in their order."""
        return list(self._by_repeat(topic, (case, contender), unit, x).values())

    def median(
        self, topic: str, case: str, contender: str, unit: str, x: float | None = None
    ) -> float:
        return median(self.values(topic, case, contender, unit, x))

    def ratio(
        self, topic: str, case: str, unit: str, of: str | Place, to: str | Place
    ) -> Spread | None:
        """Median, lowest and highest of the ratios of each repeat; None if one wasn't measured."""
        above = self._by_repeat(topic, _place(case, of), unit)
        below = self._by_repeat(topic, _place(case, to), unit)
        return _spread([above[repeat] / below[repeat] for repeat in above if below.get(repeat)])

    def curve(self, topic: str, case: str, contender: str, unit: str) -> list[tuple[float, float]]:
        """The medians along `x`."""
        found: dict[float, list[float]] = {}
        for measure in self.measures:
            place = (measure.topic, measure.case, measure.contender, measure.unit)
            if measure.x is not None and place == (topic, case, contender, unit):
                found.setdefault(measure.x, []).append(measure.value)
        return [(x, median(values)) for x, values in sorted(found.items())]

    def save(self, file: Path = FILE) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        stored = {"about": self.about, "measures": [asdict(measure) for measure in self.measures]}
        file.write_text(json.dumps(stored, indent=1))

    @classmethod
    def load(cls, file: Path = FILE) -> "Results":
        """What was kept, or nothing yet."""
        results = cls()
        if file.exists():
            stored = json.loads(file.read_text())
            results.about = stored["about"]
            results.measures = [Measure(**row) for row in stored["measures"]]
        return results

    def _by_repeat(
        self, topic: str, place: Place, unit: str, x: float | None = None
    ) -> dict[int, float]:
        wanted = (topic, *place, unit, x)
        return {
            measure.repeat: measure.value
            for measure in self.measures
            if (measure.topic, measure.case, measure.contender, measure.unit, measure.x) == wanted
        }


@dataclass(frozen=True)
class Target:
    """What a ratio must reach; without `to`, what the figure itself must reach."""

    text: str
    topic: str
    of: Place
    to: Place | None
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    def measured(self, results: Results) -> Spread | None:
        """Median, lowest and highest; None if it wasn't measured."""
        if self.to is None:
            return _spread(results.values(self.topic, *self.of, self.unit))
        return results.ratio(self.topic, self.of[0], self.unit, self.of, self.to)

    def is_reached(self, value: float) -> bool:
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)


def _place(case: str, contender: str | Place) -> Place:
    return (case, contender) if isinstance(contender, str) else contender


def _spread(values: list[float]) -> Spread | None:
    return (median(values), min(values), max(values)) if values else None
