"""Opening another chat of the list: CPU of all processes, bytes, and time on a slow network.

Through nginx and the processes of a deployment, in Chromium. Slow is 1.6 Mbit/s with 150 ms, and a
CPU that is slowed down four times.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from . import browser, data
from .proxy import NGINX, Deployment, deployed
from .results import Results, Target
from .stage import environment

TOPIC = "click"
NAME = "ours-nginx"
PROBES = Path(__file__).with_suffix(".js")
PEOPLE = {10: data.LIST_USERS[10], 500: data.READER}  # by the number of their chats
CHATS = 8  # that are opened in turn
PAUSE = 150  # milliseconds after each click
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 2e5, "uploadThroughput": 2e5}
CPU, BYTES, READABLE = "total CPU ms", "bytes", "ms to readable"
COLD = "first page, nothing cached, slow"


def case(chats: int, slow: bool) -> str:
    return f"a click, {chats} chats{', slow' if slow else ''}"


def target(text: str, where: str, unit: str, most: float) -> Target:
    return Target(text, TOPIC, (where, NAME), None, unit, at_most=most, is_headline=unit == CPU)


TARGETS = [
    target("a click with 10 chats: ms of CPU", case(10, False), CPU, 12),
    target("a click with 500 chats: ms of CPU", case(500, False), CPU, 20),
    target("a click: bytes over the wire", case(500, True), BYTES, 25_000),
    target("a click, slow: ms until the chat is readable", case(500, True), READABLE, 400),
    target("first page, nothing cached, slow: ms until rows are shown", COLD, READABLE, 900),
]


def run(results: Results, stores: Mapping[str, str], *, quick: bool) -> None:
    """Each person in a window of their own."""
    if not Path(NGINX).exists():
        print("  nginx isn't installed: left out")
        return
    sessions = {chats: browser.session(user) for chats, user in PEOPLE.items()}
    static = browser.collect_static()
    for repeat in range(1 if quick else 3):
        with deployed(environment(stores), static) as deployment, browser.chromium() as chromium:
            for chats, session in sessions.items():
                note = Case(chromium, deployment, session)
                results.note(
                    (TOPIC, case(chats, False), NAME), repeat, note.cpu(20 if quick else 40)
                )
                results.note(
                    (TOPIC, case(chats, True), NAME), repeat, note.slow(8 if quick else 16)
                )
            results.note((TOPIC, COLD, NAME), repeat, note.cold(3 if quick else 6))
    data.reset_readers(stores)


class Case:
    """The clicks of one person."""

    def __init__(self, chromium: Any, deployment: Deployment, session: str) -> None:
        self.chromium, self.deployment, self.session = chromium, deployment, session

    @contextmanager
    def page(self) -> Iterator[Any]:
        context = self.chromium.new_context(
            viewport={"width": 1280, "height": 800}, base_url=self.deployment.url
        )
        cookie = {"name": "sessionid", "value": self.session, "url": self.deployment.url}
        context.add_cookies([cookie])
        page = context.new_page()
        page.add_init_script(path=PROBES)
        yield page
        context.close()

    @contextmanager
    def opened(self) -> Iterator[tuple[Any, list[str]]]:
        """A page whose chats have been opened once."""
        with self.page() as page:
            page.goto("/chats/")
            page.wait_for_timeout(1500)  # until the list is connected
            paths: list[str] = page.evaluate("probe.chats()")[1 : CHATS + 1]
            for path in paths:
                self.click(page, path)
            yield page, paths

    def click(self, page: Any, path: str) -> float:
        """Open a chat, and wait until its socket is; answers when it was readable."""
        milliseconds: float = page.evaluate("(path) => probe.open(path)", path)
        page.wait_for_function("() => probe.isConnected()")
        page.wait_for_timeout(PAUSE)
        return milliseconds

    def cpu(self, clicks: int) -> dict[str, float]:
        """Without what the processes use when nothing happens, in as much time."""
        with self.opened() as (page, paths):
            clicking, idling = self.deployment.server.meter(), self.deployment.server.meter()
            for number in range(clicks):
                self.click(page, paths[number % CHATS])
            clicking.stop()
            idling.start()
            page.wait_for_timeout(clicking.seconds * 1000)
            idling.stop()
        costs, idle = clicking.cost(clicks), idling.cost(clicks)
        return {unit: costs[unit] - idle[unit] for unit in costs}

    def slow(self, clicks: int) -> dict[str, float]:
        with self.opened() as (page, paths):
            sizes = self.slow_down(page)
            times = [self.click(page, paths[number % CHATS]) for number in range(clicks)]
        return {READABLE: median(times), BYTES: sum(sizes) / clicks}

    def slow_down(self, page: Any) -> list[float]:
        """Answers the list to which the size of each answer will be added."""
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.send("Network.emulateNetworkConditions", SLOW)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": browser.SLOWED})
        sizes: list[float] = []
        devtools.on("Network.loadingFinished", lambda end: sizes.append(end["encodedDataLength"]))
        return sizes

    def cold(self, times: int) -> dict[str, float]:
        """A chat as the first page; the very first doesn't count."""
        with self.page() as page:
            page.goto("/chats/")
            path = page.evaluate("probe.chats()")[1]
        shown = [self.first_paint(path) for _ in range(times + 1)]
        return {READABLE: median(shown[1:])}

    def first_paint(self, path: str) -> float:
        """The server renders the rows, so that the first paint has them."""
        with self.page() as page:
            self.slow_down(page)
            page.goto(path, wait_until="load")
            page.wait_for_timeout(1000)
            milliseconds: float = page.evaluate("probe.firstPaint()")
        return milliseconds
