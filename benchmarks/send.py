"""POST of a message to a chat of ten members, acknowledged when a majority has it on disk."""

from collections.abc import Mapping

from . import commands, data
from .http_load import load
from .http_servers import OURS, PEER
from .posts import Posts
from .results import Results, Target
from .stage import Server, chosen, environment, serving

TOPIC = "send"
ONE, SPREAD = "to one chat", "to sixteen chats"
CONNECTIONS = 16

TARGETS = [
    Target(
        "POST of a message, 16 connections to one chat: throughput to the original's design",
        *(TOPIC, (ONE, OURS.name), (ONE, PEER.name), "requests/s"),
        at_least=1.0,
    ),
    Target(
        "POST of a message: round trips to MongoDB before the acknowledgement",
        *(TOPIC, (ONE, OURS.name), None, "MongoDB round trips"),
        at_most=2,
    ),
]


def run(results: Results, stores: Mapping[str, str], *, quick: bool) -> None:
    """Ours and the original's design, by many connections and by one."""
    for repeat in range(1 if quick else 3):
        for contender in chosen((OURS, PEER)):
            data.reset_rooms(stores)
            with serving(contender, environment(stores)) as server:
                _measure(results, stores, server, contender.name, repeat, quick)
    data.reset_rooms(stores)


def _measure(
    results: Results,
    stores: Mapping[str, str],
    server: Server,
    name: str,
    repeat: int,
    quick: bool,
) -> None:
    room, spread = data.plan(data.ROOM_CHATS[10]), map(data.plan, data.SPREAD_CHATS)
    seconds = 1.0 if quick else 6.0
    runs = [
        (ONE, CONNECTIONS, seconds, [room]),
        (SPREAD, CONNECTIONS, seconds, list(spread)),
        (f"{ONE}, 1 connection", 1, seconds / 2, [room]),
    ]
    for case, connections, duration, rooms in runs:
        posts = Posts(name, *rooms)
        found = load(
            *(server, posts.request, posts.check),
            connections=connections,
            seconds=duration,
            status=201,
            checked=1,
        )
        posts.verify(stores)
        found.record(results, TOPIC, case, name, repeat, curve=True)
    posts = Posts(name, room)
    asked = commands.per_request(stores, server, name, posts.request, posts.check, status=201)
    results.note((TOPIC, ONE, name), repeat, asked)
