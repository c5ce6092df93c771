"""POST of a message to a chat of ten members, acknowledged when a majority has it on disk."""

from collections.abc import Mapping
from functools import partial

from . import commands, data
from .documents import Plan
from .http_servers import OURS, PEER, documented, to_peer
from .load import Load, bursts
from .meter import Server
from .posts import Posts
from .results import Results, Target
from .stage import DOCUMENTED, PINNED, Deployment, all_serving, placed

TOPIC = "send"
ONE, SPREAD, ALONE = "to one chat", "to sixteen chats", "to one chat, 1 connection"
CONNECTIONS = {ONE: 16, SPREAD: 16, ALONE: 1}
RATE = "requests/s"

post_to_peer = partial(to_peer, TOPIC)
TARGETS = [
    *(
        post_to_peer(
            f"POST {case}, documented: throughput",
            *(DOCUMENTED.case(case), RATE),
            at_least=bound,
            is_headline=True,
        )
        for case, bound in ((ALONE, 0.95), (ONE, 1.2), (SPREAD, 1.0))
    ),
    post_to_peer(f"POST {ONE}: throughput", ONE, RATE, at_least=1.0),
    Target(
        "POST: round trips to MongoDB before the acknowledgement",
        *(TOPIC, (ONE, OURS.name), None, "MongoDB round trips"),
        at_most=2,
    ),
]


def run(results: Results, stores: Mapping[str, str], *, quick: bool) -> None:
    """Ours and the original's design, by many connections and by one, in both deployments."""
    for deployment, contenders in ((PINNED, [OURS, PEER]), (DOCUMENTED, documented(stores))):
        data.reset_rooms(stores)
        with placed(deployment), all_serving(contenders, stores) as servers:
            for case in CONNECTIONS:
                _measure(results, stores, servers, deployment, case, quick)
            if deployment is PINNED:
                _count(results, stores, servers)
    data.reset_rooms(stores)


def _rooms(case: str) -> list[Plan]:
    chats = data.SPREAD_CHATS if case == SPREAD else [data.ROOM_CHATS[10]]
    return [data.plan(chat) for chat in chats]


def _measure(
    results: Results,
    stores: Mapping[str, str],
    servers: Mapping[str, Server],
    deployment: Deployment,
    case: str,
    quick: bool,
) -> None:
    posts = {name: Posts(name, *_rooms(case)) for name in servers}

    def burst(name: str, server: Server) -> Load:
        return posts[name].load(
            server, connections=CONNECTIONS[case], seconds=0.4 if quick else 1.0
        )

    where = (TOPIC, deployment.case(case))
    bursts(results, where, servers, burst, rounds=2 if quick else 10, curve=True)
    for sent in posts.values():
        sent.verify(stores)


def _count(results: Results, stores: Mapping[str, str], servers: Mapping[str, Server]) -> None:
    """What a request asks of MongoDB."""
    for name, server in servers.items():
        posts = Posts(name, *_rooms(ONE))
        asked = commands.per_request(stores, server, name, posts.request, posts.check, status=201)
        results.note((TOPIC, ONE, name), 0, asked)
