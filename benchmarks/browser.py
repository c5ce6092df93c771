"""Our pages in Chromium: the first page, scrolling back, and writing during a burst.

Also on a CPU that is slowed down four times. The browser has both cores, as its renderer, network
and compositor are processes of their own; the server keeps to the first one.
"""

import os
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

import orjson

from . import data, stage
from .http_servers import DAPHNE
from .meter import Server
from .results import Results, Target
from .stage import ALL_CORES, Contender, environment, serving

TOPIC = "browser"
NAME = DAPHNE.name
PROBES = Path(__file__).with_suffix(".js")
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium-headless-shell")
SLOWED = 4
DEPTH = 5_000  # messages that are scrolled back through
BURST = 200  # messages
SENDERS = 4  # connections that send them
WHEEL = 800  # pixels a frame
PATIENCE = 120  # seconds for one case
INTERACTIVE, BLOCKED = "ms to interactive", "ms blocked afterwards"
ROWS, FRAME, LATENCY = "most rows", "longest frame ms", "key to frame p95 ms"

# Sockets take the origin of the page only, and that has the port.
SERVER = Contender(
    NAME, ("/usr/bin/env", "ORIGINS=http://127.0.0.1:{port}", *DAPHNE.command), DAPHNE.cwd
)


def on(case: str, rate: int) -> str:
    return case if rate == 1 else f"{case}, CPU {rate}x slowed"


def target(text: str, case: str, rate: int, unit: str, most: float) -> Target:
    return Target(text, TOPIC, (on(case, rate), NAME), None, unit, at_most=most)


FIRST, AGAIN = "first page, nothing cached", "first page, files cached"
SCROLL, TYPE = "scroll back", "type in a burst"
TARGETS = [
    target("first page, CPU 4x slowed, cached: ms to interactive", AGAIN, 4, INTERACTIVE, 1_000),
    target("first page, CPU 4x slowed, uncached: ms to interactive", FIRST, 4, INTERACTIVE, 1_000),
    target("first page, CPU 4x slowed: longest task afterwards, ms", AGAIN, 4, BLOCKED, 100),
    target("scroll back through 5,000 messages: most rows", SCROLL, 1, ROWS, 400),
    target("scroll back through 5,000 messages: longest frame, ms", SCROLL, 1, FRAME, 100),
    target("a burst of 200 messages: key to frame p95, ms", TYPE, 1, LATENCY, 100),
]


def run(results: Results, stores: Mapping[str, str], *, quick: bool) -> None:
    """Each case in a context of its own; scrolling on the slowed CPU goes less far."""
    collect_static()
    people = {data.READER: session(data.READER), data.SENDER + 1: session(data.SENDER + 1)}
    for repeat in range(1 if quick else 2):
        data.reset_rooms(stores)
        with serving(SERVER, environment(stores)) as server, chromium() as browser:
            case = Case(results, browser, server, people, repeat)
            case.open_twice()
            for rate in (1, SLOWED):
                depth = DEPTH // 10 if quick else DEPTH if rate == 1 else DEPTH // 5
                case.scroll_back(rate, min(depth, data.scale().big - 100))
                case.type_in_burst(rate, burst=rate)
    data.reset_rooms(stores)
    data.reset_readers(stores)


def collect_static() -> Path:
    """Answers the folder."""
    from django.conf import settings
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    return Path(settings.STATIC_ROOT)


def session(user_id: int) -> str:
    """A session's cookie, as signing in by the form leaves it."""
    from django.test import Client

    from users.models import User

    client = Client()
    client.force_login(User.objects.get(pk=user_id))
    return client.cookies["sessionid"].value


@contextmanager
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # its event loop runs in this thread
    os.sched_setaffinity(0, ALL_CORES)
    try:
        with sync_playwright() as playwright:
            options = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
            yield browser
            browser.close()
    finally:
        stage.place()


