"""Opening another chat swaps the pane, and keeps the page with its list and its socket."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from chats import actions
from chats.models import Chat, Message, ReadMarker
from tests.waiting import wait_for

from .long_chat import fill, read_all
from .window import Window

OpenWindow = Callable[..., Window]
PHONE = {"width": 360, "height": 740}
MANY = 60  # chats: more than a screen shows


@pytest.fixture
def adas(window_of: OpenWindow, group: Any, private_chat: Any, ada: Any) -> Window:
    """Ada's window of the group; her private chat with Grace is in the list."""
    return open_chat(window_of, ada, group)


def open_chat(window_of: OpenWindow, user: Any, chat: Any, **options: Any) -> Window:
    """A window of a chat in which a later page would be noticed."""
    window = window_of(user, f"/chats/{chat.pk}/", **options)
    window.is_connected()
    window.page.evaluate("window.same = true")
    return window


def go(window: Window, title: str) -> None:
    """Open a chat of the list."""
    named(window, title).click()
    expect(heading(window, title)).to_be_visible()


def named(window: Window, title: str) -> Any:
    """The item of a chat, whatever other items mention."""
    name = window.page.locator(".chat-item__title").get_by_text(title, exact=True)
    return window.page.locator(".chat-item", has=name)


def heading(window: Window, title: str) -> Any:
    return window.page.get_by_role("heading", name=title, exact=True)


def is_same_page(window: Window) -> bool:
    return window.page.evaluate("window.same") is True


def asked(page: Page) -> list[tuple[str, bool]]:
    """What is requested from now on: the path, and whether it is a page of its own."""
    requests: list[tuple[str, bool]] = []
    page.on(
        "request",
        lambda each: requests.append(
            (re.sub("^https?://[^/]+", "", each.url), each.is_navigation_request())
        ),
    )
    return requests


def hold(page: Page, pattern: Any) -> list[Route]:
    """Answer no request like this one until its route is continued."""
    held: list[Route] = []
    page.route(pattern, lambda route: held.append(route))
    return held


def pane_of(chat: Any) -> re.Pattern[str]:
    return re.compile(f"/chats/{chat.pk}/$")


def until(window: Window, condition: Callable[[], Any]) -> None:
    """Wait, while the browser's events are handled."""
    wait_for(lambda: window.page.evaluate("true") and condition())


# The list stays ----------------------------------------------------------------------------------


def test_another_chat_swaps_the_pane_alone(
    adas: Window, private_chat: Any, group: Any, grace: Any
) -> None:
    actions.post_message(grace, private_chat.pk, "Hello, Ada")
    expect(adas.page).to_have_title("(1) Engines · Chat")
    requests = asked(adas.page)
    go(adas, "Grace Hopper")
    adas.is_connected()
    expect(adas.message("Hello, Ada")).to_be_in_viewport()
    expect(adas.composer).to_be_focused()
    expect(adas.page).to_have_title("Grace Hopper · Chat")
    expect(adas.page).to_have_url(pane_of(private_chat))
    current = adas.page.locator("[aria-current=page]")
    expect(current).to_have_count(1)
    expect(current).to_contain_text("Grace Hopper")
    expect(adas.page.locator(".chat-item--current")).to_contain_text("Grace Hopper")
    chat = f"/chats/{private_chat.pk}/"
    assert [path for path, is_page in requests if path == chat and not is_page] == [chat]
    assert {path.split("?")[0] for path, _ in requests} <= {chat, f"/api/v1{chat}messages"}
    assert is_same_page(adas)
    actions.post_message(grace, group.pk, "Meanwhile")
    expect(adas.chat_item("Engines")).to_contain_text("Grace Hopper: Meanwhile")
    expect(adas.page).to_have_title("(1) Grace Hopper · Chat")


