"""Forms in a dialog: refused, unanswered, or sent twice in a row."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Locator, Route, expect

from chats import actions
from chats.models import Chat, ChatPermissions
from tests.waiting import wait_for

from .window import Window


@pytest.fixture
def adas(window_of: Callable[..., Window], group: Any, ada: Any) -> Window:
    """The owner's window of the group."""
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    return window


@pytest.mark.parametrize(
    ("status", "page", "text"),
    [
        (503, "503.html", "Your chats are safe, but they can't be reached."),
        (404, "404.html", "This page doesn't exist, or it isn't yours to see."),
        (502, None, "The server refused this (502)."),
    ],
)
def test_what_went_wrong_with_a_form_is_said_above_it(
    adas: Window, group: Any, status: int, page: str | None, text: str
) -> None:
    adas.problems_are_expected(str(status))
    body = render_to_string(page) if page else "<h1>Bad gateway</h1>"
    adas.menu("Rename")
    name = adas.dialog.get_by_label("Name of the group")
    name.fill("Looms")
    adas.page.route("**/rename/", lambda route: route.fulfill(status=status, body=body))
    name.press("Enter")
    alert = adas.dialog.get_by_role("alert")
    expect(alert).to_contain_text(text)
    expect(name).to_have_value("Looms")
    expect(name).to_be_focused()
    again = adas.dialog.get_by_role("button", name="Try again")
    with adas.page.expect_response("**/rename/"):
        again.click()
    expect(again).to_be_focused()
    adas.page.unroute("**/rename/")
    again.click()
    expect(adas.page.get_by_role("heading", name="Looms")).to_be_visible()
    assert Chat.objects.get(pk=group.pk).name == "Looms"


def test_a_page_that_could_not_be_shown_can_be_asked_for_again(adas: Window) -> None:
    adas.problems_are_expected("net::ERR")
    adas.page.route("**/members/", lambda route: route.abort())
    adas.page.get_by_label("Members").click()
    expect(adas.dialog.get_by_role("alert")).to_contain_text("Nobody answers. Are you online?")
    expect(adas.dialog).to_have_accessible_name("Something went wrong")
    adas.page.unroute("**/members/")
    adas.dialog.get_by_role("button", name="Try again").click()
    expect(adas.dialog.get_by_role("heading", name="3 members")).to_be_visible()


def test_who_is_signed_out_comes_back_to_the_chat_after_signing_in(
    adas: Window, group: Any
) -> None:
    adas.page.get_by_label("Members").click()
    adas.dialog.get_by_text("Manage Grace Hopper").click()
    adas.page.context.clear_cookies(name="sessionid")
    adas.dialog.get_by_role("switch", name="Send messages").first.click()
    adas.page.wait_for_url(re.compile(f"/accounts/sign-in/.*{group.pk}/$"))


def test_a_form_of_a_stale_page_goes_on_with_what_was_typed(
    adas: Window, group: Any, ada: Any, live_server_process: Any
) -> None:
    adas.problems_are_expected("403|WebSocket")
    adas.menu("Rename")
    name = adas.dialog.get_by_label("Name of the group")
    name.fill('Looms & "Lace"')
    # In another tab she signs out and in again.
    url = live_server_process.url
    adas.sign_in(ada, url)
    adas.page.context.add_cookies([{"name": "csrftoken", "value": "a" * 32, "url": url}])
    name.press("Enter")
    expect(adas.page.get_by_role("heading", name="This page was out of date")).to_be_visible()
    assert Chat.objects.get(pk=group.pk).name == "Engines"
    adas.page.get_by_role("button", name="Go on as Ada Lovelace").click()
    expect(adas.page.get_by_role("heading", name='Looms & "Lace"')).to_be_visible()
    assert Chat.objects.get(pk=group.pk).name == 'Looms & "Lace"'


def test_the_focus_stays_where_it_was_or_goes_to_the_title(
    adas: Window, group: Any, ada: Any, stranger: Any
) -> None:
    adas.page.get_by_label("Members").click()
    manage = adas.dialog.locator("summary", has_text="Manage Grace Hopper")
    manage.focus()
    actions.add_members(ada, group, [stranger.pk])
    heading = adas.dialog.get_by_role("heading", name="4 members")
    expect(heading).to_be_visible()
    expect(manage).to_be_focused()
    manage.press("Enter")
    adas.dialog.get_by_role("link", name="Remove").press("Enter")
    expect(adas.dialog.get_by_role("heading", name="Remove Grace Hopper?")).to_be_focused()


