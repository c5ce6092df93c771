"""Make the pictures of the README, of the demo: `make run`, then `python docs/screenshots.py`.

It sends nothing. With an empty `var/` the pictures are the same each time.
"""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parent / "screenshots"
SITE = f"http://localhost:{os.environ.get('PORT', '8000')}"
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


def signed_in(browser: Browser, username: str, **options: object) -> Page:
    """A page of the group, of somebody who has signed in."""
    page = browser.new_context(device_scale_factor=2, **options).new_page()  # type: ignore[arg-type]
    page.goto(SITE)
    page.fill("[name=username]", username)
    page.fill("[name=password]", f"{username}-demo-chat")
    page.click("button[type=submit]")
    page.locator(".chat-item__link", has_text="Summer exhibition").click()
    page.locator(".message").last.wait_for()
    page.wait_for_timeout(1_500)  # the lines and times of the reader
    return page


def shoot(page: Page, name: str) -> None:
    """Keep what is to be seen."""
    page.screenshot(path=FOLDER / f"{name}.png")


def chat(browser: Browser, scheme: str) -> None:
    """The group, the menu of a message, a thread, the picker of emoji; and on a phone."""
    page = signed_in(browser, "ada", viewport=WIDE, color_scheme=scheme)
    shoot(page, f"chat-{scheme}")
    row = page.locator(".timeline .message", has_text="comes out of this")
    row.locator(".message__content").click(button="right", position={"x": 10, "y": 10})
    page.wait_for_timeout(300)
    shoot(page, f"menu-{scheme}")
    page.keyboard.press("Escape")
    page.locator(".timeline [data-act=openThread]").first.click()
    page.locator(".thread .message").first.wait_for()
    page.wait_for_timeout(500)
    shoot(page, f"thread-{scheme}")
    shoot(
        signed_in(browser, "grace", viewport=PHONE, has_touch=True, color_scheme=scheme),
        f"phone-{scheme}",
    )


def main() -> None:
    """All of them, light and dark."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM"))
        for scheme in ("light", "dark"):
            chat(browser, scheme)


if __name__ == "__main__":
    main()