def test_the_list_keeps_its_socket_and_each_chat_has_one(
    window_of: OpenWindow, group: Any, private_chat: Any, ada: Any
) -> None:
    window = window_of(ada, "/chats/")
    opened: list[str] = []
    closed: list[str] = []

    def connect(socket: WebSocketRoute) -> None:
        def close(code: int | None, reason: str | None) -> None:
            closed.append(socket.url)
            server.close(code=code, reason=reason)

        server = socket.connect_to_server()
        socket.on_close(close)
        opened.append(socket.url)

    window.page.goto("about:blank")
    window.page.route_web_socket("**/api/v1/**", connect)
    window.page.goto(f"/chats/{group.pk}/")
    window.is_connected()
    for title in ("Grace Hopper", "Engines"):
        go(window, title)
        window.is_connected()
    paths = [url.split("/api/v1/")[1] for url in opened]
    first, other = f"chats/{group.pk}", f"chats/{private_chat.pk}"
    assert sorted(paths) == sorted([first, "users/me", other, first])
    assert {url.split("/api/v1/")[1] for url in closed} == {first, other}


def test_the_list_stays_where_it_was_scrolled_to(
    window_of: OpenWindow, group: Any, ada: Any
) -> None:
    for number in range(MANY):
        actions.create_group(ada, f"Group {number}", [])
    window = open_chat(window_of, ada, group)
    expect(window.page.locator(".chat-item")).to_have_count(MANY + 1)
    item = named(window, "Group 10")
    item.scroll_into_view_if_needed()
    top = "document.querySelector('.chat-list').scrollTop"
    before = window.page.evaluate(top)
    assert before > 0
    go(window, "Group 10")
    assert window.page.evaluate(top) == before
    window.page.go_back()
    expect(heading(window, "Engines")).to_be_visible()
    assert window.page.evaluate(top) == before


@pytest.mark.parametrize("place", [30, 60, 120], ids=["listed", "loaded", "beyond the list"])
def test_the_open_chat_is_marked_and_in_sight_wherever_it_is_in_the_list(
    window_of: OpenWindow, ada: Any, place: int
) -> None:
    groups = [actions.create_group(ada, f"Group {number}", []) for number in range(place + 5)]
    window = open_chat(window_of, ada, groups[4])
    item = window.page.locator(".chat-item--current")
    expect(item.locator(".chat-item__title")).to_have_text("Group 4")
    expect(item.locator("a")).to_have_attribute("aria-current", "page")
    expect(item).to_be_in_viewport()
    shown = window.page.locator(".chat-item")
    expect(shown).to_have_count(min(place + 5, 101))
    expect(item).to_have_count(1)
    expect(item).to_be_in_viewport()


# What was missed on the way ----------------------------------------------------------------------


def test_what_was_read_on_the_way_comes_with_the_welcome(
    adas: Window, private_chat: Any, ada: Any, grace: Any
) -> None:
    message, _ = actions.post_message(ada, private_chat.pk, "Hello, Grace")
    adas.page.wait_for_timeout(6_000)  # the process has followed the chat for a while
    requests = read_on_the_way(adas, private_chat, grace, message)
    adas.is_connected()
    assert [path for path, _ in requests] == [f"/chats/{private_chat.pk}/"]


def test_a_page_that_waited_asks_for_what_was_read_since(
    adas: Window, private_chat: Any, ada: Any, grace: Any
) -> None:
    message, _ = actions.post_message(ada, private_chat.pk, "Hello, Grace")

    def connect(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda frame: socket.send(_without_markers(str(frame))))

    adas.page.route_web_socket(f"**/api/v1/chats/{private_chat.pk}", connect)
    requests = read_on_the_way(adas, private_chat, grace, message)
    changes = f"/api/v1/chats/{private_chat.pk}/messages?changed_after=1"
    assert changes in [path for path, _ in requests]


def read_on_the_way(
    window: Window, chat: Any, reader: Any, message: Message
) -> list[tuple[str, bool]]:
    """Open a chat in which somebody reads a message after the answer was made; see `asked`."""
    held, requests = hold(window.page, pane_of(chat)), asked(window.page)
    named(window, reader.name).click()
    until(window, lambda: held)
    pane = held[0].fetch()
    actions.mark_read(reader, chat, message)
    held[0].fulfill(response=pane)
    expect(window.message(message.content)).to_contain_text(f"Read by {reader.name}")
    return requests


def _without_markers(frame: str) -> str:
    """A `welcome` of a process that has only begun to follow the chat."""
    event = json.loads(frame)
    if event["type"] == "welcome":
        event["data"] |= {"read_markers": {}, "covers": 0}
    return json.dumps(event)


# Addresses ---------------------------------------------------------------------------------------


