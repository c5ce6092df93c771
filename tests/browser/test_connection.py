"""Cuts, and what they must not cost: nothing is missed, nothing is doubled."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route, WebSocketRoute, expect

from chats import actions
from chats.models import Message, ReadMarker
from tests.waiting import wait_for

from .window import CLOSED_BY_TEST, Window

BROKEN = '{"results": [{"id": '  # a body of JSON that broke off


@pytest.fixture
def adas(window_of: Callable[..., Window], group: Any, ada: Any) -> Window:
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    return window


def stored(chat: Any) -> list[str]:
    return [message.content for message in Message.objects.in_chat(chat.pk).oldest_first()]


def test_after_a_cut_everything_that_was_missed_is_there_in_order(
    adas: Window, group: Any, ada: Any, grace: Any
) -> None:
    old, _ = actions.post_message(grace, group.pk, "To be edited")
    doomed, _ = actions.post_message(grace, group.pk, "To be deleted")
    expect(adas.message("To be deleted")).to_be_visible()
    adas.cut()
    actions.post_message(grace, group.pk, "First")
    actions.edit_message(grace, group, old, "Edited")
    actions.delete_message(grace, group, doomed)
    actions.post_message(grace, group.pk, "Second")
    actions.rename_chat(ada, group, "Difference engines")
    assert adas.texts() == ["To be edited", "To be deleted"]
    adas.mend()
    expect(adas.message("Second")).to_be_visible()
    assert adas.texts() == ["Edited", "This message was deleted.", "First", "Second"]
    expect(adas.page.get_by_role("heading", name="Difference engines")).to_be_visible()
    adas.is_connected()
    actions.post_message(grace, group.pk, "Live again")
    expect(adas.message("Live again")).to_be_visible()


def test_what_is_written_offline_is_sent_once_in_order_when_the_connection_is_back(
    adas: Window, group: Any
) -> None:
    adas.cut()
    adas.send("One")
    adas.send("Two")
    expect(adas.message("One").locator(".message__status")).to_have_attribute(
        "title", "Waiting for a connection"
    )
    assert stored(group) == []
    adas.mend()
    expect(adas.message("Two").locator(".message__status")).to_have_attribute("title", "Sent")
    assert stored(group) == adas.texts() == ["One", "Two"]


def test_a_lost_answer_does_not_double_a_message(adas: Window, group: Any) -> None:
    lost: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        if route.request.method != "POST" or lost:
            route.continue_()
            return
        lost.append(json.loads(route.request.post_data or "")["client_id"])
        route.fetch()
        route.fulfill(status=503, json={"detail": "Away."})

    adas.page.route("**/messages", lose_the_first_answer)
    adas.problems_are_expected("503")
    sent = adas.send("Only once")
    expect(sent.locator(".message__status")).to_have_attribute("title", "Sent")
    wait_for(lambda: lost)
    expect(adas.messages).to_have_count(1)
    assert stored(group) == ["Only once"]


def test_an_answer_that_breaks_off_is_no_answer(adas: Window, group: Any) -> None:
    """Neither to a message nor to a catch-up: what was asked is asked again."""
    client_ids: list[str] = []

    def break_the_first_answer(route: Route) -> None:
        client_ids.append(json.loads(route.request.post_data or "")["client_id"])
        response = route.fetch()
        if len(client_ids) == 1:
            route.fulfill(status=201, body=BROKEN)
        else:
            route.fulfill(response=response)

    changes = "**/messages?changed_after=*"
    adas.page.route(changes, lambda route: route.fulfill(body=BROKEN))
    adas.page.route("**/messages", break_the_first_answer)
    adas.cut_sockets()
    sent = adas.send("Only once")
    expect(sent.locator(".message__status")).to_have_attribute("title", "Sent")
    assert len(client_ids) == 2
    assert len(set(client_ids)) == 1
    with adas.page.expect_response(changes):
        adas.mend()
    adas.page.unroute(changes)
    adas.is_connected()
    expect(adas.messages).to_have_count(1)
    assert stored(group) == ["Only once"]


def test_what_was_read_during_a_cut_is_seen_to_be_read(
    adas: Window, group: Any, grace: Any
) -> None:
    status = adas.send("Hello").locator(".message__status")
    expect(status).to_have_attribute("title", "Sent")
    adas.cut()
    actions.mark_read(grace, group, Message.objects.in_chat(group.pk).get())
    adas.mend()
    expect(status).to_have_attribute("title", "Read by Grace Hopper")


def test_an_answer_that_was_under_way_when_the_socket_opened_is_not_the_last_word(
    adas: Window, group: Any, ada: Any, grace: Any
) -> None:
    status = adas.send("Hello").locator(".message__status")
    expect(status).to_have_attribute("title", "Sent")
    held: list[Any] = []
    adas.page.route(
        "**/messages?changed_after=*",
        lambda route: held.append((route, route.fetch())),
        times=1,
    )
    adas.cut_sockets()  # the API is asked why
    wait_for(lambda: adas.page.evaluate("true") and held)
    actions.mark_read(grace, group, Message.objects.in_chat(group.pk).get())
    adas.page.evaluate(WATCH)
    adas.mend()
    wait_for(lambda: adas.page.evaluate("window.welcomed"), 40)  # the longest pause is 30 s
    actions.rename_chat(ada, group, "Difference engines")
    title = adas.page.get_by_role("heading", name="Difference engines")
    expect(title).to_be_visible()
    route, response = held.pop()
    route.fulfill(response=response)
    expect(status).to_have_attribute("title", "Read by Grace Hopper")
    expect(title).to_be_visible()
    assert set(adas.page.evaluate("window.titles")) == {"Difference engines"}


# Whether the socket is back, by the news of who is online, and each name that the chat has now.
WATCH = """() => {
  window.titles = []
  const title = document.querySelector('[data-heading-target="title"]')
  new MutationObserver(() => window.titles.push(title.textContent)).observe(title, {
    childList: true,
  })
  addEventListener("chat:presence", () => { window.welcomed = true })
}"""


def test_a_socket_that_hangs_after_the_machine_slept_is_renewed(
    adas: Window, group: Any, grace: Any
) -> None:
    sockets = hang_the_first_socket(adas, group)
    actions.post_message(grace, group.pk, "While you slept")
    assert not adas.message("While you slept").is_visible()
    adas.page.clock.fast_forward("10:00")
    expect(adas.message("While you slept")).to_be_visible()
    adas.is_connected()
    assert len(sockets) == 2


@pytest.mark.parametrize("how", ["silence", "offline", "no answer"])
def test_a_network_that_loses_everything_is_noticed_within_ten_seconds(
    window_of: Callable[..., Window], group: Any, ada: Any, how: str
) -> None:
    window = window_of(ada)
    window.problems_are_expected("net::ERR|aborted")
    is_lossy = False

    def connect(socket: WebSocketRoute) -> None:
        if is_lossy:
            return  # it opens, as far as the page can tell, and is silent
        server = socket.connect_to_server()
        socket.on_message(lambda frame: None if is_lossy else server.send(frame))
        server.on_message(lambda frame: None if is_lossy else socket.send(frame))

    window.page.route_web_socket("**/api/v1/**", connect)
    window.page.clock.install()
    window.page.goto(f"/chats/{group.pk}/")
    window.is_connected()
    window.page.clock.run_for(30_000)
    window.is_connected()
    is_lossy = True
    seconds = 9.5
    if how != "silence":
        seconds = 4.5  # they are noticed sooner
        name = {"offline": "offline", "no answer": "api:unanswered"}[how]
        window.page.evaluate("(name) => void dispatchEvent(new Event(name))", name)
    window.page.clock.run_for(int(seconds * 1000))
    expect(window.connection).to_have_text(re.compile("Offline|Connecting"))


def test_a_socket_is_renewed_as_soon_as_the_network_is_back(
    adas: Window, group: Any, grace: Any
) -> None:
    sockets = hang_the_first_socket(adas, group)
    adas.problems_are_expected("net::ERR")
    adas.page.context.set_offline(True)
    actions.post_message(grace, group.pk, "Elsewhere")
    adas.page.context.set_offline(False)
    expect(adas.message("Elsewhere")).to_be_visible()
    assert len(sockets) == 2


def hang_the_first_socket(window: Window, chat: Any) -> list[WebSocketRoute]:
    """Open the page with a socket that says nothing after its welcome; answers all sockets."""
    sockets: list[WebSocketRoute] = []

    def connect(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        if not sockets:
            server.on_message(lambda frame: "welcome" in str(frame) and socket.send(frame))
        sockets.append(socket)

    window.page.route_web_socket(f"**/api/v1/chats/{chat.pk}", connect)
    window.page.clock.install()
    window.page.reload()
    window.is_connected()
    return sockets


def test_sockets_that_end_before_they_say_anything_are_tried_less_and_less(
    adas: Window, group: Any
) -> None:
    opened: list[float] = []

    def close(socket: WebSocketRoute) -> None:
        opened.append(time.monotonic())
        socket.connect_to_server().on_message(lambda frame: socket.close(code=CLOSED_BY_TEST))

    adas.page.route_web_socket(f"**/api/v1/chats/{group.pk}", close)
    adas.page.reload()
    wait_for(lambda: adas.page.evaluate("true") and len(opened) == 5, 20)
    assert opened[4] - opened[0] > 0.9 * (0.25 + 0.5 + 1 + 2)


def test_a_read_marker_that_could_not_be_stored_is_told_again(
    adas: Window, group: Any, ada: Any, grace: Any
) -> None:
    refused: list[str | bytes] = []
    error = {"code": "unavailable", "message": "Away.", "field": None, "retry_after": 0.5}

    def refuse_the_first_marker(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def forward(frame: str | bytes) -> None:
            if "message_read" in str(frame) and not refused:
                refused.append(frame)
                socket.send(json.dumps({"type": "error", "data": error}))
            else:
                server.send(frame)

        socket.on_message(forward)

    adas.page.route_web_socket(f"**/api/v1/chats/{group.pk}", refuse_the_first_marker)
    adas.page.reload()
    message, _ = actions.post_message(grace, group.pk, "Have you seen this?")
    expect(adas.message("Have you seen this?")).to_be_visible()

    def is_read() -> bool:
        adas.page.evaluate("true")  # the socket's frames go through this thread
        return ReadMarker.objects.of_chat(group).get(ada.pk) == message.seq

    wait_for(is_read)
    assert refused


def test_what_was_not_sent_is_sent_after_a_reload(adas: Window, group: Any) -> None:
    adas.problems_are_expected("503")
    adas.page.route("**/messages", lambda route: route.fulfill(status=503, json={}))
    waiting = adas.send("Keep this")
    expect(waiting.locator(".message__status")).to_have_attribute(
        "title", "Waiting for a connection"
    )
    adas.page.unroute("**/messages")
    adas.page.reload()
    expect(adas.message("Keep this").locator(".message__status")).to_have_attribute("title", "Sent")
    expect(adas.messages).to_have_count(1)
    assert stored(group) == ["Keep this"]


def test_a_refused_message_can_be_tried_again_or_discarded(adas: Window, group: Any) -> None:
    refuse = {"status": 400, "json": {"content": ["Too rude."]}}
    adas.problems_are_expected("400")
    adas.page.route("**/messages", lambda route: route.fulfill(**refuse))
    row = adas.send("Well!")
    expect(row).to_contain_text("Not sent. Too rude.")
    adas.send("Gone")
    adas.message("Gone").get_by_role("button", name="Discard").click()
    expect(adas.message("Gone")).to_have_count(0)
    adas.page.unroute("**/messages")
    row.get_by_role("button", name="Try again").click()
    expect(row.locator(".message__status")).to_have_attribute("title", "Sent")
    assert stored(group) == ["Well!"]


def test_who_is_signed_out_is_told(adas: Window, group: Any, ada: Any) -> None:
    adas.problems_are_expected("403")  # the chat list's socket may still be on its way in
    adas.page.evaluate("location.hash = 'message-1'")
    actions.close_user_sockets(ada.pk, "Signed out.")
    expect(adas.page.get_by_role("alert")).to_contain_text("You are signed out.")
    expect(adas.composer).to_be_hidden()
    link = adas.page.get_by_role("link", name="Sign in")
    expect(link).to_have_attribute("href", f"/chats/{group.pk}/")  # no jump within this page


def test_a_page_ends_when_somebody_else_signed_in_in_the_same_browser(
    adas: Window, grace: Any, live_server_process: Any
) -> None:
    adas.cut()
    adas.sign_in(grace, live_server_process.url)
    adas.mend()
    expect(adas.page.get_by_role("alert")).to_contain_text("You are signed out.")
    expect(adas.composer).to_be_hidden()


@pytest.fixture
def outdate(adas: Window, grace: Any, live_server_process: Any) -> Callable[[], None]:
    """A function that signs grace in, in another tab of ada's browser."""

    def sign_in() -> None:
        adas.problems_are_expected("403|404|WebSocket")
        adas.sign_in(grace, live_server_process.url)
        token = {"name": "csrftoken", "value": "a" * 32, "url": live_server_process.url}
        adas.page.context.add_cookies([token])  # another one, as after signing in

    expect(adas.send("Before").locator(".message__status")).to_have_attribute("title", "Sent")
    return sign_in


