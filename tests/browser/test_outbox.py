"""What waits in one chat is sent from any page of the app, and by one page at a time."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from chats import actions
from chats.models import Chat, Message
from tests.waiting import wait_for

from .window import Window

MESSAGES = "**/messages"
WAITING = "Waiting for a connection"


@pytest.fixture
def adas(window_of: Callable[..., Window], group: Any, ada: Any) -> Window:
    """A window of the group, where two messages wait."""
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    window.problems_are_expected("503")
    window.page.route(MESSAGES, lambda route: route.fulfill(status=503, json={}))
    for text in ("One", "Two"):
        window.send(text)
    expect(window.message("One").locator(".message__status")).to_have_attribute("title", WAITING)
    return window


def stored(chat: Any) -> list[str]:
    return [message.content for message in Message.objects.in_chat(chat.pk).oldest_first()]


def kept(page: Page) -> int:
    """How many messages wait in the browser's storage."""
    count: int = page.evaluate(
        "Object.keys(localStorage).filter((key) => key.startsWith('outbox:')).length"
    )
    return count


@pytest.mark.parametrize("place", ["list", "another chat", "members"])
def test_what_waits_is_sent_from_another_page(
    adas: Window, group: Any, private_chat: Any, place: str
) -> None:
    path = {
        "list": "/chats/",
        "another chat": f"/chats/{private_chat.pk}/",
        "members": f"/chats/{group.pk}/members/",
    }[place]
    adas.page.goto(path)
    expect(adas.chat_item("Engines")).to_be_visible()
    assert kept(adas.page) == 2
    adas.page.unroute(MESSAGES)
    wait_for(lambda: not kept(adas.page))
    assert stored(group) == ["One", "Two"]
    assert stored(private_chat) == []


def test_two_pages_do_not_send_what_waits_at_the_same_time(adas: Window, group: Any) -> None:
    held: list[Route] = []
    adas.page.goto("about:blank")
    # New pages: `unroute` would let a request on its way through, and it would be held as well.
    pages = [adas.page.context.new_page() for _ in range(2)]
    for page in pages:
        page.route(MESSAGES, lambda route: held.append(route))
        page.goto("/chats/")
    while wait_for(lambda: bool(held) or not kept(page)) and held:
        page.evaluate("new Promise((done) => setTimeout(done, 500))")
        sent = [(route.request.post_data, pages.index(route.request.frame.page)) for route in held]
        assert len(sent) == 1, sent
        held.pop().continue_()
    assert stored(group) == ["One", "Two"]


def test_a_tab_of_the_chat_does_not_send_again_what_another_page_sent(
    adas: Window, group: Any
) -> None:
    sent: list[str] = []
    adas.page.context.on("request", lambda request: sent.append(request.method))
    other = adas.page.context.new_page()
    other.goto("/chats/")
    wait_for(lambda: not kept(other))
    assert stored(group) == ["One", "Two"]
    adas.page.unroute(MESSAGES)
    sent.clear()
    adas.send("Three")
    expect(adas.message("Three").locator(".message__status")).to_have_attribute("title", "Sent")
    assert sent.count("POST") == 1
    assert stored(group) == adas.texts() == ["One", "Two", "Three"]


def test_what_another_page_was_refused_is_said_in_the_chat(adas: Window, group: Any) -> None:
    other = adas.page.context.new_page()
    refusal = {"detail": "You may not send messages in this chat."}
    other.route(MESSAGES, lambda route: route.fulfill(status=403, json=refusal))
    other.goto("/chats/")
    again = adas.message("One").get_by_role("button", name="Try again")
    expect(again).to_be_visible(timeout=30_000)
    adas.page.unroute(MESSAGES)
    again.click()
    expect(adas.message("One").locator(".message__status")).to_have_attribute("title", "Sent")
    assert stored(group) == ["One"]


def test_a_page_that_hangs_while_it_sends_is_not_waited_for_forever(
    adas: Window, group: Any, ada: Any
) -> None:
    other = adas.page.context.new_page()
    other.goto("/accounts/profile/")
    # Half a minute is a second and a half here.
    adas.page.add_init_script(
        "const { timeout } = AbortSignal;"
        "AbortSignal.timeout = (milliseconds) => timeout.call(AbortSignal, milliseconds / 20)"
    )
    other.evaluate(
        "(name) => { navigator.locks.request(name, () => new Promise(() => {})) }",
        f"outbox:{ada.pk}:{group.pk}:",
    )
    adas.page.unroute(MESSAGES)
    adas.page.reload()
    expect(adas.message("Two").locator(".message__status")).to_have_attribute("title", "Sent")
    assert stored(group) == ["One", "Two"]


