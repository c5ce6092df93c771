"""Chromium, and a window of the app for each person of a test."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from .window import Window

SECONDS = 15  # that a condition may take on a busy machine
LONGEST = 120  # seconds that a test may take; the longest takes 25 on a quiet one

expect.set_options(timeout=SECONDS * 1000)


class Chromium:
    """The machine's own Chromium, started (again) where it isn't running."""

    def __init__(self, playwright: Playwright) -> None:
        self._playwright = playwright
        self._browser: Browser | None = None
        self._pid = 0

    def browser(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            self._browser = self._playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium-headless-shell"),
                args=["--no-sandbox"] if os.geteuid() == 0 else [],
            )
            told = self._browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
            (self._pid,) = (each["id"] for each in told["processInfo"] if each["type"] == "browser")
        return self._browser

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Kill the browser after so long: whatever waits for it fails then.

        Not every call of Playwright has a limit: `BrowserContext.close` has none.
        """
        timer = Timer(seconds, os.kill, (self._pid, signal.SIGKILL))
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def close(self) -> None:
        if self._browser is not None:
            with self.limited(SECONDS):
                self._browser.close()


@pytest.fixture(scope="session")
def _chromium() -> Iterator[Chromium]:
    # Its driver runs an event loop in this thread from here on; tests use the ORM beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = Chromium(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def chromium(_chromium: Chromium) -> Iterator[Browser]:
    """The browser, for as long as a test may take with its opening and closing."""
    browser = _chromium.browser()
    with _chromium.limited(LONGEST):
        yield browser
    assert browser.is_connected(), f"Chromium ended, or was killed after {LONGEST} s."


@pytest.fixture
def window_of(chromium: Browser, live_server_process: Any) -> Iterator[Callable[..., Window]]:
    """A function that opens a window for a user (None: nobody signed in).

    After the test no window may have had an error on its console, a violation of the content
    security policy among them.
    """
    windows: list[Window] = []

    def open_window(user: Any, path: str = "/chats/", **options: Any) -> Window:
        context = chromium.new_context(base_url=live_server_process.url, **options)
        context.set_default_timeout(SECONDS * 1000)
        window = Window(context)
        if user is not None:
            window.sign_in(user, live_server_process.url)
        windows.append(window)
        window.page.goto(path)
        return window

    yield open_window
    problems = [problem for window in windows for problem in window.problems]
    for window in windows:
        window.page.context.close()
    assert problems == []
