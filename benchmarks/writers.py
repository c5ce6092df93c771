"""POST of a message to one chat by several processes, whose numbers meet."""

from collections.abc import Mapping

from . import data
from .http_servers import granian
from .load import Load, bursts
from .meter import Server
from .posts import Posts
from .results import Results, Target
from .stage import Contender, all_serving

TOPIC = "writers"
CONNECTIONS = 16
CONTENDERS = [
    Contender(f"ours-{number}", granian("chatproject.wsgi", str(number))) for number in (2, 4)
]
RATES = (150, 300, 0)  # messages a second in all; 0: as many as are answered
TARGETS: list[Target] = []


def run(results: Results, stores: Mapping[str, str], *, quick: bool) -> None:
    """Two and four processes, at moderate rates and at saturation."""
    data.reset_rooms(stores)
    with all_serving(CONTENDERS, stores) as servers:
        for rate in RATES:
            _measure(results, stores, servers, rate, quick)
    data.reset_rooms(stores)


def _measure(
    results: Results,
    stores: Mapping[str, str],
    servers: Mapping[str, Server],
    rate: int,
    quick: bool,
) -> None:
    room = data.plan(data.ROOM_CHATS[10])
    posts = {name: Posts(name, room) for name in servers}
    seconds = 0.6 if quick else 2.0

    def burst(name: str, server: Server) -> Load:
        return posts[name].load(server, connections=CONNECTIONS, seconds=seconds, rate=rate)

    case = f"by several processes, {f'{rate}/s' if rate else 'saturated'}"
    bursts(results, (TOPIC, case), servers, burst, rounds=2 if quick else 5)
    for sent in posts.values():
        sent.verify(stores)
