"""A page of 50 messages of the big chat: newest, a tenth back, four fifths back."""

from collections.abc import Mapping, Sequence

from . import data
from .http_servers import DAPHNE, LIMIT, OURS, PEER, STOCK
from .pages import load_pages
from .results import Results, Target
from .stage import Server, chosen, environment, serving

TOPIC = "history"
NEWEST, TENTH, DEEP = "newest", "a tenth back", "four fifths back"
ALONE = ", 1 connection"
CONNECTIONS = 16
CONTENDERS = (OURS, PEER, DAPHNE, STOCK, LIMIT)
FEW = 3  # pages where each takes up to seconds

TARGETS = [
    Target(
        "history page, newest: throughput of ours (WSGI) to the original's design",
        *(TOPIC, (NEWEST, OURS.name), (NEWEST, PEER.name), "requests/s"),
        at_least=1.5,
    ),
    Target(
        "history page at offset 400,000 of 500,000: the same",
        *(TOPIC, (DEEP, OURS.name), (DEEP, PEER.name), "requests/s"),
        at_least=40,
    ),
    Target(
        "our history page at offset 400,000 to the newest: p50",
        *(TOPIC, (DEEP, OURS.name), (NEWEST, OURS.name), "p50 ms"),
        at_most=1.2,
    ),
    Target(
        "history page, newest, in one process (Daphne): throughput to the original's design",
        *(TOPIC, (NEWEST, DAPHNE.name), (NEWEST, PEER.name), "requests/s"),
        at_least=0.5,
    ),
    Target(
        "history page: p50 of ours to PyMongo and orjson alone, 1 connection",
        *(TOPIC, (NEWEST + ALONE, OURS.name), (NEWEST + ALONE, LIMIT.name), "p50 ms"),
        at_most=2.5,
    ),
]


def run(results: Results, stores: Mapping[str, str], *, quick: bool) -> None:
    """Every contender at three depths, with many connections and with one."""
    for repeat in range(1 if quick else 3):
        for contender in chosen(CONTENDERS):
            with serving(contender, environment(stores)) as server:
                _measure(results, server, contender.name, repeat, quick)


def _measure(results: Results, server: Server, name: str, repeat: int, quick: bool) -> None:
    plan = data.plan(data.BIG_CHAT)
    load_pages(server, name, plan, data.READER, 0, connections=1, most=1)  # its imports
    offsets = {NEWEST: 0, DEEP: plan.size * 4 // 5}
    if not quick:
        offsets[TENTH] = plan.size // 10
    for case, offset in offsets.items():
        for label, connections, seconds, most in _runs(name, case, quick):
            load = load_pages(
                *(server, name, plan, data.READER, offset),
                connections=connections,
                seconds=seconds,
                most=most,
            )
            load.record(results, TOPIC, label, name, repeat, curve=connections > 1)


def _runs(name: str, case: str, quick: bool) -> Sequence[tuple[str, int, float, int | None]]:
    """Case, connections, seconds, and how many pages at most, of each run at one depth."""
    seconds = 1.0 if quick else 5.0
    if name == STOCK.name:
        return [(case, 1, 0, FEW)] if case != TENTH else []
    if (name, case) == (PEER.name, DEEP):
        pages = CONNECTIONS if quick else 2 * CONNECTIONS
        return [(case, CONNECTIONS, 0, pages), (case + ALONE, 1, 0, FEW)][: 1 if quick else 2]
    many = (case, CONNECTIONS, seconds, None)
    if case != NEWEST and name == DAPHNE.name and (quick or case == TENTH):
        return []
    if case == TENTH or (quick and case == DEEP):
        return [many]
    return [many, (case + ALONE, 1, min(seconds, 3), None)]
