"""Two socket processes beside one: how much more a room's events both deliver.

On two cores the client and Valkey take what the second process needs. So what counts is the CPU of
the busier process: with a core for each, that is what limits them.
"""

import asyncio

import uvloop

from . import processes, stage
from .entrant import ONE, PER_SECOND, TEN, Entrant, Figures, case
from .load import rotated
from .results import Results, Target
from .senders import rooms_kept
from .socket_servers import OWN_PROTOCOL, TWO, all_served, taking_part

TOPIC = "scaling"
SIZE = 500
PER_CPU = "deliveries a CPU second of the busier process"
CORES_NEEDED = 4  # for the throughput itself: two processes, the client, and Valkey


def _target(text: str, name: str, unit: str) -> Target:
    where = case(SIZE, name)
    text = f"two socket processes to one, {name}: {text}"
    return Target(
        text,
        TOPIC,
        (where, TWO.name),
        (where, OWN_PROTOCOL.name),
        unit,
        at_least=1.8,
        is_headline=True,
    )


TARGETS = [_target("deliveries by the CPU of the busier one", name, PER_CPU) for name in (ONE, TEN)]
if len(stage.ALL_CORES) >= CORES_NEEDED:
    TARGETS += [_target("deliveries/s", name, PER_SECOND) for name in (ONE, TEN)]


async def burst(entrant: Entrant, name: str, seconds: float) -> tuple[Figures, float]:
    """The figures, and the CPU of the busier process."""
    before = [processes.cpu([pid]) for pid in entrant.server.pids]
    figures = await entrant.burst(name, seconds)
    assert figures
    after = [processes.cpu([pid]) for pid in entrant.server.pids]
    return figures, max(now - then for now, then in zip(after, before, strict=True))


async def measure(results: Results, entrants: list[Entrant], rounds: int, seconds: float) -> None:
    for entrant in entrants:
        await entrant.fill(SIZE)
    for name in (ONE, TEN):
        for number in range(rounds):
            for entrant in rotated(entrants, number):
                figures, busier = await burst(entrant, name, seconds)
                units = {PER_CPU: figures.tally.deliveries / busier, **figures.by_unit()}
                results.note((TOPIC, case(SIZE, name), entrant.party.name), number, units)
    for entrant in entrants:
        await entrant.leave()


def run(results: Results, stores: dict[str, str], *, quick: bool) -> None:
    """Unpinned, each with its room."""
    parties = taking_part((OWN_PROTOCOL, TWO))
    rounds, seconds = (2, 0.4) if quick else (10, 0.8)
    stage.allow_files(SIZE * len(parties))
    with (
        stage.placed(stage.DOCUMENTED),
        rooms_kept(stores) as chats,
        all_served(parties, stores) as servers,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        entrants = [Entrant(party, servers[party.name], chats) for party in parties]
        runner.run(measure(results, entrants, rounds, seconds))