def submit_twice(window: Window) -> tuple[Locator, Locator, list[Route]]:
    """Click two switches in a row; answers them, and the requests, of which the first is held."""
    held: list[Route] = []
    window.page.get_by_label("Members").click()
    window.dialog.get_by_text("Manage Grace Hopper").click()
    window.page.route("**/permissions/", lambda route: held.append(route))
    switches = window.dialog.locator(".person", has_text="Grace").get_by_role("switch")
    switches.first.click()
    switches.last.click()
    wait_for(lambda: window.page.evaluate("true") and held)
    return switches.first, switches.last, held


def test_two_quick_submits_take_turns(adas: Window, group: Any, grace: Any) -> None:
    first, second, held = submit_twice(adas)
    adas.page.evaluate("new Promise((done) => setTimeout(done, 300))")
    assert len(held) == 1
    adas.page.evaluate(WATCH)
    held[0].continue_()
    wait_for(lambda: adas.page.evaluate("true") and len(held) == 2)
    held[1].continue_()
    wait_for(lambda: adas.page.evaluate("window.fills"))
    expect(first).not_to_be_checked()
    expect(second).to_be_checked()
    assert all(fill == [False, True] for fill in adas.page.evaluate("window.fills"))
    permissions = ChatPermissions.objects.get(chat_id=group.pk, user_id=grace.pk)
    assert not permissions.can_send_messages
    assert permissions.can_delete_other_messages


def test_what_went_wrong_stays_said_when_the_next_submit_succeeds(
    adas: Window, group: Any, grace: Any
) -> None:
    adas.problems_are_expected("503")
    _, second, held = submit_twice(adas)
    held[0].fulfill(status=503, body=render_to_string("503.html"))
    wait_for(lambda: adas.page.evaluate("true") and len(held) == 2)
    held[1].continue_()
    adas.page.unroute("**/permissions/")
    expect(second).to_be_checked()
    expect(adas.dialog.get_by_role("alert")).to_contain_text("Your chats are safe")
    adas.dialog.get_by_role("button", name="Try again").click()
    expect(adas.dialog.get_by_role("alert")).to_have_count(0)
    permissions = ChatPermissions.objects.get(chat_id=group.pk, user_id=grace.pk)
    assert not permissions.can_send_messages


def test_a_click_is_not_lost_when_the_dialog_changes_between_press_and_release(
    adas: Window, group: Any, ada: Any, stranger: Any
) -> None:
    adas.page.get_by_label("Members").click()
    adas.dialog.get_by_text("Manage Grace Hopper").click()
    adas.dialog.get_by_role("link", name="Remove").hover()
    adas.page.mouse.down()
    with adas.page.expect_response("**/members/") as answer:
        actions.add_members(ada, group, [stranger.pk])
    answer.value.finished()
    adas.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    adas.page.mouse.up()
    expect(adas.dialog.get_by_role("heading", name="Remove Grace Hopper?")).to_be_visible()


def test_try_again_does_so_while_another_answer_is_on_its_way(
    adas: Window, group: Any, grace: Any
) -> None:
    adas.problems_are_expected("503")
    _, _, held = submit_twice(adas)
    held[0].fulfill(status=503, body=render_to_string("503.html"))
    wait_for(lambda: adas.page.evaluate("true") and len(held) == 2)
    adas.dialog.get_by_role("button", name="Try again").click()
    held[1].continue_()
    wait_for(lambda: adas.page.evaluate("true") and len(held) == 3)
    held[2].continue_()
    expect(adas.dialog.get_by_role("alert")).to_have_count(0)
    permissions = ChatPermissions.objects.get(chat_id=group.pk, user_id=grace.pk)
    assert not permissions.can_send_messages


# The first and last switch that are shown, whenever the dialog is filled anew.
WATCH = """() => {
  window.fills = []
  const body = document.querySelector(".dialog__body")
  new MutationObserver(() => {
    const switches = [...body.querySelectorAll("details[open] [role=switch]")]
    window.fills.push([switches[0].checked, switches.at(-1).checked])
  }).observe(body, { childList: true })
}"""


def test_a_dialog_that_can_not_be_refreshed_stays_as_it_is(
    adas: Window, group: Any, ada: Any, stranger: Any
) -> None:
    adas.problems_are_expected("net::ERR")
    adas.page.get_by_label("Members").click()
    heading = adas.dialog.get_by_role("heading", name="3 members")
    expect(heading).to_be_visible()
    adas.page.route("**/members/", lambda route: route.abort())
    with adas.page.expect_event("requestfailed"):
        actions.add_members(ada, group, [stranger.pk])
    expect(adas.page.locator(".chat__subtitle")).to_contain_text("4 members")
    expect(heading).to_be_visible()