def test_back_and_forward_swap_too_and_a_reload_shows_the_same(
    adas: Window, private_chat: Any, group: Any
) -> None:
    go(adas, "Grace Hopper")
    adas.page.get_by_role("link", name="Chats", exact=True).click()
    expect(adas.page.get_by_text("Pick a chat")).to_be_visible()
    expect(adas.page).to_have_title("Chats")
    expect(adas.page.locator(".chat-item--current")).to_have_count(0)
    for _ in range(2):
        adas.page.go_back()
        expect(heading(adas, "Grace Hopper")).to_be_visible()
        adas.page.go_back()
        expect(heading(adas, "Engines")).to_be_visible()
        expect(adas.page.locator("[aria-current=page]")).to_contain_text("Engines")
        adas.is_connected()
        adas.page.go_forward()
        expect(heading(adas, "Grace Hopper")).to_be_visible()
        adas.page.go_forward()
        expect(adas.page.get_by_text("Pick a chat")).to_be_visible()
    assert is_same_page(adas)
    adas.page.go_back()
    adas.page.reload()
    expect(heading(adas, "Grace Hopper")).to_be_visible()
    adas.page.go_back()
    expect(heading(adas, "Engines")).to_be_visible()


@pytest.mark.parametrize("modifiers", [["ControlOrMeta"], ["Shift"], "middle"])
def test_a_click_for_another_tab_opens_one(adas: Window, private_chat: Any, modifiers: Any) -> None:
    link = adas.chat_item("Grace Hopper").get_by_role("link")
    with adas.page.context.expect_page() as opened:
        if modifiers == "middle":
            link.click(button="middle")
        else:
            link.click(modifiers=modifiers)
    expect(opened.value).to_have_url(pane_of(private_chat))
    expect(opened.value.locator(".chat-item")).to_have_count(2)
    expect(heading(adas, "Engines")).to_be_visible()


def test_without_scripts_a_click_opens_a_page(
    window_of: OpenWindow, group: Any, private_chat: Any, ada: Any
) -> None:
    window = window_of(ada, f"/chats/{group.pk}/", java_script_enabled=False)
    window.chat_item("Grace Hopper").click()
    expect(heading(window, "Grace Hopper")).to_be_visible()
    expect(window.page.locator("[aria-current=page]")).to_contain_text("Grace Hopper")
    window.page.go_back()
    expect(heading(window, "Engines")).to_be_visible()


def test_a_quoted_message_far_away_is_shown_in_the_same_page(
    window_of: OpenWindow, group: Any, ada: Any, grace: Any, alan: Any
) -> None:
    fill(group, [ada, grace], 400)
    read_all(group, [ada, grace, alan], 400)
    far = Message.objects.in_chat(group.pk).filter(seq=3).first()
    actions.post_message(ada, group.pk, "Remember?", reply_to=far.pk)
    window = open_chat(window_of, ada, group)
    window.message("Remember?").locator(".quote").click()
    expect(window.message("Message 3")).to_be_in_viewport()
    expect(window.page).to_have_url(re.compile(f"at={far.pk}#message-{far.pk}$"))
    window.page.get_by_label("To the newest message").click()
    expect(window.message("Remember?")).to_be_in_viewport()
    expect(window.page).to_have_url(pane_of(group))
    window.page.go_back()
    expect(window.message("Remember?")).to_be_in_viewport()
    assert is_same_page(window)


# One after the other -----------------------------------------------------------------------------


def test_of_two_quick_clicks_the_last_wins(
    adas: Window, private_chat: Any, alan: Any, ada: Any
) -> None:
    actions.create_private_chat(alan, ada.pk)
    expect(adas.chat_item("Alan Turing")).to_be_visible()
    held = hold(adas.page, pane_of(private_chat))
    adas.chat_item("Grace Hopper").click()
    until(adas, lambda: held)
    expect(adas.page.get_by_role("main")).to_have_attribute("aria-busy", "true")
    followed = adas.page.locator("[data-followed]")
    expect(followed).to_contain_text("Grace Hopper")
    go(adas, "Alan Turing")
    expect(followed).to_have_count(0)
    held[0].continue_()
    adas.is_connected()
    expect(heading(adas, "Alan Turing")).to_be_visible()
    expect(adas.page.get_by_role("main")).not_to_have_attribute("aria-busy", "true")
    adas.page.go_back()
    expect(heading(adas, "Engines")).to_be_visible()


