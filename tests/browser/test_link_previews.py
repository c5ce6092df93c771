"""Previews of links, from the send to the removal, in two windows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from chats.models import Message
from tests.chats.files import image
from tests.jobs import run_due
from tests.page_server import page_server
from users import blocks

from .test_access import violations
from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)


def cards(window: Window) -> Locator:
    return window.page.locator(".link-card")


def picture(window: Window, name: str) -> None:
    """Keep a picture, if a folder for it is named."""
    if folder := os.environ.get("PICTURES"):
        window.page.screenshot(path=Path(folder) / f"{name}.png")


def test_a_link_shows_its_page_until_its_sender_removes_it(
    window_of: Any, ada: Any, grace: Any, group: Any, settings: Any
) -> None:
    with page_server(settings) as server:
        server.pages["/loom.png"] = ("image/png", image(size=(1200, 630)))
        about = "Punched cards chose which threads were raised, so one weaver made any pattern."
        loom = server.page(
            "/loom",
            '<meta property="og:title" content="The loom that read cards, <b>row</b> by row">'
            f'<meta property="og:description" content="{about}">'
            '<meta property="og:image" content="/loom.png">',
        )
        plain = server.page("/plain", "<title>A page with a title alone</title>")
        adas = window_of(ada, f"/chats/{group.pk}/")
        phone = {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}
        graces = window_of(grace, f"/chats/{group.pk}/", **phone)
        for window in (adas, graces):
            window.is_connected()
        text = f"See {loom} and {plain}"
        adas.send(text)
        expect(graces.message(text)).to_be_visible()
        expect(cards(graces)).to_have_count(0)
        run_due("links")
        for window in (adas, graces):
            expect(cards(window)).to_have_count(2)
            first = cards(window).first
            expect(first).to_contain_text("The loom that read cards, <b>row</b> by row")
            expect(first.get_by_role("link")).to_have_attribute("href", loom)
            is_loaded = "image => image.complete && image.naturalWidth > 0"
            first.locator("img").scroll_into_view_if_needed()
            window.page.wait_for_function(is_loaded, arg=first.locator("img").element_handle())
            at_end = "(row) => row.getBoundingClientRect().bottom <= innerHeight"
            assert window.message(text).evaluate(at_end)
        live = cards(graces).evaluate_all("all => all.map((one) => one.innerText)")
        sizes = cards(graces).evaluate_all("all => all.map((one) => one.offsetHeight)")
        picture(adas, "light")
        picture(graces, "dark")
        graces.page.reload()
        graces.is_connected()
        assert cards(graces).evaluate_all("all => all.map((one) => one.innerText)") == live
        assert cards(graces).evaluate_all("all => all.map((one) => one.offsetHeight)") == sizes
        expect(graces.page.get_by_role("button", name="Remove the preview")).to_have_count(0)
        assert violations(adas) == violations(graces) == []
        button = cards(adas).first.get_by_role("button", name="Remove the preview of 127.0.0.1")
        button.focus()
        button.press("Enter")
        for window in (adas, graces):
            expect(cards(window)).to_have_count(1)
            expect(cards(window)).to_contain_text("A page with a title alone")
        # The rest by the menu of the row, which offers it to nobody else.
        offer = "Remove link preview"
        graces.message(text).press("Enter")
        menu = graces.page.get_by_role("menu")
        expect(menu.get_by_role("menuitem", name="Copy link")).to_be_visible()
        expect(menu.get_by_role("menuitem", name=offer)).to_have_count(0)
        graces.page.keyboard.press("Escape")
        adas.message(text).press("Enter")
        item = adas.page.get_by_role("menu").get_by_role("menuitem", name=offer)
        item.focus()
        item.press("Enter")
        for window in (adas, graces):
            expect(cards(window)).to_have_count(0)
        text = f"Once more: {plain}"
        adas.send(text)
        expect(graces.message(text)).to_be_visible()
        run_due("links")
        expect(cards(graces)).to_have_count(1)
        blocks.block(grace, ada.pk)
        expect(graces.page.locator(".message__fold")).to_have_count(2)
        expect(cards(graces)).to_be_hidden()
        stored = Message.objects.in_chat(group.pk).get(content__startswith="Once")
        path = f"/chats/{group.pk}/?at={stored.pk}"
        adas.page.goto(path)
        expect(cards(adas)).to_have_count(1)
