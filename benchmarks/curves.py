"""What a request costs against the size of what it is about: one connection, p50."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from . import chat_list, data
from .documents import Plan
from .http_load import Load, get, load
from .http_servers import OURS, PEER
from .pages import PAGE, load_pages
from .posts import Posts
from .results import Results, Target
from .stage import Server, chosen, environment, serving

TOPIC = "curves"
NEWEST = "newest page of a chat of x messages"
OLDEST = "oldest page of a chat of x messages"
ROOM = "newest page of a room of x members"
SEND = "message to a room of x members"
LIST = "10 latest chats of x"
LISTED = 10
LONGEST_OF_PEER = 500_000  # messages of a chat that it has

TARGETS: list[Target] = []

Point = tuple[str, float, Callable[[Server, float], Load]]


def run(results: Results, stores: Mapping[str, str], *, quick: bool) -> None:
    """Every point of every curve, for ours and for the original's design."""
    for repeat in range(1 if quick else 3):
        for contender in chosen((OURS, PEER)):
            data.reset_rooms(stores)
            with serving(contender, environment(stores)) as server:
                for case, x, measure in _points(contender.name):
                    found = measure(server, 0.5 if quick else 1.0)
                    figures = {
                        "p50 ms": found.quantile(0.5) * 1000,
                        "CPU ms": found.cpu / len(found.latencies) * 1000,
                    }
                    results.note((TOPIC, case, contender.name), repeat, figures, x)
    data.reset_rooms(stores)


def _points(name: str) -> Iterator[Point]:
    for plan in _sized(name):
        yield NEWEST, plan.size, partial(_page, name, plan, 0)
        yield OLDEST, plan.size, partial(_page, name, plan, plan.size - PAGE)
    for room in data.room_plans():
        members = len(room.member_ids)
        yield ROOM, members, partial(_page, name, room, 0)
        yield SEND, members, partial(_send, name, room)
    if name == OURS.name:
        for chats, user_id in data.LIST_USERS.items():
            yield LIST, chats, partial(_list, user_id)


def _sized(name: str) -> list[Plan]:
    """Chats of several sizes, the big one among them."""
    scale = data.scale()
    sizes = {size: data.SIZED_CHATS[size] for size in scale.sizes} | {scale.big: data.BIG_CHAT}
    return [
        data.plan(chat)
        for size, chat in sorted(sizes.items())
        if name == OURS.name or size <= LONGEST_OF_PEER
    ]


def _page(name: str, plan: Plan, offset: int, server: Server, seconds: float) -> Load:
    user_id = plan.member_ids[-1]
    deep = name == PEER.name and offset > 50_000
    return load_pages(
        *(server, name, plan, user_id, offset),
        connections=1,
        seconds=seconds,
        most=3 if deep else None,
    )


def _send(name: str, room: Plan, server: Server, seconds: float) -> Load:
    posts = Posts(name, room)
    return load(
        *(server, posts.request, posts.check),
        connections=1,
        seconds=seconds,
        status=201,
        checked=1,
    )


def _list(user_id: int, server: Server, seconds: float) -> Load:
    request = get(chat_list.path(OURS.name, user_id, LISTED), data.token(user_id))
    return load(
        server,
        lambda number: request,
        chat_list.checker(user_id, LISTED),
        connections=1,
        seconds=seconds,
    )
