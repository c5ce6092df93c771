"""Chromium, and a window of the app for each person of a test."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from .window import Window

SECONDS = 15  # that a condition may take on a busy machine

expect.set_options(timeout=SECONDS * 1000)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The machine's own chromium."""
    # Its driver runs an event loop in this thread from here on; tests use the ORM beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        yield browser
        browser.close()


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