def test_back_to_what_is_still_shown_cancels_a_click(adas: Window, private_chat: Any) -> None:
    go(adas, "Grace Hopper")
    adas.page.unroute_all()
    held = hold(adas.page, re.compile("/chats/[^/]+/$"))
    adas.page.go_back()
    until(adas, lambda: held)
    adas.page.go_forward()
    held[0].continue_()
    adas.page.unroute_all()
    expect(adas.page.get_by_role("main")).not_to_have_attribute("aria-busy", "true")
    expect(heading(adas, "Grace Hopper")).to_be_visible()
    expect(adas.page).to_have_url(pane_of(private_chat))


# Nothing is lost, and nothing is shown in the wrong chat ------------------------------------------


def test_a_draft_waits_in_its_chat(adas: Window) -> None:
    adas.composer.fill("To be continued")
    go(adas, "Grace Hopper")
    expect(adas.composer).to_have_value("")
    adas.composer.fill("Dear Grace")
    adas.page.go_back()
    expect(heading(adas, "Engines")).to_be_visible()
    expect(adas.composer).to_have_value("To be continued")
    adas.page.go_forward()
    expect(adas.composer).to_have_value("Dear Grace")


def test_what_is_being_sent_arrives_in_its_chat_alone(
    adas: Window, group: Any, private_chat: Any
) -> None:
    held = hold(adas.page, f"**/api/v1/chats/{group.pk}/messages")
    adas.send("Under way")
    adas.send("Waiting")
    until(adas, lambda: held)
    go(adas, "Grace Hopper")
    adas.is_connected()
    held[0].continue_()
    until(adas, lambda: len(held) == 2)
    held[1].continue_()
    until(adas, lambda: Message.objects.in_chat(group.pk).count() == 2)
    expect(adas.chat_item("Engines")).to_contain_text("You: Waiting")
    adas.send("For Grace")
    expect(adas.message("For Grace").get_by_title("Sent")).to_be_visible()
    assert adas.texts() == ["For Grace"]
    adas.page.go_back()
    expect(adas.message("Waiting").get_by_title("Sent")).to_be_visible()
    assert adas.texts() == ["Under way", "Waiting"]


def test_what_waits_is_shown_again_and_sent_once(
    adas: Window, group: Any, private_chat: Any
) -> None:
    adas.problems_are_expected("503")
    adas.page.route("**/messages", lambda route: route.fulfill(status=503, json={}))
    waiting = adas.send("Later")
    expect(waiting.get_by_title("Waiting for a connection")).to_be_visible()
    go(adas, "Grace Hopper")
    adas.is_connected()
    expect(waiting).to_have_count(0)
    go(adas, "Engines")
    expect(waiting).to_have_count(1)
    adas.page.unroute_all()
    expect(waiting.get_by_title("Sent")).to_be_visible()
    assert adas.texts() == ["Later"]
    assert Message.objects.in_chat(group.pk).count() == 1


def test_late_answers_about_the_chat_that_was_left_change_nothing(
    window_of: OpenWindow, group: Any, private_chat: Any, ada: Any, grace: Any, alan: Any
) -> None:
    fill(group, [grace], 500)
    read_all(group, [ada, grace, alan], 500)
    window = open_chat(window_of, ada, group)
    held = hold(window.page, re.compile(f"/chats/{group.pk}/messages[?]"))
    window.cut_sockets()
    window.mend()
    until(window, lambda: any("changed_after" in each.request.url for each in held))
    window.page.get_by_role("log").evaluate("(log) => log.scrollTo(0, 0)")
    until(window, lambda: any("before=" in each.request.url for each in held))
    actions.post_message(grace, group.pk, "Of the engines")
    go(window, "Grace Hopper")
    window.is_connected()
    answers = [each.request.response for each in held]
    for route in held:
        route.continue_()
    for answer in answers:
        answer()
    window.page.evaluate("new Promise((done) => setTimeout(done, 500))")
    assert window.texts() == []
    expect(window.page).to_have_url(pane_of(private_chat))
    expect(window.page.get_by_label("To the newest message")).to_be_hidden()


