"""What was measured, kept as JSON, and the targets that it is compared with."""

import json
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from .meter import FOLDER

FILE = FOLDER / "results.json"
Place = tuple[str, str]  # case, contender
Spread = tuple[float, float, float]  # median, and the ends of its interval
RESAMPLES = 1_000
CONFIDENCE = 0.95
YES, NO, UNDECIDED = "yes", "no", "undecided"


@dataclass(frozen=True)
class Measure:
    """One figure of one round; `x` is its place on a curve."""

    topic: str
    case: str
    contender: str
    unit: str
    value: float
    repeat: int
    x: float | None = None

    @property
    def key(self) -> tuple[str, str, str, str, float | None]:
        """What is measured in every round."""
        return (self.topic, self.case, self.contender, self.unit, self.x)


class Results:
    """All measures of the latest run of each topic, and what they were measured on."""

    def __init__(self) -> None:
        self.about: dict[str, Any] = {}
        self._rounds: dict[tuple[str, str, str, str, float | None], dict[int, float]] = {}

    @property
    def measures(self) -> list[Measure]:
        """All, in the order in which each was measured first."""
        return [
            Measure(*key[:4], value=value, repeat=repeat, x=key[4])
            for key, rounds in self._rounds.items()
            for repeat, value in rounds.items()
        ]

    def add(self, measure: Measure) -> None:
        self._rounds.setdefault(measure.key, {})[measure.repeat] = measure.value

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
        self._rounds = {key: rounds for key, rounds in self._rounds.items() if key[0] != topic}

    def values(
        self, topic: str, case: str, contender: str, unit: str, x: float | None = None
    ) -> list[float]:
        """One value a round, in their order."""
        return list(self._by_round(topic, (case, contender), unit, x).values())

    def median(
        self, topic: str, case: str, contender: str, unit: str, x: float | None = None
    ) -> float:
        return median(self.values(topic, case, contender, unit, x))

    def ratio(self, topic: str, unit: str, of: Place, to: Place) -> Spread | None:
        """Of the ratios of each round; None if one of both wasn't measured."""
        above, below = (self._by_round(topic, place, unit) for place in (of, to))
        return spread([above[number] / below[number] for number in above if below.get(number)])

    def curve(self, topic: str, case: str, contender: str, unit: str) -> list[tuple[float, float]]:
        """The medians along `x`."""
        wanted = (topic, case, contender, unit)
        found = [
            (key[4], median(rounds.values()))
            for key, rounds in self._rounds.items()
            if key[4] is not None and key[:4] == wanted
        ]
        return sorted(found)

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
            for row in stored["measures"]:
                results.add(Measure(**row))
        return results

    def _by_round(
        self, topic: str, place: Place, unit: str, x: float | None = None
    ) -> dict[int, float]:
        return self._rounds.get((topic, *place, unit, x), {})


@dataclass(frozen=True)
class Target:
    """What a ratio must reach; without `to`, what the figure itself must reach.

    `former` is how the same was measured before its definition changed.
    """

    text: str
    topic: str
    of: Place
    to: Place | None
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    former: "Target | None" = None
    is_headline: bool = False  # in the README

    def measured(self, results: Results) -> Spread | None:
        """None if it wasn't measured."""
        if self.to is None:
            return spread(results.values(self.topic, *self.of, self.unit))
        return results.ratio(self.topic, self.unit, self.of, self.to)

    def verdict(self, measured: Spread) -> str:
        """Undecided if the bound lies inside the interval."""
        reached = {self.is_reached(end) for end in measured[1:]}
        if len(reached) == 2:
            return UNDECIDED
        return YES if reached == {True} else NO

    def is_reached(self, value: float) -> bool:
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)


def spread(values: list[float]) -> Spread | None:
    """The median, and its 95 % interval by bootstrap; of three values or fewer, their range."""
    if not values:
        return None
    chance = random.Random(0)
    medians = sorted(median(chance.choices(values, k=len(values))) for _ in range(RESAMPLES))
    outside = round(RESAMPLES * (1 - CONFIDENCE) / 2)
    return (median(values), medians[outside], medians[-1 - outside])
