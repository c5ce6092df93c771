"""What a request costs against the size of what it is about: one connection, p50."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TypeVar

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

GROWTH = "times, from the least x to the most"

TARGETS = [
    Target(text, TOPIC, (case, OURS.name), None, GROWTH, at_most=most)
    for text, case, most in (
        ("our newest page: p50 in a chat of 1,000,000 messages to one of 1,000", NEWEST, 1.25),
        ("our oldest page: the same", OLDEST, 1.25),
        ("our newest page: p50 in a room of 1,000 members to one of 10", ROOM, 2),
        ("a message: the same", SEND, 2),
        ("our list of 10 chats: p50 with 1,000 chats to that with 10", LIST, 1.25),
    )
]

T = TypeVar("T")
Point = tuple[str, float, Callable[[Server, float], Load]]


def run(results: Results, stores: Mapping[str, str], *, quick: bool) -> None:
    """Every point of every curve, for ours and for the original's design."""
    for repeat in range(1 if quick else 3):
        for contender in chosen((OURS, PEER)):
            ends: dict[str, list[float]] = {}
            data.reset_rooms(stores)
            with serving(contender, environment(stores)) as server:
                for case, x, measure in _points(contender.name, quick):
                    found = measure(server, 0.25 if quick else 1.0)
                    ends.setdefault(case, []).append(found.quantile(0.5))
                    figures = {
                        "p50 ms": found.quantile(0.5) * 1000,
                        "CPU ms": found.cpu / len(found.latencies) * 1000,
                    }
                    results.note((TOPIC, case, contender.name), repeat, figures, x)
            for case, values in ends.items():
                grown = {GROWTH: values[-1] / values[0]}
                results.note((TOPIC, case, contender.name), repeat, grown)
    data.reset_rooms(stores)


def _points(name: str, quick: bool) -> Iterator[Point]:
    """Case, x, and how to measure it; of a quick run only the ends of each curve."""
    for plan in _ends(_sized(name), quick):
        yield NEWEST, plan.size, partial(_page, name, plan, 0)
        yield OLDEST, plan.size, partial(_page, name, plan, plan.size - PAGE)
    for room in _ends([data.plan(chat) for chat in data.ROOM_CHATS.values()], quick):
        members = len(room.member_ids)
        yield ROOM, members, partial(_page, name, room, 0)
        yield SEND, members, partial(_send, name, room)
    if name == OURS.name:
        for chats, user_id in _ends(list(data.LIST_USERS.items()), quick):
            yield LIST, chats, partial(_list, user_id)


def _ends(points: list[T], quick: bool) -> list[T]:
    return [points[0], points[-1]] if quick else points


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
