"""What a burst has measured, and bursts of contenders in turns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .meter import Meter, Server
from .results import Results

PERCENTILES = (1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99)
T = TypeVar("T")


@dataclass
class Load:
    """What a burst has measured."""

    latencies: list[float]  # seconds, of each answer
    meter: Meter

    def quantile(self, share: float) -> float:
        """A latency in seconds, at most `share` of which are below it."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]

    def figures(self) -> dict[str, float]:
        """By unit."""
        return {
            "requests/s": len(self.latencies) / self.meter.seconds,
            "p50 ms": self.quantile(0.5) * 1000,
            "p99 ms": self.quantile(0.99) * 1000,
            **self.meter.cost(len(self.latencies)),
            "client CPU": self.meter.client_share,
        }

    def record(
        self, results: Results, where: tuple[str, str, str], number: int, *, curve: bool
    ) -> None:
        """Add the figures; with `curve` also the distribution of the latencies."""
        results.note(where, number, self.figures())
        for percent in PERCENTILES if curve else ():
            latency = {"latency ms": self.quantile(percent / 100) * 1000}
            results.note(where, number, latency, percent)


def rotated(contenders: Sequence[T], number: int) -> list[T]:
    """The order of a round: each is first in every so-many-th."""
    at = number % max(len(contenders), 1)
    return [*contenders[at:], *contenders[:at]]


def bursts(
    results: Results,
    case: tuple[str, str],
    servers: Mapping[str, Server],
    burst: Callable[[str, Server], Load],
    rounds: int,
    *,
    curve: bool = False,
) -> None:
    """A burst of each contender a round, in rotating order; the first round warms up."""
    for number in range(-1, rounds):
        for name in rotated(list(servers), number):
            found = burst(name, servers[name])
            if number >= 0:
                found.record(results, (*case, name), number, curve=curve)
