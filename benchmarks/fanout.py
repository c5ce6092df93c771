"""Fan-out: what it costs to deliver an event to every socket of a room, and how long it takes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from statistics import quantiles
from typing import Any

import uvloop

from . import stage
from .entrant import CPU, ONE, P99, PACED, PER_SECOND, TEN, Entrant, Figures, case
from .load import rotated
from .results import Results, Target
from .senders import rooms_kept
from .socket_servers import (
    BASELINE,
    CHANNELS_DAPHNE,
    CHANNELS_UVICORN,
    DAPHNE,
    LIMIT,
    OWN_PROTOCOL,
    SOCKETIO_PARTY,
    UVICORN,
    Party,
    all_served,
    missing,
    taking_part,
    to_peer,
)

TOPIC = "fanout"
SERVER_CPU = "server CPU µs"
SIZES = "against the size of the room"
PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)

MAIN = (BASELINE, UVICORN, OWN_PROTOCOL)
ALL = (*MAIN, DAPHNE, CHANNELS_DAPHNE, CHANNELS_UVICORN, SOCKETIO_PARTY, LIMIT)
IN_SHORT = (*MAIN, DAPHNE, CHANNELS_DAPHNE)  # in a quick run


def _targets(size: int) -> list[Target]:
    def per_second(text: str, name: str, of: Party, at_least: float) -> Target:
        where = case(size, name)
        text = f"fan-out to {size}, {text}: deliveries/s"
        options: Any = {"at_least": at_least, "is_headline": True}
        return to_peer(TOPIC, text, where, PER_SECOND, of=of, **options)

    def cpu(text: str, name: str, of: Party, at_most: float, to: Party = BASELINE) -> Target:
        text = f"fan-out to {size}, {text}: CPU a delivery"
        ratio = partial(to_peer, TOPIC, of=of, to=to, at_most=at_most)
        former = ratio("CPU of the server alone", case(size, name), SERVER_CPU)
        return ratio(text, case(size, name), CPU, former=former)

    def p99(text: str, of: Party) -> Target:
        text = f"fan-out to {size}, {text}, {PACED}: p99"
        return to_peer(TOPIC, text, case(size, PACED), P99, of=of, at_most=1.2)

    own, stock = "our protocol", "stock uvicorn"
    return [
        per_second(f"{own}, one sender", ONE, OWN_PROTOCOL, 1.35),
        per_second(f"{stock}, one sender", ONE, UVICORN, 1.0),
        per_second(f"{own}, {TEN}", TEN, OWN_PROTOCOL, 3.3),
        cpu(f"{own}, one sender", ONE, OWN_PROTOCOL, 0.75),
        cpu(f"{stock}, one sender", ONE, UVICORN, 1.0),
        cpu(f"{own}, {TEN}", TEN, OWN_PROTOCOL, 0.3),
        cpu(f"{own}, {PACED}", PACED, OWN_PROTOCOL, 1.0),
        cpu(f"{stock}, {PACED}", PACED, UVICORN, 1.0),
        p99(own, OWN_PROTOCOL),
        p99(stock, UVICORN),
        cpu("Daphne to textbook Channels on it", ONE, DAPHNE, 1 / 3, to=CHANNELS_DAPHNE),
    ]


TARGETS = [*_targets(200), *_targets(500)]


@dataclass(frozen=True)
class Plan:
    """A size of the room, and the rounds of each contender there; `is_curve`: one case only."""

    size: int
    rounds: int  # of MAIN
    others: int = 0  # rounds of the rest
    is_curve: bool = False


FULL = (
    Plan(10, 3, is_curve=True),
    Plan(100, 3, is_curve=True),
    Plan(200, 8, others=2),
    Plan(500, 5, others=1),
    Plan(1_000, 3, is_curve=True),
)
QUICK = (Plan(200, 2, others=1),)


def record(
    results: Results, plan: Plan, name: str, entrant: Entrant, found: Figures, number: int
) -> None:
    figures, who = found.by_unit(), entrant.party.name
    if name == ONE and entrant.party in MAIN:
        event = found.meter.cost(found.tally.sent)["total CPU ms"]
        curve = {CPU: figures[CPU], "total CPU ms an event": event}
        results.note((TOPIC, SIZES, who), number, curve, plan.size)
    if plan.is_curve:
        return
    where = case(plan.size, name)
    results.note((TOPIC, where, who), number, figures)
    percentiles = quantiles(found.tally.latencies, n=100)
    for percent in PERCENTILES if name == PACED else ():
        latency = {"latency ms": percentiles[percent - 1]}
        results.note((TOPIC, f"{where}, by percentile", who), number, latency, percent)


async def measure(
    results: Results, entrants: Sequence[Entrant], plan: Plan, seconds: float
) -> None:
    """All cases of one size, each contender a burst a round in rotating order."""
    here = [one for one in entrants if plan.others or one.party in MAIN]
    for entrant in here:
        await entrant.fill(plan.size)
    for name in (ONE,) if plan.is_curve else (ONE, TEN, PACED):
        for number in range(plan.rounds):
            taking = [one for one in here if one.party in MAIN or number < plan.others]
            for entrant in rotated(taking, number):
                if found := await entrant.burst(name, seconds):
                    record(results, plan, name, entrant, found, number)


async def measure_all(
    results: Results, entrants: Sequence[Entrant], plans: Sequence[Plan], seconds: float
) -> None:
    try:
        for plan in plans:
            await measure(results, entrants, plan, seconds)
    finally:
        for entrant in entrants:
            await entrant.leave()


def run(results: Results, stores: dict[str, str], *, quick: bool) -> None:
    """All contenders at once, each with its room."""
    parties = IN_SHORT if quick else ALL
    left_out = {party.name: reason for party in parties if (reason := missing(party))}
    results.about["left out of fanout"] = left_out
    here = taking_part(parties)
    plans, seconds = (QUICK, 0.5) if quick else (FULL, 0.8)
    stage.allow_files(1_000 * len(here))
    with (
        rooms_kept(stores) as chats,
        all_served(here, stores) as servers,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        entrants = [Entrant(party, servers[party.name], chats) for party in here]
        runner.run(measure_all(results, entrants, plans, seconds))
