"""Make pictures of the demo: `.venv/bin/python -m docs.screenshots`.

It starts the project on a folder of its own, a server of pages to link to, and one that answers
as the assistant. Each scene is taken light and dark, at 1280 and at 360 pixels. Those that the
README shows go to docs/screenshots, the others to var/screenshots, to be looked at.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from docs.screenshot_messages import ask, send_files, send_link
from tests.page_server import PageServer, page_server
from tests.provider_server import KEY, ProviderServer
from tests.provider_server import running as provider_server

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PORT = os.environ.get("PORT", "8010")
SITE = f"http://localhost:{PORT}"
SIZES: dict[str, dict[str, Any]] = {
    "": {"viewport": {"width": 1280, "height": 800}},
    "-phone": {"viewport": {"width": 360, "height": 740}, "has_touch": True},
}
MARKDOWN = (
    "The labels go to the printer **tonight**. Two are missing:\n\n"
    "- `relays.txt`\n- ~~the moth~~, in its frame\n\n> Power: one socket."
)
Scene = Callable[[Page], None]


# The scenes: each begins with the group as it has just been opened. ------------------------------


def menu(page: Page) -> None:
    """What can be done with a message."""
    row = page.locator(".timeline .message", has_text="comes out of this")
    row.locator(".message__content").click(button="right", position={"x": 10, "y": 10})


def thread(page: Page) -> None:
    """A thread beside the chat."""
    page.locator(".timeline [data-act=openThread]").first.click()
    page.locator(".thread .message").first.wait_for()


def files(page: Page) -> None:
    """Images in a row, and a file."""
    page.locator(".message", has=page.locator(".file")).scroll_into_view_if_needed()


def viewer(page: Page) -> None:
    """One of the images, large."""
    page.locator(".file--image").nth(1).click()
    page.locator("dialog.viewer[open]").wait_for()


def card(page: Page) -> None:
    """What a linked page says of itself."""
    page.locator(".link-card").scroll_into_view_if_needed()


def emoji(page: Page) -> None:
    """The picker of emoji."""
    page.locator(".composer__emoji").click()
    page.locator(".emoji-picker__grid [role=gridcell]").first.wait_for()


def preview(page: Page) -> None:
    """What a message will look like, above the composer."""
    page.locator(".composer__content").fill(MARKDOWN)
    page.locator(".composer__format").click()
    page.get_by_role("button", name="Preview").click()
    page.locator(".preview__content strong").wait_for()


def end(page: Page) -> None:
    """The newest messages."""
    page.locator(".message").last.scroll_into_view_if_needed()


def signed_in(browser: Browser, username: str) -> Page:
    """The group, as somebody sees it who has signed in."""
    page = browser.new_context(**SIZES[""]).new_page()
    page.goto(SITE)
    page.fill("[name=username]", username)
    page.fill("[name=password]", f"{username}-demo-chat")
    page.click("button[type=submit]")
    page.locator(".chat-item__link", has_text="Summer exhibition").click()
    page.locator(".message").last.wait_for()
    return page


def take(browser: Browser, state: Any, address: str, scenes: dict[str, Scene]) -> None:
    """Take each scene in each of the four ways."""
    for scheme in ("light", "dark"):
        for suffix, size in SIZES.items():
            context = browser.new_context(
                device_scale_factor=2, color_scheme=scheme, storage_state=state, **size
            )
            page = context.new_page()
            for name, scene in scenes.items():
                page.goto(address)
                page.locator(".message").last.wait_for()
                page.wait_for_timeout(1_000)  # the lines and times of the reader
                scene(page)
                page.wait_for_timeout(500)
                keep(page, f"{name}-{scheme}{suffix}")
            context.close()


def keep(page: Page, name: str) -> None:
    """Keep what is to be seen, in 256 colours."""
    is_shown = f"docs/screenshots/{name}.png" in README
    folder = ROOT / ("docs" if is_shown else "var") / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(256, dither=Image.Dither.NONE).save(folder / f"{name}.png", optimize=True)


# The servers -------------------------------------------------------------------------------------


@contextmanager
def project(pages: PageServer, provider: ProviderServer) -> Iterator[None]:
    """The project on an empty folder, until the end of the block."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "CHAT_VAR_DIR": folder,
            "DEMO": "1",
            "DJANGO_SETTINGS_MODULE": "docs.screenshot_settings",
            "PAGE_SERVER_PORT": str(pages.port),
            "AI_BASE_URL": provider.url,
            "AI_API_KEY": KEY,
            "AI_TIMEOUT": "300",
        }
        command = [sys.executable, "manage.py", "dev", "--port", PORT]
        process = subprocess.Popen(command, cwd=ROOT, env=environment)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def run(playwright: Playwright, pages: PageServer, provider: ProviderServer) -> None:
    """Take all scenes: first those of the demo as it is."""
    browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM"))
    ada, grace = signed_in(browser, "ada"), signed_in(browser, "grace")
    state, address = ada.context.storage_state(), ada.url
    first = {"chat": end, "menu": menu, "thread": thread, "emoji": emoji, "preview": preview}
    take(browser, state, address, first)
    send_files(grace)
    take(browser, state, address, {"files": files, "viewer": viewer})
    send_link(grace, pages)
    take(browser, state, address, {"card": card})
    ask(ada, provider)
    take(browser, state, address, {"answer": end})
    provider.let_go.release()
    browser.close()


def wait_until_served() -> None:
    """Wait until the site answers; raises `TimeoutError` after two minutes."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            httpx2.get(f"{SITE}/api/v1/docs/")
            return
        except httpx2.TransportError:
            time.sleep(0.5)
    raise TimeoutError(SITE)


def main() -> None:
    """Start the servers and take the pictures."""
    with (
        page_server(SimpleNamespace()) as pages,
        provider_server() as provider,
        project(pages, provider),
        sync_playwright() as playwright,
    ):
        wait_until_served()
        run(playwright, pages, provider)


if __name__ == "__main__":
    main()
