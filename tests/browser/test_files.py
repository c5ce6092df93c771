"""Files from the pick to the viewer: pasted, dropped, cancelled, kept over a reload."""

from __future__ import annotations

import base64
import re

import pytest
from playwright.sync_api import expect

from chats.models import Attachment, Message
from tests.chats.files import PDF, image, sent
from tests.jobs import run_due
from tests.waiting import wait_for

from .test_access import violations
from .test_sign_out import sign_out

pytestmark = pytest.mark.django_db(transaction=True)

PASTE = """([content, name, type, event]) => {
  const bytes = Uint8Array.from(atob(content), (char) => char.charCodeAt(0))
  const data = new DataTransfer()
  data.items.add(new File([bytes], name, { type }))
  const field = document.querySelector(".composer__content")
  if (event === "paste") {
    const options = { clipboardData: data, bubbles: true, cancelable: true }
    field.dispatchEvent(new ClipboardEvent("paste", options))
    return
  }
  const log = document.querySelector(".log")
  for (const kind of ["dragenter", "dragover", ...(event === "drop" ? ["drop"] : [])])
    log.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }))
}"""


KEPT = """() => new Promise((resolve) => {
  const request = indexedDB.open("chat", 1)
  request.onsuccess = () => {
    const keys = request.result.transaction("files").objectStore("files").getAllKeys()
    keys.onsuccess = () => resolve(keys.result)
  }
})"""


def kept_files(page) -> list[str]:
    """The keys of the files that the browser keeps."""
    keys: list[str] = page.evaluate(KEPT)
    return keys


def hand(window, content: bytes, name: str, kind: str, event: str) -> None:
    window.page.evaluate(PASTE, [base64.b64encode(content).decode(), name, kind, event])


def test_files_are_pasted_dropped_described_sent_and_seen(ada, grace, group, window_of):
    path = f"/chats/{group.pk}/"
    window, other = window_of(ada, path), window_of(grace, path)
    window.is_connected()
    other.is_connected()
    page = window.page
    hand(window, image("PNG", (600, 300)), "loom.png", "image/png", "paste")
    hand(window, PDF, "report.pdf", "application/pdf", "drag")
    expect(page.get_by_text("Drop files to send them here")).to_be_visible()
    hand(window, PDF, "report.pdf", "application/pdf", "drop")
    expect(page.get_by_text("Drop files to send them here")).to_be_hidden()
    staged = page.get_by_role("list", name="Attached files").get_by_role("listitem")
    expect(staged).to_have_count(2)
    page.get_by_label("Description of loom.png").fill("A loom")
    page.get_by_role("button", name="Remove report.pdf").click()
    page.locator('input[type="file"]').first.set_input_files(
        [{"name": "notes.txt", "mimeType": "text/html", "buffer": b"<b>x</b>"}]
    )
    expect(staged).to_have_count(2)
    window.send("Look")
    row = other.message("Look")
    expect(row.locator("a.file--card")).to_contain_text("notes.txt")
    picture = row.locator("a.file--image img")
    expect(picture).to_have_attribute("alt", "A loom")
    box = picture.bounding_box()
    assert (round(box["width"]), round(box["height"])) == (320, 160)
    run_due("pictures")
    expect(picture).to_have_attribute("src", re.compile("/thumbnail$"))
    assert picture.bounding_box() == box  # nothing has moved
    expect(staged).to_have_count(0)
    # A reload shows what came live.
    live = row.locator(".files").inner_html()
    other.page.reload()
    expect(row.locator("a.file--image img")).to_have_attribute("alt", "A loom")
    squeeze = re.compile(r"\s+")
    assert row.locator("a.file--image").count() == 1
    assert squeeze.sub("", row.locator(".file__size").inner_text()) in squeeze.sub("", live)
    # The viewer.
    row.locator("a.file--image").focus()
    other.page.keyboard.press("Enter")
    viewer = other.page.get_by_role("dialog", name="Image")
    expect(viewer.get_by_role("img", name="A loom")).to_be_visible()
    other.page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(row.locator("a.file--image")).to_be_focused()


def test_what_is_on_its_way_outlasts_a_reload_and_is_cancelled(ada, group, window_of):
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    page = window.page
    window.cut()
    hand(window, PDF, "report.pdf", "application/pdf", "paste")
    window.send("Later")
    hand(window, PDF, "other.pdf", "application/pdf", "paste")
    window.composer.fill("Never")
    window.composer.press("Enter")
    waiting = window.message("Later")
    expect(waiting.locator(".uploads")).to_contain_text("report.pdf")
    window.message("Never").get_by_role("button", name="Cancel").click()
    expect(window.message("Never")).to_have_count(0)
    window.mend()
    page.reload()
    expect(waiting.locator("a.file--card")).to_contain_text("report.pdf")
    message = Message.objects.get()
    assert [file["name"] for file in message.attachments] == ["report.pdf"]
    # The reload may have cut an upload: what it left isn't in a message, and goes after a day.
    assert Attachment.objects.filter(message_id=message.pk).count() == 1
    wait_for(lambda: kept_files(page) == [])


def test_images_are_shown_one_by_one_with_keys_on_a_phone(ada, grace, group, window_of):
    for number in range(3):
        sent(grace, group, image("PNG", (90, 60 + number)), f"photo-{number}.png")
    window = window_of(ada, f"/chats/{group.pk}/", viewport={"width": 360, "height": 640})
    page = window.page
    assert violations(window) == []
    page.locator("a.file--image").first.click()
    viewer = page.get_by_role("dialog", name="Image")
    expect(viewer).to_contain_text("1 of 3")
    assert violations(window) == []
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(viewer).to_contain_text("3 of 3")
    expect(viewer.get_by_role("img", name="photo-2.png")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(viewer).to_contain_text("2 of 3")
    page.keyboard.press("Escape")
    window.messages.last.press("r")
    expect(page.locator(".composer__mode")).to_contain_text("photo-2.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_what_waits_is_gone_after_the_sign_out_and_what_is_too_large_is_refused(
    ada, group, window_of
):
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    page = window.page
    hand(window, b"", "empty.txt", "text/plain", "paste")
    expect(page.locator(".composer__error:visible")).to_contain_text("empty.txt is empty")
    for number in range(11):
        hand(window, PDF, f"{number}.pdf", "application/pdf", "drop")
    expect(page.locator(".composer__error:visible")).to_contain_text("at most 10 files")
    window.problems_are_expected("net::ERR")
    page.route("**/attachments?**", lambda route: route.abort())
    window.send("Mine")
    expect(window.message("Mine").locator(".uploads")).to_be_visible()
    assert len(kept_files(page)) == 10
    sign_out(window)
    wait_for(lambda: kept_files(page) == [])
