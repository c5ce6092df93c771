"""What is sent to the demo for its pictures: files, a link, a question to the assistant."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw
from playwright.sync_api import Page

from tests.page_server import PageServer
from tests.provider_server import ProviderServer

ANSWER = [
    "Here is a first draft:\n\n1. **A loom that reads.** Punched cards chose which threads",
    " were raised, so one weaver made any pattern.\n2. **The moth.** Found between the contacts",
    " of relay 70, and taped into",
    " the log at 15:45.",
]


def weave(warp: str, weft: str, size: tuple[int, int] = (1200, 800), step: int = 40) -> bytes:
    """A woven pattern of two colours, as a PNG."""
    picture = Image.new("RGB", size, warp)
    draw = ImageDraw.Draw(picture)
    for x in range(0, size[0], step):
        for y in range(0, size[1], step):
            if (x // step * 3 + y // step * 5) % 7 < 3:
                draw.rectangle((x, y, x + step - 4, y + step - 4), weft)
    target = io.BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()


def send(page: Page, text: str) -> None:
    """Send a message, with the files that are attached."""
    page.locator(".composer__content").fill(text)
    page.locator(".composer__send").click()


def send_files(page: Page) -> None:
    """Send three images and a PDF, and wait until the worker has read them."""
    colours = {"poster": ("#e9c46a", "#264653"), "wall": ("#f4a261", "#7f2f3f")}
    chosen = [
        {"name": f"{name}.png", "mimeType": "image/png", "buffer": weave(*pair)}
        for name, pair in {**colours, "door": ("#bcd4c8", "#2a6f62")}.items()
    ]
    plan = b"%PDF-1.7\n" + b" " * 40_000
    chosen.append({"name": "Floor plan.pdf", "mimeType": "application/pdf", "buffer": plan})
    page.locator(".composer input[type=file]").first.set_input_files(chosen)
    send(page, "Three patterns for the poster, and the floor plan:")
    page.locator(".file--image[data-state=ready]").nth(2).wait_for()


def send_link(page: Page, pages: PageServer) -> None:
    """Link a page, and wait for its preview."""
    pages.pages["/loom.png"] = ("image/png", weave("#efe6d5", "#8d3b2f", (1200, 630)))
    about = "Punched cards chose which threads were raised, so one weaver made any pattern."
    url = pages.page(
        "/loom",
        '<meta property="og:title" content="The loom that read cards">'
        '<meta property="og:site_name" content="Museum of Weaving">'
        f'<meta property="og:description" content="{about}">'
        '<meta property="og:image" content="/loom.png">',
    )
    send(page, f"This is where the cards come from: {url}")
    page.locator(".link-card img").wait_for()


def ask(page: Page, provider: ProviderServer) -> None:
    """Ask the assistant, and wait until a part of the answer is there."""
    provider.pieces = ANSWER
    send(page, "@ai Draft the labels, please: one sentence each.")
    for _ in ANSWER[:-1]:
        page.wait_for_timeout(1_000)  # longer than what comes is held back (`PACE`)
        provider.let_go.release()
    page.locator(".message--streaming", has_text="relay 70").wait_for()
