"""What a request costs against the size of what it is about: one connection, p50."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TypeVar

from . import chat_list, data
from .documents import Plan
from .http_servers import OURS, PEER
from .load import Load, rotated
from .meter import Server
from .pages import PAGE, load_pages
from .posts import Posts
from .results import Place, Results, Target
from .stage import all_serving

TOPIC = "curves"
NEWEST = "newest page of a chat of x messages"
OLDEST = "oldest page of a chat of x messages"
ROOM = "newest page of a room of x members"
SEND = "message to a room of x members"
LIST = "10 latest chats of x"
READING = (NEWEST, OLDEST, ROOM, LIST)
LISTED = 10
LONGEST_OF_PEER = 500_000  # messages of a chat that it has

CPU = "total CPU ms"
GROWTH = "times, from the least x to the most"

TARGETS = [
    Target(text, TOPIC, (case, OURS.name), None, GROWTH, at_most=most)
    for text, case, most in (
        ("our newest page: p50 in a chat of 1,000,000 messages to one of 1,000", NEWEST, 1.25),
        ("our oldest page: p50 in a chat of 1,000,000 messages to one of 1,000", OLDEST, 1.25),
        ("our newest page: p50 in a room of 1,000 members to one of 10", ROOM, 2),
        ("a message: p50 in a room of 1,000 members to one of 10", SEND, 2),
        ("our list of 10 chats: p50 with 1,000 chats to that with 10", LIST, 1.25),
    )
]

T = TypeVar("T")
Point = tuple[str, float, Callable[[str, Server, float], Load]]


def run(results: Results, stores: Mapping[str, str], *, quick: bool) -> None:
    """Every point of every curve, for ours and for the original's design."""
    data.reset_rooms(stores)
    with all_serving((OURS, PEER), stores) as servers:
        for cases in READING, (SEND,):  # rooms that are sent to have other pages
            for number in range(2 if quick else 4):
                _round(results, servers, cases, number, quick)
    data.reset_rooms(stores)


def _round(
    results: Results,
    servers: Mapping[str, Server],
    cases: tuple[str, ...],
    number: int,
    quick: bool,
) -> None:
    ends: dict[Place, list[float]] = {}
    for case, x, measure in _points(quick):
        if case not in cases:
            continue
        for name in rotated([name for name in servers if _has(name, case, x)], number):
            found = measure(name, servers[name], 0.2 if quick else 0.4)
            ends.setdefault((case, name), []).append(found.quantile(0.5))
            figures = {"p50 ms": found.quantile(0.5) * 1000, CPU: found.figures()[CPU]}
            results.note((TOPIC, case, name), number, figures, x)
    for (case, name), values in ends.items():
        results.note((TOPIC, case, name), number, {GROWTH: values[-1] / values[0]})


def _has(name: str, case: str, x: float) -> bool:
    """The original's design has no chat list, and no chat that is longer than the big one."""
    return name == OURS.name or (case != LIST and x <= LONGEST_OF_PEER)


def _points(quick: bool) -> Iterator[Point]:
    """Case, x, and how to measure it; of a quick run only the ends of each curve."""
    for plan in _ends(_sized(), quick):
        yield NEWEST, plan.size, partial(_page, plan, 0)
        yield OLDEST, plan.size, partial(_page, plan, plan.size - PAGE)
    for room in _ends([data.plan(chat) for chat in data.ROOM_CHATS.values()], quick):
        members = len(room.member_ids)
        yield ROOM, members, partial(_page, room, 0)
        yield SEND, members, partial(_send, room)
    for chats, user_id in _ends(list(data.LIST_USERS.items()), quick):
        yield LIST, chats, partial(_list, user_id)


def _ends(points: list[T], quick: bool) -> list[T]:
    return [points[0], points[-1]] if quick else points


def _sized() -> list[Plan]:
    """Chats of several sizes, the big one among them."""
    scale = data.scale()
    sizes = {size: data.SIZED_CHATS[size] for size in scale.sizes} | {scale.big: data.BIG_CHAT}
    return [data.plan(chat) for _, chat in sorted(sizes.items())]


def _page(plan: Plan, offset: int, name: str, server: Server, seconds: float) -> Load:
    return load_pages(
        *(server, name, plan, plan.member_ids[-1], offset), connections=1, seconds=seconds
    )


def _send(room: Plan, name: str, server: Server, seconds: float) -> Load:
    return Posts(name, room).load(server, connections=1, seconds=seconds)


def _list(user_id: int, name: str, server: Server, seconds: float) -> Load:
    return chat_list.load_list(server, name, user_id, LISTED, connections=1, seconds=seconds)