def test_only_what_is_seen_counts_as_read(
    adas: Window, group: Any, private_chat: Any, ada: Any, grace: Any
) -> None:
    def read(chat: Any) -> int:
        marker = ReadMarker.objects.filter(chat_id=chat.pk, user_id=ada.pk).first()
        return marker.seq if marker else 0

    actions.post_message(grace, group.pk, "Seen at once")
    expect(adas.message("Seen at once")).to_be_in_viewport()
    go(adas, "Grace Hopper")
    until(adas, lambda: read(group) == 1)
    actions.post_message(grace, group.pk, "Not seen yet")
    unread = adas.chat_item("Engines").locator(".chat-item__unread")
    expect(unread).to_have_text("1 unread")
    actions.post_message(grace, private_chat.pk, "Seen here")
    until(adas, lambda: read(private_chat) == 1)
    assert read(group) == 1
    go(adas, "Engines")
    expect(adas.page.get_by_text("New messages")).to_be_visible()
    until(adas, lambda: read(group) == 2)
    go(adas, "Grace Hopper")
    expect(unread).to_be_hidden()


def test_what_was_left_is_forgotten(adas: Window) -> None:
    devtools = adas.page.context.new_cdp_session(adas.page)
    devtools.send("Performance.enable")

    def held() -> dict[str, float]:
        devtools.send("HeapProfiler.collectGarbage")
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return {each["name"]: each["value"] for each in metrics}

    def swap(times: int) -> None:
        for title in ("Grace Hopper", "Engines") * times:
            go(adas, title)
            adas.is_connected()

    swap(2)
    before = held()
    swap(6)
    until(adas, lambda: held()["Nodes"] < before["Nodes"] + 50)
    until(adas, lambda: held()["JSEventListeners"] < before["JSEventListeners"] + 12)


def test_others_see_that_one_stops_typing_and_leaves(
    adas: Window, window_of: OpenWindow, private_chat: Any, ada: Any, grace: Any
) -> None:
    graces = open_chat(window_of, grace, private_chat)
    go(adas, "Grace Hopper")
    subtitle = graces.page.locator(".chat__subtitle")
    expect(subtitle).to_have_text("Online")
    adas.is_connected()
    adas.composer.press_sequentially("Well")
    expect(graces.typing).to_contain_text("Ada Lovelace is typing…")
    adas.page.go_back()
    expect(graces.typing).not_to_contain_text("typing")
    expect(subtitle).to_have_text("Online")  # elsewhere in the app
    expect(adas.composer).to_be_focused()


# What can't be swapped ---------------------------------------------------------------------------


def test_an_offline_click_leaves_the_chat_and_is_made_up_for(adas: Window) -> None:
    adas.cut()
    adas.chat_item("Grace Hopper").click()
    alert = adas.page.get_by_role("alert").filter(has_text="Nobody answers.")
    expect(alert).to_be_visible()
    expect(heading(adas, "Engines")).to_be_visible()
    adas.mend()
    expect(heading(adas, "Grace Hopper")).to_be_visible()
    expect(alert).to_be_hidden()
    adas.is_connected()
    assert is_same_page(adas)


def test_back_to_what_does_not_answer_shows_no_other_chat(adas: Window, group: Any) -> None:
    go(adas, "Grace Hopper")
    adas.problems_are_expected("503|net::ERR")
    adas.page.route(pane_of(group), lambda route: route.fulfill(status=503, body="<p>Away</p>"))
    adas.page.go_back()
    alert = adas.page.get_by_role("alert").filter(has_text="The server refused this (503).")
    expect(alert).to_be_visible()
    expect(heading(adas, "Grace Hopper")).to_have_count(0)
    adas.page.unroute_all()
    alert.get_by_role("button", name="Try again").click()
    expect(heading(adas, "Engines")).to_be_visible()
    adas.is_connected()
    assert is_same_page(adas)


def test_a_chat_that_was_deleted_meanwhile_is_a_page_that_says_so(
    adas: Window, group: Any, ada: Any
) -> None:
    go(adas, "Grace Hopper")
    adas.problems_are_expected("404|inline style")  # Django's own page has some
    actions.delete_chat(ada, group)
    adas.page.go_back()
    expect(adas.page.get_by_role("heading").first).to_have_text(re.compile("Nothing here|404"))
    expect(adas.page).to_have_url(pane_of(group))


