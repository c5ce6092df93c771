"""Previews of links: made by the worker, shown to those who see the message, gone with the link."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from chatproject.limits.rates import Rate
from chats import actions, events
from chats.actions import removed_files
from chats.errors import Refused
from chats.models import Attachment, Chat, LinkedPage, Message
from tests.commands_sent import sent_commands
from tests.jobs import claim, run_due
from tests.page_server import page_server

from .files import MARK, address, body, image

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def server(settings, tmp_path):
    storage = settings.STORAGES["attachments"]
    options = {**storage["OPTIONS"], "location": str(tmp_path)}
    storage = {**storage, "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "attachments": storage}
    removed_files._next_look = 0.0
    with page_server(settings) as running:
        running.pages["/loom.png"] = ("image/png", image(size=(900, 600)))
        for name in "abcd":
            picture = '<meta property="og:image" content="/loom.png">' if name == "a" else ""
            about = f'<meta name="description" content="About {name}">'
            running.page(f"/{name}", f"<title>Page {name}</title>{about}{picture}")
        yield running


def previewed(user, chat, text):
    """A message whose links a worker has read."""
    message, _ = actions.post_message(user, chat.pk, text)
    run_due("links")
    return Message.objects.get(pk=message.pk, chat_id=chat.pk)


def url_of(chat, message, *parts):
    return "/".join(map(str, (f"/api/v1/chats/{chat.pk}/messages", message.pk, *parts)))


def shown(api, user, chat, message):
    return api(user).get(url_of(chat, message)).json()["link_previews"]


def files_left():
    removed_files._next_look = 0.0
    run_due("deletions")
    return Attachment.objects.count()


def test_previews_make_no_page_too_large(group, ada, api):
    wide = "\U0001f9f5"
    preview = {"id": str(uuid4()), "url": "https://example.org/" + wide * 1_900, "site": "a.b"}
    preview |= {"title": wide * 200, "description": wide * 300, "width": None, "height": None}
    for number in range(60):
        actions.post_message(ada, group.pk, f"No {number}")
    Message.objects.in_chat(group.pk).update(link_previews=[preview] * 3)
    page = api(ada).get(f"/api/v1/chats/{group.pk}/messages?limit=60")
    assert len(page.content) < 1024 * 1024 + 50_000
    assert 0 < len(page.json()["results"]) < 60
    assert page.json()["next"]


def test_a_worker_previews_the_links_of_a_message_and_tells_it(
    api, ada, grace, group, server, captured_events
):
    told = captured_events(events.chat_group(group.pk))
    message = previewed(ada, group, f"See {server.url('/a')} and {server.url('/nowhere')}")
    [event] = told.of_type("message_updated")
    [preview] = event["link_previews"]
    assert {**preview, "id": ""} == {
        "id": "",
        "url": server.url("/a"),
        "site": "127.0.0.1",
        "title": "Page a",
        "description": "About a",
        "width": 900,
        "height": 600,
    }
    assert event["rev"] == message.changed_rev == message.rev + 1
    assert shown(api, grace, group, message) == [preview]
    page = api(grace).get(f"/api/v1/chats/{group.pk}/messages").json()
    assert page["results"][0]["link_previews"] == [preview]


def test_a_send_with_a_link_is_as_many_commands_as_one_without(ada, group, server):
    actions.post_message(ada, group.pk, "First")
    with sent_commands() as plain:
        actions.post_message(ada, group.pk, "**Hello**")
    with sent_commands() as linked:
        actions.post_message(ada, group.pk, f"See {server.url('/a')}")
    assert list(linked) == list(plain)
    assert server.asked == []


def test_no_link_is_lost_by_a_worker_that_dies(ada, group, server):
    message, _ = actions.post_message(ada, group.pk, server.url("/a"))
    assert claim("link_preview", lease=0) is not None  # and its worker is never heard of again
    run_due("links")
    assert Message.objects.get(pk=message.pk, chat_id=group.pk).link_previews
    assert not Message.objects.filter(chat_id=group.pk, links_due_at__isnull=False).exists()


def test_the_image_is_our_own_copy_for_those_who_see_the_message(
    api, ada, grace, stranger, group, server
):
    [preview] = previewed(ada, group, server.url("/a")).link_previews
    url = address(group, preview["id"], "file")
    answer = api(grace).get(url)
    content = body(answer)
    assert (answer["Content-Type"], content[8:12]) == ("image/webp", b"WEBP")
    assert MARK not in content
    assert api(stranger).get(url).status_code == 404
    assert api().get(url).status_code == 401


def test_newcomers_without_history_see_no_earlier_preview(
    api, ada, stranger, group, server, captured_events
):
    actions.change_access(ada, group, history_for_new_members=False)
    message, _ = actions.post_message(ada, group.pk, server.url("/a"))
    actions.add_members(ada, Chat.objects.get(pk=group.pk), [stranger.pk])
    told = captured_events(events.chat_group(group.pk))
    run_due("links")
    [preview] = Message.objects.get(pk=message.pk, chat_id=group.pk).link_previews
    assert api(stranger).get(address(group, preview["id"], "file")).status_code == 404
    assert api(stranger).get(url_of(group, message)).status_code == 404
    path = url_of(group, message, "link-previews", preview["id"])
    assert api(stranger).delete(path).status_code == 404
    [event] = told.of_type("message_updated")
    assert event["seq"] <= Chat.objects.get(pk=group.pk).since(stranger.pk)  # hidden by the hub


def test_an_edit_takes_the_previews_of_links_that_went_and_brings_new_ones(api, ada, group, server):
    message = previewed(ada, group, f"{server.url('/a')} {server.url('/b')}")
    kept = message.link_previews[1]
    edited = actions.edit_message(ada, group, message, f"{server.url('/b')} {server.url('/c')}")
    assert edited.link_previews == [kept]
    assert files_left() == 0
    run_due("links")
    titles = [one["title"] for one in shown(api, ada, group, message)]
    assert titles == ["Page b", "Page c"]
    edited = Message.objects.get(pk=message.pk, chat_id=group.pk)
    assert edited.link_previews[0] == kept
    assert actions.edit_message(ada, group, edited, "Nothing").link_previews is None


def test_an_edit_while_they_are_made_counts(ada, group, server):
    message, _ = actions.post_message(ada, group.pk, server.url("/slow"))

    def edit(handler):
        current = Message.objects.get(pk=message.pk, chat_id=group.pk)
        actions.edit_message(ada, group, current, server.url("/b"))

    server.pages["/slow"] = edit
    run_due("links")
    found = Message.objects.get(pk=message.pk, chat_id=group.pk)
    assert [one["title"] for one in found.link_previews] == ["Page b"]


def test_a_deleted_message_takes_its_previews_along(api, ada, group, server):
    message = previewed(ada, group, server.url("/a"))
    [preview] = message.link_previews
    deleted = actions.delete_message(ada, group, message)
    assert (deleted.link_previews, deleted.links_due_at) == (None, None)
    assert api(ada).get(address(group, preview["id"], "file")).status_code == 404
    assert files_left() == 0


def test_a_message_deleted_before_a_worker_reads_it_is_never_asked_for(ada, group, server):
    message, _ = actions.post_message(ada, group.pk, server.url("/a"))
    actions.delete_message(ada, group, message)
    run_due("links")
    assert server.asked == []


def test_a_deleted_chat_takes_its_previews_along(ada, group, server):
    previewed(ada, group, server.url("/a"))
    actions.delete_chat(ada, group)
    assert files_left() == 0


def test_the_sender_removes_a_preview_and_it_stays_away(
    api, ada, grace, group, server, captured_events
):
    message = previewed(ada, group, f"{server.url('/a')} {server.url('/b')}")
    [first, second] = message.link_previews
    path = url_of(group, message, "link-previews", first["id"])
    assert api(grace).delete(path).status_code == 403
    assert api(ada).delete(url_of(group, message, "link-previews", uuid4())).status_code == 404
    told = captured_events(events.chat_group(group.pk))
    for _ in range(2):
        assert api(ada).delete(path).status_code == 204
    [event] = told.of_type("message_updated")
    assert event["link_previews"] == shown(api, grace, group, message) == [second]
    assert files_left() == 0
    current = Message.objects.get(pk=message.pk, chat_id=group.pk)
    actions.edit_message(ada, group, current, f"Still {message.content}")
    run_due("links")
    assert shown(api, grace, group, message) == [second]


def test_who_is_no_member_any_more_removes_none(ada, grace, group, server):
    message = previewed(grace, group, server.url("/a"))
    actions.remove_member(ada, group, grace.pk)
    preview_id = UUID(message.link_previews[0]["id"])
    with pytest.raises(Chat.DoesNotExist):
        actions.remove_link_preview(grace, message, preview_id)
    with pytest.raises(Refused):
        actions.remove_link_preview(ada, message, preview_id)


def test_a_setting_turns_all_off(api, ada, group, server, settings):
    message = previewed(ada, group, server.url("/a"))
    settings.LINK_PREVIEWS = False
    assert shown(api, ada, group, message) == []
    later, _ = actions.post_message(ada, group.pk, server.url("/b"))
    run_due("links")
    assert later.links_due_at is None
    assert "/b" not in server.asked


def test_a_page_is_asked_for_once_in_some_hours(ada, grace, group, private_chat, server):
    for user, chat in ((ada, group), (grace, group), (ada, private_chat)):
        assert previewed(user, chat, f"{server.url('/a')}#top").link_previews
        assert previewed(user, chat, f"{server.url('/missing')}").link_previews is None
    assert sorted(server.asked) == ["/a", "/loom.png", "/missing"]
    assert LinkedPage.objects.count() == 2
    assert Attachment.objects.filter(owner_id=0).count() == 3


def test_a_person_has_so_many_pages_read_and_no_more(ada, grace, group, server, settings):
    settings.LIMIT_LINK_PREVIEWS = Rate(2, 3600)
    for name in "bcd":
        previewed(ada, group, server.url(f"/{name}"))
    assert server.asked == ["/b", "/c"]
    assert previewed(grace, group, server.url("/d")).link_previews


def test_images_that_harm_or_are_none_leave_a_preview_without(ada, group, server):
    lying = image()[:200]
    answers = [
        ("image/png", lying),
        ("image/png", image(size=(8, 8))),
        ("image/svg+xml", b"<svg/>"),
    ]
    for number, answer in enumerate(answers):
        server.pages[f"/{number}.png"] = answer
        head = f'<title>T</title><meta property="og:image" content="/{number}.png">'
        [preview] = previewed(ada, group, server.page(f"/page{number}", head)).link_previews
        assert (preview["title"], preview["width"]) == ("T", None)
    assert Attachment.objects.count() == 0
