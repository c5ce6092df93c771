"""A page of 50 messages with Markdown, two reactions each and ten pictures, beside a plain one.

Both are of our own server: what is compared are two chats.
"""

import io
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import orjson

from . import browser, data
from .http_load import get, load, same
from .http_servers import OURS
from .load import Load, bursts
from .meter import Server
from .pages import PAGE
from .results import Results, Target
from .stage import all_serving

TOPIC = "rich"
API, PAGES = "newest page", "page of a chat"
PLAIN, RICH = "plain", "with all of it"
CPU = "total CPU ms"
TEXT = "The loom weaves algebraic patterns, just as the Jacquard loom weaves flowers and leaves"
MARKDOWN = f"The **loom** weaves [algebraic](https://example.org/) *patterns*, `just` as{TEXT[44:]}"
PICTURES, SIZE = 10, (640, 480)  # pixels
PEOPLE = (data.USERS - 2, data.USERS - 1, data.USERS)

TARGETS = [
    Target(
        f"{case} of 50 with Markdown, reactions and pictures to a plain one: CPU",
        *(TOPIC, (case, RICH), (case, PLAIN), CPU),
        at_most=1.4,
    )
    for case in (API, PAGES)
]


def run(results: Results, stores: Mapping[str, str], *, quick: bool) -> None:
    """Both chats in turns, as JSON and as a page."""
    browser.collect_static()
    cookie = f"Cookie: sessionid={browser.session(PEOPLE[0])}\r\n"
    with _chats() as chats, all_serving([OURS], stores) as servers:
        both = {name: server for server in servers.values() for name in chats}
        for case in (API, PAGES):
            burst = partial(_burst, case, chats, cookie, 0.4 if quick else 1.0)
            bursts(results, (TOPIC, case), both, burst, rounds=2 if quick else 8)


def _burst(
    case: str, chats: Mapping[str, Any], cookie: str, seconds: float, name: str, server: Server
) -> Load:
    if case == API:
        path = f"/api/v1/chats/{chats[name].pk}/messages?limit={PAGE}"
        request = get(path, data.token(PEOPLE[0]))
    else:
        path = f"/chats/{chats[name].pk}/"
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{cookie}\r\n".encode()
    check = _check_rows if case == API else _check_page
    return load(server, same(request), partial(check, name), connections=1, seconds=seconds)


def _check_rows(name: str, number: int, body: bytes) -> None:
    rows = orjson.loads(body)["results"]
    rich, pictures = (sum(bool(row[each]) for row in rows) for each in ("html", "attachments"))
    wanted = (PAGE, PICTURES) if name == RICH else (0, 0)
    if (len(rows), rich, pictures) != (PAGE, *wanted):
        raise AssertionError(f"{len(rows)} messages, {rich} with Markdown, {pictures} pictures")


def _check_page(name: str, number: int, body: bytes) -> None:
    pictures = body.count(b"/thumbnail")
    if body.count(b"Jacquard") < PAGE or (pictures >= PICTURES) != (name == RICH):
        raise AssertionError(f"a page with {pictures} pictures")


@contextmanager
def _chats() -> Iterator[dict[str, Any]]:
    """Two groups of three people, until the block ends."""
    from chats import actions
    from users.models import User

    ada, grace, alan = (User.objects.get(pk=pk) for pk in PEOPLE)
    chats = {name: actions.create_group(ada, name, PEOPLE[1:]) for name in (PLAIN, RICH)}
    for number in range(PAGE):
        sender = (ada, grace)[number % 2]
        actions.post_message(sender, chats[PLAIN].pk, TEXT)
        sent = [] if number % (PAGE // PICTURES) else [_picture(sender, chats[RICH])]
        message, _ = actions.post_message(sender, chats[RICH].pk, MARKDOWN, attachment_ids=sent)
        for person, emoji in ((ada, "👍"), (alan, "🎉")):
            actions.add_reaction(person, chats[RICH], message, emoji)
    yield chats
    for chat in chats.values():
        actions.delete_chat(ada, chat)


def _picture(owner: Any, chat: Any) -> Any:
    """The id of an uploaded picture that a worker has read."""
    from PIL import Image

    from chatproject.jobs.kinds import kinds
    from chatproject.jobs.models import Job
    from chatproject.jobs.running import run_job
    from chats.actions import uploads

    file = io.BytesIO()
    Image.frombytes("RGB", SIZE, random.Random(1).randbytes(SIZE[0] * SIZE[1] * 3)).save(
        file, "JPEG"
    )
    size = file.tell()
    file.seek(0)
    row = uploads.upload(owner, chat, uploads.Upload("loom.jpg", size, "A loom", file.read))
    while job := Job.objects.claim(["picture"], 30):
        run_job(kinds()["picture"], job)
    return row.pk