class Case:
    """The cases of one repeat, with one server and one browser."""

    def __init__(
        self, results: Results, browser: Any, server: Server, people: Mapping[int, str], repeat: int
    ) -> None:
        self.results, self.browser, self.server = results, browser, server
        self.people, self.repeat = people, repeat

    @contextmanager
    def page(self, user_id: int) -> Iterator[Any]:
        """An empty page of somebody who is signed in; nothing may be wrong on its console."""
        context = self.browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(PATIENCE * 1000)
        cookie = {"name": "sessionid", "value": self.people[user_id], "url": self.server.url}
        context.add_cookies([cookie])
        problems: list[str] = []
        page = context.new_page()
        page.add_init_script(path=PROBES)
        page.on(
            "console", lambda line: problems.extend([line.text] if line.type == "error" else [])
        )
        page.on("pageerror", lambda error: problems.append(str(error)))
        yield page
        context.close()
        assert not problems, problems

    def slow(self, page: Any, rate: int) -> None:
        devtools = page.context.new_cdp_session(page)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": rate})

    def open(self, page: Any, chat: Any) -> None:
        page.goto(f"{self.server.url}/chats/{chat}/", wait_until="commit")
        page.evaluate("probe.ready()")

    def note(self, case: str, figures: dict[str, float]) -> None:
        self.results.note((TOPIC, case, NAME), self.repeat, figures)

    def open_twice(self) -> None:
        """The big chat on the slowed CPU; a server's and a browser's very first page doesn't
        count: it is nobody's usual one.
        """
        for is_first in (True, False):
            with self.page(data.READER) as page:
                self.slow(page, SLOWED)
                for case in (FIRST, AGAIN):
                    figures = self.first_key(page)
                    if not is_first:
                        self.note(on(case, SLOWED), figures)

    def first_key(self, page: Any) -> dict[str, float]:
        self.open(page, data.BIG_CHAT)
        page.keyboard.press("x")
        shown = page.evaluate("probe.shown()")
        page.wait_for_timeout(1000)  # what follows may block
        blocked = page.evaluate("probe.blocked()")
        page.keyboard.press("Backspace")
        return {INTERACTIVE: shown, BLOCKED: blocked}

    def scroll_back(self, rate: int, depth: int) -> None:
        """A turn of the wheel a frame; the rows are without a hole all the while."""
        with self.page(data.READER) as page:
            self.open(page, data.BIG_CHAT)
            self.slow(page, rate)
            page.mouse.move(800, 400)
            seqs = page.evaluate("probe.seqs()")
            newest, most, deadline = seqs[-1], len(seqs), time.monotonic() + PATIENCE
            page.evaluate("probe.watchFrames()")
            while newest - seqs[0] < depth:
                assert time.monotonic() < deadline, f"only {newest - seqs[0]} messages back"
                page.mouse.wheel(0, -WHEEL)
                seqs = page.evaluate("probe.seqs()")
                most = max(most, len(seqs))
                assert seqs == list(range(seqs[0], seqs[-1] + 1)), seqs
            frames = page.evaluate("probe.frames")
        over = sum(frame > 100 for frame in frames)
        p99 = quantiles(frames, n=100)[98]
        figures = {FRAME: max(frames), "frame p99 ms": p99, "frames over 100 ms": over}
        self.note(on(SCROLL, rate), {ROWS: most, **figures, "frames": len(frames)})

    def type_in_burst(self, rate: int, *, burst: int) -> None:
        """Keys one after the other, until the last message is there."""
        room = data.ROOM_CHATS[10]
        last = threading.Barrier(SENDERS + 1)
        with self.page(data.SENDER + 1) as page:
            self.open(page, room)
            self.slow(page, rate)
            shown = page.evaluate("probe.seqs()")[-1]
            senders = [
                threading.Thread(target=self.send, args=(room, f"{burst} {number}", last))
                for number in range(SENDERS)
            ]
            for sender in senders:
                sender.start()
            last.wait(PATIENCE)
            typed, deadline = 0, time.monotonic() + PATIENCE
            while page.evaluate("probe.seqs()")[-1] < shown + BURST:
                assert time.monotonic() < deadline, "the burst did not arrive"
                page.keyboard.press("a")
                typed += 1
            seqs, keys = page.evaluate("probe.seqs()"), page.evaluate("probe.keys")
            assert seqs == list(range(seqs[0], shown + BURST + 1)), seqs
            assert page.evaluate("document.activeElement.value") == "a" * typed
        figures = {LATENCY: quantiles(keys, n=20)[18], "key to frame, longest ms": max(keys)}
        self.note(on(TYPE, rate), {**figures, "keys": len(keys)})

    def send(self, chat: Any, name: str, start: threading.Barrier) -> None:
        """Post a share of the burst, one message after the other."""
        headers = {
            "Authorization": f"Bearer {data.token(data.SENDER)}",
            "Content-Type": "application/json",
        }
        url = f"{self.server.url}/api/v1/chats/{chat}/messages"
        start.wait(PATIENCE)
        for number in range(BURST // SENDERS):
            content = orjson.dumps({"content": f"Message {number} of sender {name} in a burst."})
            request = urllib.request.Request(url, content, headers)
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                assert answer.status == 201, answer.status
