"""A page of 50 messages: newest, a tenth back, four fifths back; of a big and of a small chat."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from . import data
from .documents import Plan
from .http_servers import DAPHNE, LIMIT, OURS, PEER, PEER_AS_IT_COMES, STOCK, documented, to_peer
from .load import Load, bursts
from .meter import Server
from .pages import load_pages
from .results import Results, Target
from .stage import DOCUMENTED, PINNED, Contender, Deployment, all_serving, placed

TOPIC = "history"
NEWEST, TENTH, DEEP = "newest", "a tenth back", "four fifths back"
SMALL = "newest of a small chat"
ALONE = ", 1 connection"
CONNECTIONS = 16
CONTENDERS = (OURS, PEER, PEER_AS_IT_COMES, DAPHNE, LIMIT, STOCK)
RATE, P50, CPU = "requests/s", "p50 ms", "total CPU ms"

page_to_peer = partial(to_peer, TOPIC)
TARGETS = [
    page_to_peer(
        "newest page, documented: throughput",
        DOCUMENTED.case(NEWEST),
        RATE,
        at_least=1.0,
        is_headline=True,
    ),
    page_to_peer(
        "page at offset 400,000, documented: throughput",
        DOCUMENTED.case(DEEP),
        RATE,
        at_least=40,
        is_headline=True,
    ),
    page_to_peer(
        "newest page: throughput",
        *(NEWEST, RATE),
        at_least=1.4,
        is_headline=True,
        former=page_to_peer(
            "the peer's garbage collector as it comes",
            *(NEWEST, RATE),
            to=PEER_AS_IT_COMES,
            at_least=1.5,
        ),
    ),
    page_to_peer("newest page: CPU", NEWEST, CPU, at_most=0.9, is_headline=True),
    page_to_peer("page at offset 400,000: throughput", DEEP, RATE, at_least=40),
    page_to_peer(
        "newest page, all in one process (Daphne): throughput",
        *(NEWEST, RATE),
        of=DAPHNE,
        at_least=0.5,
    ),
    Target(
        "page at offset 400,000 to the newest: p50",
        *(TOPIC, (DEEP, OURS.name), (NEWEST, OURS.name), P50),
        at_most=1.2,
    ),
    Target(
        "page to PyMongo and orjson alone, 1 connection: p50",
        *(TOPIC, (NEWEST + ALONE, OURS.name), (NEWEST + ALONE, LIMIT.name), P50),
        at_most=2.5,
    ),
]


@dataclass(frozen=True)
class Case:
    """A page that is asked for in so many rounds, by these contenders or by all."""

    name: str
    rounds: int
    contenders: tuple[Contender, ...] = ()
    share: float = 0.0  # of the messages, that is skipped
    connections: int = CONNECTIONS
    is_small: bool = False


CASES = {
    PINNED: (
        Case(NEWEST, 12, (OURS, PEER, PEER_AS_IT_COMES, DAPHNE, LIMIT)),
        Case(NEWEST + ALONE, 6, (OURS, PEER, DAPHNE, LIMIT), connections=1),
        Case(DEEP, 8, (OURS, PEER, LIMIT), share=0.8),
        Case(DEEP + ALONE, 3, (OURS, PEER, LIMIT), share=0.8, connections=1),
        Case(TENTH, 3, (OURS, PEER), share=0.1),
        Case(SMALL, 6, (OURS, PEER), is_small=True),
        Case(NEWEST + ALONE, 2, (STOCK,), connections=1),
        Case(DEEP + ALONE, 1, (STOCK,), share=0.8, connections=1),
    ),
    DOCUMENTED: (
        Case(NEWEST, 12),
        Case(NEWEST + ALONE, 6, connections=1),
        Case(DEEP, 6, share=0.8),
        Case(SMALL, 6, is_small=True),
    ),
}


def run(results: Results, stores: Mapping[str, str], *, quick: bool) -> None:
    """Every contender in every case, in both deployments."""
    for deployment, contenders in ((PINNED, CONTENDERS), (DOCUMENTED, documented(stores))):
        with placed(deployment), all_serving(contenders, stores) as servers:
            for case in CASES[deployment]:
                _measure(results, servers, deployment, case, quick)


def _measure(
    results: Results, servers: Mapping[str, Server], deployment: Deployment, case: Case, quick: bool
) -> None:
    names = [one.name for one in case.contenders] or list(servers)
    bursts(
        results,
        (TOPIC, deployment.case(case.name)),
        {name: server for name, server in servers.items() if name in names},
        partial(_burst, case, 0.4 if quick else 1.0),
        rounds=min(case.rounds, 2) if quick else case.rounds,
        curve=case.name in (NEWEST, DEEP),
    )


def _burst(case: Case, seconds: float, name: str, server: Server) -> Load:
    plan: Plan = data.plan(data.SMALL_CHAT if case.is_small else data.BIG_CHAT)
    offset = int(plan.size * case.share)
    return load_pages(
        *(server, name, plan, data.READER, offset),
        connections=case.connections,
        seconds=seconds,
    )