def test_what_is_refused_because_somebody_else_signed_in_is_kept(
    adas: Window, outdate: Callable[[], None], group: Any, ada: Any, live_server_process: Any
) -> None:
    outdate()
    waiting = adas.send("Mine")
    expect(adas.page.get_by_role("alert")).to_contain_text("You are signed out.")
    expect(waiting).not_to_contain_text("Not sent")
    assert stored(group) == ["Before"]
    adas.sign_in(ada, live_server_process.url)
    adas.page.get_by_role("link", name="Sign in").click()
    expect(waiting.locator(".message__status")).to_have_attribute("title", "Sent")
    assert stored(group) == ["Before", "Mine"]


def test_who_deletes_after_somebody_else_signed_in_is_told(
    adas: Window, outdate: Callable[[], None]
) -> None:
    outdate()
    adas.act("Before", "Delete")
    adas.dialog.get_by_role("button", name="Delete").click()
    expect(adas.page.get_by_role("alert")).to_contain_text("You are signed out.")
    expect(adas.dialog).to_have_count(0)


def test_who_edits_after_somebody_else_signed_in_is_told(
    adas: Window, outdate: Callable[[], None]
) -> None:
    outdate()
    adas.act("Before", "Edit")
    adas.send("After")
    expect(adas.page.get_by_role("alert")).to_contain_text("You are signed out.")


def test_a_form_in_a_dialog_after_somebody_else_signed_in_loads_the_page_anew(
    adas: Window, outdate: Callable[[], None]
) -> None:
    adas.menu("Rename")
    adas.dialog.get_by_label("Name of the group").fill("Looms")
    outdate()
    with adas.page.expect_navigation():
        adas.dialog.get_by_role("button", name="Save").click()
    expect(adas.page.locator(".sidebar__name")).to_have_text("Grace Hopper")


def test_a_tab_that_is_too_far_behind_loads_anew(
    adas: Window, group: Any, grace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    adas.cut()
    actions.post_message(grace, group.pk, "Much later")
    adas.page.route(
        "**/messages?changed_after=*",
        lambda route: route.fulfill(json={"too_far_behind": True}),
        times=1,
    )
    with adas.page.expect_navigation():
        adas.mend()
    expect(adas.message("Much later")).to_be_visible()
