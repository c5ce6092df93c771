"""POST of a message to one chat by several processes, whose numbers meet."""

from collections.abc import Mapping

from . import data
from .http_load import load
from .http_servers import granian
from .posts import Posts
from .results import Results, Target
from .stage import Contender, chosen, environment, serving

TOPIC = "writers"
CONNECTIONS = 16
PROCESSES = (2, 4)
RATES = (150, 300, 0)  # messages a second in all; 0: as many as are answered
TARGETS: list[Target] = []


def run(results: Results, stores: Mapping[str, str], *, quick: bool) -> None:
    """Two and four processes, at moderate rates and at saturation."""
    for repeat in range(1 if quick else 3):
        for processes in PROCESSES:
            ours = Contender("ours", granian("chatproject.wsgi", workers=processes))
            if not chosen([ours]):
                continue
            data.reset_rooms(stores)
            with serving(ours, environment(stores)) as server:
                room = data.plan(data.ROOM_CHATS[10])
                for rate in RATES:
                    posts = Posts(ours.name, room)
                    found = load(
                        *(server, posts.request, posts.check),
                        connections=CONNECTIONS,
                        seconds=3.0 if quick else 8.0,
                        status=201,
                        checked=1,
                        rate=rate,
                    )
                    posts.verify(stores)
                    name = f"{processes} processes, " + (f"{rate}/s" if rate else "saturated")
                    found.record(results, TOPIC, name, ours.name, repeat, curve=False)
    data.reset_rooms(stores)
