"""Long chats: older messages come as one scrolls, and the reader stays where they are."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from chats import actions
from chats.models import Chat, Message
from tests.waiting import wait_for
from users.models import User

from .long_chat import fill, read_all
from .window import Window

COUNT = 130
MOST_ROWS = 250  # static/js/models/history_window.js


@pytest.fixture
def long_chat(group: Any, ada: Any, grace: Any) -> Any:
    """The group with 130 messages; the last one replies to the first."""
    first = None
    for number in range(1, COUNT + 1):
        sender = ada if number % 3 else grace
        reply_to = first.pk if first and number == COUNT else None
        message, _ = actions.post_message(sender, group.pk, f"Message {number}", reply_to=reply_to)
        first = first or message
    read_all(group, [ada, grace], COUNT)
    return group


def scroll_until(window: Window, scroll: str, text: str) -> None:
    """Scroll to an end, again and again, until this message is there."""

    def is_there() -> bool:
        window.page.get_by_role("log").evaluate(scroll)
        return window.message(text).count() > 0

    wait_for(is_there, 30, f"for {text}")


def test_older_messages_come_by_scrolling_up(
    window_of: Callable[..., Window], long_chat: Any, ada: Any
) -> None:
    window = window_of(ada, f"/chats/{long_chat.pk}/")
    window.is_connected()
    expect(window.message(f"Message {COUNT}")).to_be_in_viewport()
    scroll_until(window, "log => log.scrollTop = 0", "Message 1")
    assert window.texts() == [f"Message {number}" for number in range(1, COUNT + 1)]
    expect(window.page.get_by_text("This is the start of Engines.")).to_be_attached()
    expect(window.page.get_by_role("link", name="Older messages")).to_be_hidden()


def test_older_messages_of_a_large_group_have_their_receipts(
    window_of: Callable[..., Window], group: Any, ada: Any, grace: Any
) -> None:
    crowd = User.objects.bulk_create(User(username=f"crowd{number}") for number in range(100))
    members = [ada, grace, *crowd]
    Chat.objects.filter(pk=group.pk).update(member_ids=[person.pk for person in members])
    fill(group, [grace], COUNT)
    Message.objects.filter(chat_id=group.pk, seq=9).update(sender_id=ada.pk)
    read_all(group, members, COUNT)
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    scroll_until(window, "log => log.scrollTop = 0", "Message 9")
    expect(window.message("Message 9")).to_contain_text("Read by Grace Hopper and 100 others")


def test_the_reader_stays_at_the_same_message_while_older_ones_are_added(
    window_of: Callable[..., Window], long_chat: Any, ada: Any
) -> None:
    window = window_of(ada, f"/chats/{long_chat.pk}/?before=100", java_script_enabled=True)
    window.is_connected()
    first = window.messages.first
    expect(first).not_to_have_attribute("data-seq", "50")  # older ones were added above
    expect(window.message("Message 50")).to_be_in_viewport()


def test_a_reply_leads_to_a_message_that_is_not_loaded_and_back(
    window_of: Callable[..., Window], long_chat: Any, ada: Any
) -> None:
    window = window_of(ada, f"/chats/{long_chat.pk}/")
    window.is_connected()
    window.message(f"Message {COUNT}").locator(".quote").click()
    expect(window.message("Message 1")).to_be_in_viewport()
    window.page.get_by_label("To the newest message").click()
    expect(window.message(f"Message {COUNT}")).to_be_in_viewport()


def test_newer_messages_come_by_scrolling_down(
    window_of: Callable[..., Window], long_chat: Any, ada: Any
) -> None:
    window = window_of(ada, f"/chats/{long_chat.pk}/?before=30")
    window.is_connected()
    scroll_until(window, "log => log.scrollTop = log.scrollHeight", f"Message {COUNT}")
    assert window.texts() == [f"Message {number}" for number in range(1, COUNT + 1)]


def test_a_page_holds_a_bounded_number_of_rows_however_far_one_scrolls(
    window_of: Callable[..., Window], long_chat: Any, ada: Any
) -> None:
    for number in range(COUNT + 1, 451):
        actions.post_message(ada, long_chat.pk, f"Message {number}")
    window = window_of(ada, f"/chats/{long_chat.pk}/")
    window.is_connected()
    scroll_until(window, "log => log.scrollTop = 0", "Message 1")
    expect(window.messages).to_have_count(MOST_ROWS)
    scroll_until(window, "log => log.scrollTop = log.scrollHeight", "Message 450")
    expect(window.messages).to_have_count(MOST_ROWS)
    assert window.texts() == [f"Message {number}" for number in range(451 - MOST_ROWS, 451)]
    scroll_until(window, "log => log.scrollTop = 0", "Message 1")
    expect(window.message("Message 450")).to_have_count(0)
    sent = window.send("From far back")
    expect(sent.locator(".message__status")).to_have_attribute("title", "Sent")
    expect(sent).to_be_in_viewport()
    assert window.texts()[-2:] == ["Message 450", "From far back"]


def test_a_reader_of_older_messages_is_not_moved_by_a_new_one(
    window_of: Callable[..., Window], long_chat: Any, ada: Any, grace: Any
) -> None:
    window = window_of(ada, f"/chats/{long_chat.pk}/")
    window.is_connected()
    log = window.page.get_by_role("log")
    log.evaluate("log => log.scrollTop = log.scrollHeight / 2")
    place = log.evaluate("log => log.scrollTop")
    expect(window.page.get_by_label("To the newest message")).to_be_visible()
    actions.post_message(grace, long_chat.pk, "News")
    window.page.get_by_label("To the newest message, 1 new").wait_for()
    assert log.evaluate("log => log.scrollTop") == place
    window.page.get_by_label("To the newest message").click()
    expect(window.message("News")).to_be_in_viewport()


def test_the_messages_can_be_walked_through_by_keys(
    window_of: Callable[..., Window], long_chat: Any, ada: Any
) -> None:
    window = window_of(ada, f"/chats/{long_chat.pk}/")
    window.is_connected()
    log = window.page.get_by_role("log")
    log.focus()
    log.press("ArrowUp")
    expect(window.message(f"Message {COUNT}")).to_be_focused()
    window.page.keyboard.press("ArrowUp")
    expect(window.message(f"Message {COUNT - 1}")).to_be_focused()
    window.page.keyboard.press("Tab")  # React
    window.page.keyboard.press("Tab")
    window.page.keyboard.press("Enter")
    expect(window.composer).to_be_focused()
    expect(window.page.locator(".composer__mode")).to_contain_text(f"Message {COUNT - 1}")


def test_a_chat_opens_at_the_first_of_many_unread_messages(
    window_of: Callable[..., Window], group: Any, ada: Any, grace: Any
) -> None:
    fill(group, [grace], COUNT)
    read_all(group, [ada], 40)
    window = window_of(ada, f"/chats/{group.pk}/")
    window.is_connected()
    expect(window.message("Message 41")).to_be_in_viewport()
    expect(window.page.locator(".unread + .message")).to_have_attribute("data-seq", "41")
    scroll_until(window, "log => log.scrollTop = log.scrollHeight", f"Message {COUNT}")
    expect(window.page.locator(".unread + .message")).to_have_attribute("data-seq", "41")


def test_rows_that_are_forgotten_while_a_page_is_on_its_way_leave_no_gap(
    window_of: Callable[..., Window], group: Any, ada: Any, grace: Any
) -> None:
    fill(group, [grace], COUNT)
    window = window_of(ada, f"/chats/{group.pk}/")
    url = f"/api/v1/chats/{group.pk}/messages"
    assert window.page.evaluate(FORGET_WHILE_LOADING, url) == [[73, 72], [79, 80]]


# The ends of what is shown, and where the pages before and after it begin.
FORGET_WHILE_LOADING = """async (url) => {
  const { Paginator } = await import("models/paginator.js")
  const pages = new Paginator({ url, first: 1, oldest: 71, newest: 82, hasNewer: true })
  const [older, newer] = [pages.older(), pages.newer()]
  const ends = [pages.oldest, pages.newest] = [73, 79]
  return [[ends[0], (await older).at(-1).seq], [ends[1], (await newer)[0].seq]]
}"""


def test_long_messages_that_come_in_several_answers_all_come(
    window_of: Callable[..., Window], group: Any, ada: Any
) -> None:
    for _ in range(40):
        actions.post_message(ada, group.pk, "😀" * 10_000)
    window = window_of(ada, "/chats/")
    seqs, caught_up = window.page.evaluate(EVERYTHING, f"/api/v1/chats/{group.pk}")
    assert seqs == list(range(40, 0, -1))
    assert (len(caught_up), sum(caught_up)) == (2, 40)


# The numbers of all older messages, and how many messages each answer to a catch-up has.
EVERYTHING = """async (chat) => {
  const { Paginator } = await import("models/paginator.js")
  const { CatchUp } = await import("models/catch_up.js")
  const range = { first: 1, oldest: 41, newest: 41, hasNewer: false }
  const pages = new Paginator({ url: `${chat}/messages`, ...range })
  const seqs = []
  while (pages.hasOlder) seqs.push(...(await pages.older()).map(({ seq }) => seq).reverse())
  const catchUp = new CatchUp(chat, 0, () => true)
  const counts = []
  catchUp.addEventListener("changes", ({ detail }) => counts.push(detail.results.length))
  await catchUp.ask()
  return [seqs, counts]
}"""


def test_a_new_message_beyond_a_page_of_older_ones_is_counted_once(
    window_of: Callable[..., Window], long_chat: Any, ada: Any, grace: Any
) -> None:
    window = window_of(ada, f"/chats/{long_chat.pk}/?before=30")
    window.is_connected()
    window.cut()
    actions.rename_chat(ada, long_chat, "Looms")  # a change after which the page asks once more
    actions.post_message(grace, long_chat.pk, "News")
    window.mend()
    expect(window.page.get_by_label("To the newest message, 1 new")).to_be_visible()
    window.cut()
    actions.post_message(grace, long_chat.pk, "More news")
    window.mend()
    expect(window.page.get_by_label("To the newest message, 2 new")).to_be_visible()


def test_what_is_sent_offline_from_a_page_of_older_messages_is_shown_below_the_newest(
    window_of: Callable[..., Window], long_chat: Any, ada: Any
) -> None:
    window = window_of(ada)
    window.problems_are_expected("net::ERR")
    window.page.route("**/messages?*after=0*", lambda route: route.abort())
    window.page.goto(f"/chats/{long_chat.pk}/?before=1")
    window.is_connected()
    assert window.texts() == []
    window.cut()
    sent = window.send("From afar")
    expect(sent).to_be_in_viewport()
    expect(window.composer).to_be_focused()
    window.mend()
    expect(window.message(f"Message {COUNT}")).to_be_in_viewport()
    expect(sent).to_be_in_viewport()
    expect(sent.locator(".message__status")).to_have_attribute("title", "Sent")
    assert window.texts()[-2:] == [f"Message {COUNT}", "From afar"]
    assert Message.objects.in_chat(long_chat.pk).filter(content="From afar").count() == 1


def test_quotes_show_what_became_of_a_message_that_is_not_loaded(
    window_of: Callable[..., Window], long_chat: Any, ada: Any, grace: Any
) -> None:
    window = window_of(ada, f"/chats/{long_chat.pk}/")
    window.is_connected()
    quote = window.message(f"Message {COUNT}").locator(".quote")
    expect(quote).to_contain_text("Message 1")
    first = Message.objects.in_chat(long_chat.pk).oldest_first()[0]
    actions.edit_message(ada, long_chat, first, "Edited")
    expect(quote).to_contain_text("Edited")
    link = f"See https://example.org/#message-{first.pk}"
    actions.post_message(grace, long_chat.pk, link)
    actions.delete_message(ada, long_chat, first)
    expect(quote).to_contain_text("Message deleted")
    expect(window.message(link)).to_be_visible()