@pytest.mark.parametrize("end", ["removed", "deleted"])
def test_what_waits_when_its_chat_ends_is_said_not_to_be_sent(
    adas: Window, group: Any, ada: Any, grace: Any, end: str
) -> None:
    Chat.objects.filter(pk=group.pk).update(owner_id=grace.pk)
    if end == "removed":
        actions.remove_member(grace, Chat.objects.get(pk=group.pk), ada.pk)
    else:
        actions.delete_chat(grace, Chat.objects.get(pk=group.pk))
    for text in ("One", "Two"):
        row = adas.message(text)
        expect(row.get_by_text("Not sent. This chat has ended for you.")).to_be_visible()
    adas.problems_are_expected("404|503")
    assert Message.objects.count() == 0


def test_an_answer_that_comes_after_the_end_of_its_chat_changes_nothing(
    adas: Window, group: Any, ada: Any, grace: Any
) -> None:
    held: list[Route] = []
    adas.page.route(MESSAGES, lambda route: held.append(route))
    for _ in range(500):  # it is tried again after some seconds
        if not held:
            adas.page.wait_for_timeout(20)
    Chat.objects.filter(pk=group.pk).update(owner_id=grace.pk)
    actions.delete_chat(grace, Chat.objects.get(pk=group.pk))
    one = adas.message("One").get_by_text("Not sent. This chat has ended for you.")
    expect(one).to_be_visible()
    with adas.page.expect_response(MESSAGES):
        held[0].fulfill(status=503, json={})
    adas.page.wait_for_timeout(200)
    expect(one).to_be_visible()
    expect(adas.page.get_by_text(WAITING)).to_have_count(0)


@pytest.mark.parametrize("end", ["removed", "deleted", "silenced"])
@pytest.mark.parametrize("place", ["list", "another chat"])
def test_what_can_not_be_sent_any_more_is_told_wherever_its_author_is(
    adas: Window, group: Any, private_chat: Any, ada: Any, grace: Any, end: str, place: str
) -> None:
    page = adas.page
    page.goto("/chats/" if place == "list" else f"/chats/{private_chat.pk}/")
    expect(adas.chat_item("Engines")).to_be_visible()
    Chat.objects.filter(pk=group.pk).update(owner_id=grace.pk)
    chat = Chat.objects.get(pk=group.pk)
    if end == "removed":
        actions.remove_member(grace, chat, ada.pk)
    elif end == "deleted":
        actions.delete_chat(grace, chat)
    else:
        actions.set_permissions(grace, chat, ada.pk, can_send_messages=False)
    adas.problems_are_expected("403|404|503")
    page.unroute(MESSAGES)
    page.evaluate("dispatchEvent(new Event('online'))")
    notice = page.locator(".unsent")
    expect(notice.locator("li")).to_have_count(2)
    expect(notice).to_contain_text("To Engines")
    why = "You may not send" if end == "silenced" else "This chat has ended for you."
    expect(notice.locator("li").first).to_contain_text(why)
    expect(notice.get_by_role("link", name="Open the chat")).to_have_count(2 * (end == "silenced"))
    page.reload()  # the texts are still there
    expect(notice.locator("[data-part=text]")).to_have_text(["One", "Two"])
    for left in (1, 0):
        notice.get_by_role("button", name="Discard").first.click()
        expect(notice.locator("li")).to_have_count(left)
    expect(notice).to_be_hidden()
    assert kept(page) == 0


def test_what_is_written_while_the_clock_is_set_back_is_sent_in_order(
    window_of: Callable[..., Window], group: Any, ada: Any
) -> None:
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    window.problems_are_expected("503")
    window.page.route(MESSAGES, lambda route: route.fulfill(status=503, json={}))
    window.send("One")
    window.page.evaluate(
        """() => {
          const Real = Date
          window.Date = class extends Real {
            constructor(...args) { super(...(args.length ? args : [Real.now() - 7_200_000])) }
            static now() { return Real.now() - 7_200_000 }
          }
        }"""
    )
    for text in ("Two", "Three"):
        window.send(text)
    assert kept(window.page) == 3
    window.page.unroute(MESSAGES)
    window.page.reload()
    wait_for(lambda: not kept(window.page), 30)
    assert stored(group) == ["One", "Two", "Three"]
