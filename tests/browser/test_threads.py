"""A thread beside its chat: opened, written in, live, on a phone, after a reload and by Back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from chats import actions
from chats.models import Message, ReadMarker
from chats.protocol import PAGE_SIZE

from .test_access import violations
from .window import Window

pytestmark = pytest.mark.django_db(transaction=True)

OpenWindow = Callable[..., Window]
PHONE = {"width": 360, "height": 740}


def flow(window: Window, text: str) -> Locator:
    """The row of a message in the chat's flow."""
    return window.page.locator(".timeline .message").filter(has_text=text)


def panel(window: Window) -> Locator:
    return window.page.get_by_role("region", name="Thread")


def answer(window: Window, text: str) -> None:
    box = panel(window).get_by_label("Reply in the thread")
    box.fill(text)
    box.press("Enter")


def test_a_thread_is_read_and_written_beside_its_chat(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    root, _ = actions.post_message(grace, group.pk, "Who comes?")
    actions.post_message(grace, group.pk, "Something else")
    address = f"/chats/{group.pk}/"
    one, two = window_of(ada, address), window_of(grace, address)
    for window in (one, two):
        window.is_connected()

    # By its key; what is written answers the root, and is in both places, in both windows.
    flow(one, "Who comes?").press("t")
    expect(panel(one)).to_contain_text("No replies yet")
    expect(one.page).to_have_url(re.compile(f"{address}thread/{root.pk}/$"))
    expect(panel(one).get_by_label("Reply in the thread")).to_be_focused()
    answer(one, "I do")
    for place in (panel(one), one.page.locator(".timeline")):
        expect(place.locator(".message", has_text="I do")).to_have_count(1)
    expect(flow(two, "I do").locator(".quote")).to_contain_text("Who comes?")
    expect(panel(one).locator(".quote:visible")).to_have_count(0)
    link = flow(two, "Who comes?").get_by_role("link", name="1 reply, last at")
    expect(link).to_be_visible()
    expect(flow(one, "Who comes?").get_by_role("link", name="1 reply")).to_be_visible()

    # By the number; a reply of a reply in the flow arrives here, too.
    link.click()
    expect(panel(two).locator(".message__content")).to_have_text(["Who comes?", "I do"])
    expect(panel(two).locator(".day:visible")).to_have_count(1)
    answer(two, "Good")
    expect(panel(one)).to_contain_text("2 replies")
    expect(panel(one).locator(".message__content")).to_have_text(["Who comes?", "I do", "Good"])
    assert violations(one) == []

    # Edits and deletions; the count of the row is that of the page after a reload.
    said = actions.post_message(grace, group.pk, "Never mind", reply_to=root.pk)[0]
    expect(flow(one, "Who comes?").get_by_role("link", name="3 replies")).to_be_visible()
    actions.edit_message(grace, group, said, "Never mind!")
    expect(panel(one)).to_contain_text("Never mind!")
    actions.delete_message(grace, group, said)
    expect(flow(one, "Who comes?").get_by_role("link", name="2 replies")).to_be_visible()
    expect(panel(one)).to_contain_text("2 replies")

    # What was missed counts once.
    one.cut()
    actions.post_message(grace, group.pk, "Missed", reply_to=root.pk)
    one.mend()
    expect(panel(one)).to_contain_text("Missed")
    expect(panel(one)).to_contain_text("3 replies")
    expect(flow(one, "Who comes?").get_by_role("link", name="3 replies")).to_be_visible()

    # The draft and the thread stay over a reload; the address alone opens it.
    panel(one).get_by_label("Reply in the thread").fill("Not yet s")
    one.page.reload()
    one.is_connected()
    expect(panel(one).get_by_label("Reply in the thread")).to_have_value("Not yet s")
    expect(one.composer).to_have_value("")
    expect(panel(one)).to_contain_text("3 replies")
    expect(flow(one, "Who comes?").get_by_role("link", name="3 replies")).to_be_visible()

    # Closed, the chat is as it was, and the focus where it was; Back and Forward, too.
    panel(two).get_by_label("Close the thread").click()
    expect(panel(two)).to_have_count(0)
    expect(link.or_(flow(two, "Who comes?").locator("[data-part=thread]")).first).to_be_focused()
    expect(two.page).to_have_url(re.compile(f"{address}$"))
    two.page.go_forward()
    expect(panel(two)).to_be_visible()
    two.page.go_back()
    expect(panel(two)).to_have_count(0)
    expect(flow(two, "Missed")).to_be_visible()


def test_on_a_phone_a_thread_takes_the_screen_and_what_it_covers_stays_unread(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    root, _ = actions.post_message(ada, group.pk, "Who comes?")
    actions.post_message(grace, group.pk, "I do", reply_to=root.pk)
    phone = window_of(
        ada,
        f"/chats/{group.pk}/",
        viewport=PHONE,
        has_touch=True,
        is_mobile=True,
        color_scheme="dark",
    )
    phone.is_connected()
    flow(phone, "Who comes?").first.get_by_role("link", name="1 reply").tap()
    expect(panel(phone)).to_be_visible()
    assert panel(phone).bounding_box() == {"x": 0, "y": 0, **PHONE}
    expect(phone.composer).to_be_hidden()
    assert violations(phone) == []
    unseen, _ = actions.post_message(grace, group.pk, "By the way")
    panel(phone).get_by_label("Reply in the thread").fill("Fine")
    panel(phone).get_by_label("Send").tap()
    expect(panel(phone).locator(".message--own", has_text="Fine")).to_be_visible()
    assert ReadMarker.objects.of_member(group.pk, ada.pk) < unseen.seq
    panel(phone).get_by_label("Close the thread").tap()
    expect(flow(phone, "By the way")).to_be_visible()


def test_a_row_of_a_thread_is_quoted_edited_and_deleted_there(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    root, _ = actions.post_message(grace, group.pk, "Who comes?")
    first, _ = actions.post_message(grace, group.pk, "**I** do", reply_to=root.pk)
    actions.post_message(ada, group.pk, "So do I", reply_to=root.pk)
    window = window_of(ada, f"/chats/{group.pk}/thread/{root.pk}/")
    window.is_connected()
    thread, box = panel(window), panel(window).get_by_label("Reply in the thread")

    # What is said to a row of the thread is said to its own composer.
    thread.locator(".message", has_text="I do").first.press("r")
    expect(box).to_be_focused()
    answer(window, "Good")
    quote = thread.locator(".message", has_text="Good").locator(".quote")
    expect(quote.locator(".quote__content")).to_have_text("I do")
    expect(window.page.locator(".composer__mode:visible")).to_have_count(0)
    expect(thread.locator(".message--pending")).to_have_count(0)
    assert Message.objects.get(content="Good").reply_to == first.pk
    assert Message.objects.get(content="Good").root_id == root.pk
    quote.click()
    expect(thread.locator(f"#thread-message-{first.pk}")).to_be_focused()

    box.press("ArrowUp")
    expect(box).to_have_value("Good")
    box.fill("Very good")
    box.press("Enter")
    expect(flow(window, "Very good")).to_be_visible()
    thread.locator(".message", has_text="Very good").press("Delete")
    window.page.get_by_role("button", name="Delete", exact=True).click()
    expect(thread.get_by_text("This message was deleted.")).to_be_visible()
    expect(thread).to_contain_text("2 replies")
    expect(flow(window, "Who comes?").first.get_by_role("link", name="2 replies")).to_be_visible()
    expect(box).to_be_focused()

    # What becomes of a message is shown in both places.
    thread.locator(".message", has_text="So do I").press("p")
    for place in (thread, window.page.locator(".timeline")):
        pinned = place.locator(".message", has_text="So do I").locator("[data-part=pinned]")
        expect(pinned).to_be_visible()

    actions.add_reaction(grace, group, first, "👍")
    thread.get_by_role("button", name=re.compile("👍")).click()
    for place in (thread, window.page.locator(".timeline")):
        expect(place.locator(".reaction[aria-pressed=true]")).to_contain_text("2")

    # What couldn't be sent waits here, too, and is sent once.
    window.cut()
    answer(window, "Later")
    for place in (thread, window.page.locator(".timeline")):
        expect(place.locator(".message--pending", has_text="Later")).to_have_count(1)
    window.mend()
    for place in (thread, window.page.locator(".timeline")):
        expect(place.locator(".message--pending")).to_have_count(0)
        expect(place.locator(".message", has_text="Later")).to_have_count(1)
    assert Message.objects.filter(content="Later").count() == 1


def test_earlier_replies_are_loaded_above_the_others(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    root, _ = actions.post_message(grace, group.pk, "Who comes?")
    for number in range(PAGE_SIZE + 10):
        actions.post_message(grace, group.pk, f"Reply {number}", reply_to=root.pk)
    window = window_of(ada, f"/chats/{group.pk}/thread/{root.pk}/")
    window.is_connected()
    contents = panel(window).locator(".message__content")
    expect(contents).to_have_count(PAGE_SIZE + 1)
    panel(window).get_by_role("link", name="Earlier replies").click()
    expect(contents).to_have_text(
        ["Who comes?", *(f"Reply {number}" for number in range(PAGE_SIZE + 10))]
    )
    expect(panel(window).get_by_role("link", name="Earlier replies")).to_be_hidden()


def test_without_scripts_a_thread_is_a_page(
    window_of: OpenWindow, ada: Any, grace: Any, group: Any
) -> None:
    root, _ = actions.post_message(grace, group.pk, "Who comes?")
    reply, _ = actions.post_message(grace, group.pk, "I do", reply_to=root.pk)
    window = window_of(ada, f"/chats/{group.pk}/", java_script_enabled=False)
    window.page.get_by_role("link", name="1 reply").click()
    panel(window).get_by_label("Reply in the thread").fill("So do I")
    panel(window).get_by_label("Send").click()
    expect(panel(window).locator(".message__content")).to_have_text(
        ["Who comes?", "I do", "So do I"]
    )
    expect(window.page).to_have_url(re.compile(f"/thread/{root.pk}/$"))
    window.page.goto(f"/chats/{group.pk}/thread/{reply.pk}/")
    expect(window.page).to_have_url(re.compile(f"/thread/{root.pk}/$"))
    panel(window).get_by_label("Close the thread").click()
    expect(panel(window)).to_have_count(0)