def test_who_is_signed_out_comes_to_the_form_and_back(adas: Window, private_chat: Any) -> None:
    adas.problems_are_expected("401|403|WebSocket")
    adas.page.context.clear_cookies(name="sessionid")
    adas.chat_item("Grace Hopper").click()
    adas.page.wait_for_url(re.compile(f"/accounts/sign-in/.*{private_chat.pk}/$"))


def test_somebody_else_who_signed_in_gets_a_page_of_their_own(
    adas: Window, private_chat: Any, grace: Any, live_server_process: Any
) -> None:
    adas.sign_in(grace, live_server_process.url)
    adas.chat_item("Grace Hopper").click()
    expect(heading(adas, "Ada Lovelace")).to_be_visible()
    expect(adas.page.locator(".sidebar__name")).to_have_text("Grace Hopper")


def test_a_new_release_is_loaded_as_a_page(adas: Window) -> None:
    adas.page.evaluate("document.body.dataset.paneOriginValue = 'of an older release'")
    go(adas, "Grace Hopper")
    assert not is_same_page(adas)


# Dialogs -----------------------------------------------------------------------------------------


def test_a_new_group_opens_beside_the_list(adas: Window) -> None:
    adas.page.get_by_label("New chat").click()
    adas.dialog.get_by_role("link", name="New group").click()
    adas.dialog.get_by_label("Name of the group").fill("Looms")
    adas.dialog.get_by_role("checkbox", name="Grace Hopper").check()
    adas.dialog.get_by_role("button", name="Create the group").click()
    expect(heading(adas, "Looms")).to_be_visible()
    expect(adas.dialog).to_be_hidden()
    expect(adas.composer).to_be_focused()
    expect(adas.page.locator("[aria-current=page]")).to_contain_text("Looms")
    assert is_same_page(adas)


def test_what_a_form_did_is_said_beside_the_list(adas: Window, group: Any) -> None:
    adas.menu("Delete the group")
    adas.dialog.get_by_label("Type the name of the group to delete it").fill("Engines")
    adas.dialog.get_by_role("button", name="Delete the group").click()
    expect(adas.page.get_by_text("The chat was deleted.")).to_be_visible()
    expect(adas.chat_item("Engines")).to_have_count(0)
    expect(adas.page.get_by_text("Pick a chat")).to_be_visible()
    assert not Chat.objects.filter(pk=group.pk).exists()
    assert is_same_page(adas)


def test_back_closes_an_open_dialog(adas: Window) -> None:
    go(adas, "Grace Hopper")
    adas.page.get_by_label("New chat").click()
    expect(adas.dialog).to_be_visible()
    adas.page.go_back()
    expect(heading(adas, "Engines")).to_be_visible()
    expect(adas.dialog).to_be_hidden()


# A phone -----------------------------------------------------------------------------------------


def test_a_phone_comes_back_to_where_its_list_was(
    window_of: OpenWindow, group: Any, ada: Any
) -> None:
    for number in range(MANY):
        actions.create_group(ada, f"Group {number}", [])
    window = window_of(ada, "/chats/", viewport=PHONE, has_touch=True)
    expect(window.page.locator(".chat-item")).to_have_count(MANY + 1)
    window.page.evaluate("window.same = true")
    named(window, "Group 10").scroll_into_view_if_needed()
    top = "document.querySelector('.chat-list').scrollTop"
    before = window.page.evaluate(top)
    for back in (window.page.get_by_label("Back to your chats").click, window.page.go_back):
        go(window, "Group 10")
        expect(window.page.locator(".sidebar")).to_be_hidden()
        back()
        expect(window.page.locator(".sidebar")).to_be_visible()
        assert window.page.evaluate(top) == before
    assert is_same_page(window)


def test_a_phone_comes_back_from_a_reloaded_chat_to_its_place_in_the_list(
    window_of: OpenWindow, group: Any, ada: Any
) -> None:
    for number in range(MANY):
        actions.create_group(ada, f"Group {number}", [])
    window = window_of(ada, f"/chats/{group.pk}/", viewport=PHONE, has_touch=True)
    expect(window.page.locator(".chat-item")).to_have_count(MANY + 1)
    window.page.get_by_label("Back to your chats").click()
    expect(named(window, "Engines")).to_be_in_viewport(ratio=1)
