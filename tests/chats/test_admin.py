"""Moderation in the admin: who may, what it shows, what people see at once, and its cost."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse

from chats import actions, events
from chats.admin import change_lists, filters
from chats.explain.recorder import recorded
from chats.explain.sample import build
from chats.models import Chat, Message, ReadMarker
from tests.jobs import run_due

pytestmark = pytest.mark.django_db

CHATS = "/admin/chats/chat/"
MESSAGES = "/admin/chats/message/"


def staff(person, username, *codenames):
    user = person(username, username.title(), is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


@pytest.fixture
def moderator(person):
    return staff(person, "moderator", "moderate_chat", "view_user", "change_user")


@pytest.fixture
def viewer(person):
    """Staff that may look, and no more."""
    return staff(person, "viewer", "view_chat", "view_message")


@pytest.fixture
def clerk(person):
    """Staff that has to do with accounts, not with chats."""
    return staff(person, "clerk", "view_user")


@pytest.fixture
def signed_in(client):
    """A function: a browser in which this person is signed in."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def said(group, private_chat, ada, grace, alan):
    """Five messages in the group and one in the private chat, the last of which is a reply."""
    lines = [
        actions.post_message(sender, group.pk, text)[0]
        for sender, text in [
            (ada, "Good morning"),
            (grace, "A moth (in the relay) costs 5 $ [sic]"),
            (alan, "Spam spam spam"),
            (alan, "More <b>spam</b>"),
        ]
    ]
    reply, _ = actions.post_message(ada, group.pk, "Please stop", reply_to=lines[2].pk)
    secret, _ = actions.post_message(grace, private_chat.pk, "A secret")
    return [*lines, reply, secret]


def texts(page):
    assert page.status_code == 200
    return [message.content for message in page.context["cl"].result_list]


def names(page):
    assert page.status_code == 200
    return [page.context["cl"].model_admin.title(chat) for chat in page.context["cl"].result_list]


# Who may what ------------------------------------------------------------------------------------


def pages(chat, message):
    return [
        CHATS,
        MESSAGES,
        f"{CHATS}{chat.pk}/change/",
        f"{CHATS}{chat.pk}/history/",
        f"{MESSAGES}{message.pk}/change/",
        f"{MESSAGES}{message.pk}/history/",
        f"{MESSAGES}?chat={chat.pk}",
    ]


def test_every_page_opens_for_moderators_and_viewers(signed_in, moderator, viewer, group, said):
    for user in (moderator, viewer):
        client = signed_in(user)
        for url in ["/admin/", "/admin/chats/", *pages(group, said[1])]:
            assert client.get(url).status_code == 200, url


def test_nobody_else_sees_a_page(signed_in, client, clerk, stranger, ada, group, said):
    urls = pages(group, said[1])
    assert {client.get(url).status_code for url in urls} == {302}
    for user, code in [(stranger, 302), (ada, 302), (clerk, 403)]:
        client = signed_in(user)
        assert {client.get(url).status_code for url in urls} == {code}, user
    assert signed_in(clerk).get("/admin/").status_code == 200


def test_nothing_is_added_changed_or_deleted_as_a_row(signed_in, moderator, group, said):
    client = signed_in(moderator)
    for url in (CHATS, MESSAGES):
        assert client.get(f"{url}add/").status_code == 403
    for url in (f"{CHATS}{group.pk}", f"{MESSAGES}{said[0].pk}"):
        assert client.get(f"{url}/delete/").status_code == 403
        assert client.post(f"{url}/delete/", {"post": "yes"}).status_code == 403
        assert client.post(f"{url}/change/", {"content": "changed"}).status_code == 403
    for url in (CHATS, MESSAGES):
        chosen = {"action": "delete_selected", "_selected_action": str(group.pk), "post": "yes"}
        client.post(url, chosen)
        assert b"delete_selected" not in client.get(url).content
    assert Chat.objects.count() == 2
    assert Message.objects.count() == 6


def test_who_may_only_look_finds_no_action_and_none_is_done(
    signed_in, viewer, moderator, alan, group, said, captured_events
):
    told = captured_events(events.chat_group(group.pk))
    message = {"action": "delete_messages", "_selected_action": said[2].pk, "confirmed": "yes"}
    chat = {"action": "delete_chats", "_selected_action": group.pk, "confirmed": "yes"}
    removal = reverse("admin:chats_chat_remove_member", args=[group.pk, alan.pk])
    client = signed_in(viewer)
    for url in (CHATS, MESSAGES, f"{CHATS}{group.pk}/change/", f"{MESSAGES}{said[2].pk}/change/"):
        page = client.get(url).content
        assert b"delete_" not in page
        assert b"Remove" not in page or b"/remove/" not in page
    client.post(MESSAGES, message)
    client.post(CHATS, chat)
    assert client.get(removal).status_code == client.post(removal).status_code == 403
    assert told.all() == []
    assert not Message.objects.get(pk=said[2].pk).deleted_at
    # The same requests are what a moderator sends.
    client = signed_in(moderator)
    client.post(MESSAGES, message)
    client.post(removal)
    client.post(CHATS, chat)
    assert told.types() == ["message_deleted", "member_removed", "chat_deleted"]


# What it shows -----------------------------------------------------------------------------------


def test_chats_are_shown_with_their_people_counts_and_activity(signed_in, moderator, group, said):
    page = signed_in(moderator).get(CHATS)
    assert names(page) == ["Ada Lovelace and Grace Hopper", "Engines"]
    row = page.content.decode().split("Engines")[-1]
    for shown in (">Group<", ">3<", f'?chat={group.pk}">5</a>'):
        assert shown in row


def test_a_chat_shows_who_was_removed_or_left_silenced(
    signed_in, moderator, group, ada, grace, alan
):
    url = f"{CHATS}{group.pk}/change/"
    assert "Former members" not in signed_in(moderator).get(url).content.decode()
    actions.set_permissions(ada, group, alan.pk, can_send_messages=False)
    actions.remove_member(ada, group, grace.pk)
    actions.remove_member(alan, group, alan.pk)
    rows = signed_in(moderator).get(url).content.decode().split("Former members")[1].split("<tr>")
    shown = {
        name: row.count("<td>yes</td>")
        for row in rows
        for name in ("Grace Hopper", "Alan Turing")
        if name in row
    }
    assert shown == {"Grace Hopper": 1, "Alan Turing": 1}


def test_a_chat_shows_its_members_and_what_they_may(signed_in, moderator, group, grace, ada, alan):
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    page = signed_in(moderator).get(f"{CHATS}{group.pk}/change/")
    rows = {row["id"]: row for row in page.context["members"]}
    assert rows[ada.pk]["is_owner"]
    assert not rows[ada.pk]["can_be_removed"]
    assert not rows[grace.pk]["flags"]["can_send_messages"]
    text = page.content.decode()
    assert reverse("admin:chats_chat_remove_member", args=[group.pk, alan.pk]) in text
    assert reverse("admin:chats_chat_remove_member", args=[group.pk, ada.pk]) not in text
    assert reverse("admin:users_user_change", args=[alan.pk]) in text


def test_messages_are_shown_newest_first_and_their_text_as_text(signed_in, moderator, said):
    page = signed_in(moderator).get(MESSAGES)
    assert texts(page) == [message.content for message in reversed(said)]
    text = page.content.decode()
    assert "More &lt;b&gt;spam&lt;/b&gt;" in text
    assert "<b>spam" not in text
    assert "Alan Turing" in text
    assert "Ada Lovelace and Grace Hopper" in text
    page = signed_in(moderator).get(f"{MESSAGES}{said[4].pk}/change/")
    assert f"{MESSAGES}{said[2].pk}/change/" in page.content.decode()


def test_a_tombstone_a_photo_and_a_lost_account_are_shown(signed_in, moderator, group, ada, alan):
    spam, _ = actions.post_message(alan, group.pk, "Spam")
    actions.delete_message(alan, group, spam)
    photo = {"image_url": "https://images.unsplash.com/1", "alt": "A loom", "author": "A"}
    answer = actions.post_bot_message(spam, "A loom", client_id="answer", photo=photo)
    Message.objects.filter(pk=answer.pk).update(sender_id=4711)
    Message.objects.create(chat_id=uuid.uuid4(), seq=1, rev=1, sender_id=4711, content="Orphan")
    client = signed_in(moderator)
    text = client.get(MESSAGES).content.decode()
    for shown in ("Deleted by Alan Turing", "User 4711", "(deleted)"):
        assert shown in text
    page = client.get(f"{MESSAGES}{answer.pk}/change/").content.decode()
    assert 'href="https://images.unsplash.com/1"' in page
    for message in Message.objects.all():
        assert client.get(f"{MESSAGES}{message.pk}/change/").status_code == 200


def test_messages_are_filtered(signed_in, moderator, group, private_chat, alan, ada, said):
    client = signed_in(moderator)
    actions.delete_message(alan, group, said[2])
    day = said[0].created_at.date()
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    spam = "More <b>spam</b>"
    rest = ["Please stop", spam, "", "A moth (in the relay) costs 5 $ [sic]", "Good morning"]
    for query, wanted in [
        (f"chat={group.pk}", rest),
        (f"chat={private_chat.pk}", ["A secret"]),
        (f"chat={uuid.uuid4()}", []),
        ("sender=ALAN", [spam, ""]),
        (f"sender={alan.pk}", [spam, ""]),
        ("sender=4711", []),
        (f"chat={group.pk}&sender=ada", ["Please stop", "Good morning"]),
        (f"chat={private_chat.pk}&sender=ada", []),
        ("deleted=yes", [""]),
        ("deleted=no&sender=alan", [spam]),
        (f"chat={group.pk}&deleted=yes", [""]),
        (f"from={day}&until={day}", ["A secret", *rest]),
        (f"from={after}", []),
        (f"until={before}", []),
        (f"chat={group.pk}&from={day}&until={day}", rest),
        (f"chat={group.pk}&from={after}", []),
        (f"chat={group.pk}&until={before}", []),
        (f"sender=alan&from={day}&until={day}", [spam, ""]),
        ("from=0001-01-01&until=9999-12-31", ["A secret", *rest]),
        (f"chat={group.pk}&from=0001-01-01&until=9999-12-31", rest),
    ]:
        assert texts(client.get(f"{MESSAGES}?{query}")) == wanted, query


def test_messages_are_searched(signed_in, moderator, group, private_chat, said):
    client = signed_in(moderator)
    for query, wanted in [
        ({"q": "spam"}, ["More <b>spam</b>", "Spam spam spam"]),
        ({"q": "SPAM", "sender": "ada"}, []),
        ({"q": "secret", "chat": group.pk}, []),
        ({"q": "secret", "chat": private_chat.pk}, ["A secret"]),
        ({"q": "(in the"}, [said[1].content]),
        ({"q": "5 $ [sic]"}, [said[1].content]),
        ({"q": "m.th"}, []),
        ({"q": str(said[2].pk)}, ["Spam spam spam"]),
        ({"q": said[2].pk.hex}, ["Spam spam spam"]),
        ({"q": str(private_chat.pk)}, ["A secret"]),
        ({"q": str(said[5].pk), "chat": private_chat.pk}, ["A secret"]),
        ({"q": str(uuid.uuid4())}, []),
    ]:
        assert texts(client.get(MESSAGES, query)) == wanted, query


def test_chats_are_filtered_and_searched(signed_in, moderator, group, private_chat, ada):
    client = signed_in(moderator)
    looms = actions.create_group(ada, "Looms (old)", [])
    pair = "Ada Lovelace and Grace Hopper"
    for query, wanted in [
        ({}, ["Looms (old)", pair, "Engines"]),
        ({"member": "grace"}, [pair, "Engines"]),
        ({"member": "alan", "kind": "private"}, []),
        ({"kind": "private"}, [pair]),
        ({"kind": "group"}, ["Looms (old)", "Engines"]),
        ({"q": "(OLD"}, ["Looms (old)"]),
        ({"q": "E"}, ["Engines"]),
        ({"q": str(looms.pk)}, ["Looms (old)"]),
        ({"q": str(uuid.uuid4())}, []),
    ]:
        found = names(client.get(CHATS, query))
        assert sorted(found) == sorted(wanted), query


ODD = [
    "q=%00",
    "q=" + "x" * 5000,
    "q=%F0%9F%A6%8B",
    "q=%ED%A0%80",
    "q=.*%5B%5C",
    "q=" + "%28" * 300,
    "chat=nonsense",
    "chat=%00",
    "sender=nobody",
    "sender=" + "9" * 400,
    "sender=%C2%B2",
    "sender=%00",
    "from=2024-02-31",
    "from=soon",
    "until=99999-01-01",
    "member=nobody",
    "member=%00",
    "deleted=perhaps",
    "kind=odd",
    "before=nonsense",
    "before=~",
    "before=" + "9" * 40,
    "before=00000000-0000-7000-8000-000000000000~-1",
    "before=00000000-0000-7000-8000-000000000000~x",
    "before=00000000-0000-7000-8000-000000000000~99999999999999999999",
    "before=00000000-0000-7000-8000-000000000000~" + "9" * 5_000,
    "before=2024-01-01T00:00:00",
    "before=2024-01-01T00:00:00%2B01:00",
    "before=0001-01-01T00:00:00Z",
    "before=0001-01-01T00:00:00%2B01:00",
    "before=9999-12-31T23:59:59Z",
    "before=9999-12-31T23:59:59-01:00",
    "before=" + "9" * 5_000,
    "before=%D9%A1",
    "before=%00",
    "before=MjAyNC0wMS0wMQ==",
    "p=99999999999",
    "p=x",
    "all=",
    "o=1.-2",
    "o=99",
    "foo=1",
    "sender_id__in=1,x",
    "chat__name=x",
    "pk__in=x",
    "id=x",
    "_facets=True",
    "_popup=1",
    "e=1",
]


@pytest.mark.parametrize("query", ODD)
def test_an_odd_address_is_no_error_of_the_server(signed_in, moderator, group, said, query):
    client = signed_in(moderator)
    for url in (CHATS, MESSAGES, f"{MESSAGES}?chat={group.pk}"):
        page = client.get(f"{url}{'&' if '?' in url else '?'}{query}")
        assert page.status_code in (200, 302, 400), url
        if page.status_code == 302:
            assert client.get(page["Location"]).status_code == 200


def test_odd_objects_and_choices_are_no_error(signed_in, moderator, group, alan, said):
    client = signed_in(moderator)
    for url in (CHATS, MESSAGES):
        for name in ("nonsense", uuid.uuid4(), "%00", "1"):
            for page in ("change", "history"):
                assert client.get(f"{url}{name}/{page}/", follow=True).status_code in (200, 404)
        for chosen in ("nonsense", "", uuid.uuid4()):
            for action in ("delete_messages", "delete_chats", "nonsense", ""):
                for confirmed in ({}, {"confirmed": "yes"}):
                    data = {"action": action, "_selected_action": chosen, **confirmed}
                    assert client.post(url, data, follow=True).status_code == 200
        across = {"action": "delete_messages", "select_across": "1", "confirmed": "yes"}
        for choice in ({}, {"_selected_action": said[0].pk}):
            client.post(url, {**across, "index": "0", **choice}, follow=True)
    for chat_id, user_id in [
        *[(uuid.uuid4(), alan.pk), (group.pk, 10**17), (group.pk, 2**63 - 1), (group.pk, 2**63)],
        (group.pk, "9" * 5_000),
    ]:
        url = f"{CHATS}{chat_id}/members/{user_id}/remove/"
        for ask in (client.get, client.post):
            assert ask(url, follow=True).status_code in (200, 404)
    assert Message.objects.filter(deleted_at__isnull=False).count() == 0
    assert Chat.objects.count() == 2


# What moderators do ------------------------------------------------------------------------------


def test_messages_are_deleted_as_tombstones_after_a_question(
    signed_in, moderator, group, said, captured_events
):
    told = captured_events(events.chat_group(group.pk))
    client = signed_in(moderator)
    chosen = {"action": "delete_messages", "_selected_action": [said[2].pk, said[3].pk]}
    page = client.post(MESSAGES, {**chosen, "index": "0", "select_across": "0"})
    assert page.status_code == 200
    assert "Alan Turing: Spam spam spam" in page.content.decode()
    assert told.all() == []
    page = client.post(MESSAGES, {**chosen, "confirmed": "yes"}, follow=True)
    assert "2 deleted." in page.content.decode()
    deleted = told.of_type("message_deleted")
    assert {event["message_id"] for event in deleted} == {str(said[2].pk), str(said[3].pk)}
    assert {event["deleted_by"] for event in deleted} == {moderator.pk}
    tombstone = Message.objects.get(pk=said[2].pk)
    assert (tombstone.content, tombstone.deleted_by, tombstone.seq) == ("", moderator.pk, 3)
    entry = LogEntry.objects.get(object_id=str(said[2].pk))
    assert entry.user == moderator
    done = f"Deleted message 3 of user {tombstone.sender_id} in chat {group.pk}."
    assert done in entry.get_change_message()
    history = client.get(f"{MESSAGES}{said[2].pk}/history/").content.decode()
    assert "Deleted message 3" in history
    # Twice is once.
    client.post(MESSAGES, {**chosen, "confirmed": "yes"})
    assert len(told.of_type("message_deleted")) == 2


def test_a_choice_holds_while_the_list_moves(signed_in, moderator, group, ada, said, monkeypatch):
    monkeypatch.setattr(change_lists, "WINDOW", 3)
    client = signed_in(moderator)
    url = f"{MESSAGES}?chat={group.pk}&q=spam"
    assert texts(client.get(url)) == ["More <b>spam</b>", "Spam spam spam"]
    actions.post_message(ada, group.pk, "One more")
    chosen = {"action": "delete_messages", "_selected_action": said[2].pk, "confirmed": "yes"}
    client.post(url, chosen)
    assert Message.objects.get(pk=said[2].pk).deleted_at


def test_a_member_is_removed_after_a_question(
    signed_in, moderator, group, alan, ada, said, captured_events
):
    told = captured_events(events.chat_group(group.pk))
    client = signed_in(moderator)
    url = reverse("admin:chats_chat_remove_member", args=[group.pk, alan.pk])
    assert "Alan Turing from Engines" in client.get(url).content.decode()
    assert told.all() == []
    page = client.post(url, follow=True)
    assert "Alan Turing was removed." in page.content.decode()
    (event,) = told.of_type("member_removed")
    assert (event["user_id"], event["removed_by"]) == (alan.pk, moderator.pk)
    assert alan.pk not in Chat.objects.get(pk=group.pk).member_ids
    assert LogEntry.objects.filter(object_id=str(group.pk), user=moderator).exists()
    assert f"Removed user {alan.pk}" in client.get(f"{CHATS}{group.pk}/history/").content.decode()
    # Again, and the owner: told why not.
    assert "no member" in client.post(url, follow=True).content.decode()
    url = reverse("admin:chats_chat_remove_member", args=[group.pk, ada.pk])
    assert "owner" in client.post(url, follow=True).content.decode()
    assert len(told.all()) == 1


def test_nobody_is_removed_from_a_private_chat(signed_in, moderator, private_chat, grace):
    client = signed_in(moderator)
    assert "/remove/" not in client.get(f"{CHATS}{private_chat.pk}/change/").content.decode()
    url = reverse("admin:chats_chat_remove_member", args=[private_chat.pk, grace.pk])
    assert "only possible in a group" in client.post(url, follow=True).content.decode()
    assert grace.pk in Chat.objects.get(pk=private_chat.pk).member_ids


def test_a_chat_is_deleted_with_all_that_belongs_to_it(
    signed_in, moderator, group, private_chat, said, captured_events
):
    told = captured_events(events.chat_group(group.pk))
    client = signed_in(moderator)
    chosen = {"action": "delete_chats", "_selected_action": group.pk}
    assert "Engines: 5 messages" in client.post(CHATS, chosen).content.decode()
    assert Chat.objects.filter(pk=group.pk).exists()
    page = client.post(CHATS, {**chosen, "confirmed": "yes"}, follow=True)
    assert "Engines was deleted." in page.content.decode()
    run_due()
    assert told.of_type("chat_deleted") == [{"chat_id": str(group.pk), "deleted_by": moderator.pk}]
    assert list(Chat.objects.values_list("pk", flat=True)) == [private_chat.pk]
    assert list(Message.objects.values_list("chat_id", flat=True)) == [private_chat.pk]
    assert set(ReadMarker.objects.values_list("chat_id", flat=True)) == {private_chat.pk}
    entry = LogEntry.objects.get(object_id=str(group.pk))
    assert entry.is_deletion()
    assert "Engines" in entry.object_repr


def test_accounts_are_deactivated_from_their_list(signed_in, moderator, alan, captured_events):
    told = captured_events(events.user_group(alan.pk))
    chosen = {"action": "deactivate", "_selected_action": alan.pk, "index": "0"}
    signed_in(moderator).post("/admin/users/user/", chosen)
    alan.refresh_from_db()
    assert not alan.is_active
    assert told.closings()


# What it costs -----------------------------------------------------------------------------------


@pytest.fixture
def long_chat(db):
    """A chat of 5,000 messages among 120 short private chats of user 1."""
    return build(5_000)


def cost(client, url):
    """The page, and the dearest plan of the commands that it sends."""
    with recorded() as commands:
        page = client.get(url)
    assert page.status_code == 200
    plans = [command.explain() for command in commands]
    assert plans
    for command, plan in zip(commands, plans, strict=True):
        assert not plan.scans, (url, command, plan)
        assert not plan.sorts, (url, command, plan)
    return page, max(plan.documents for plan in plans), max(plan.keys for plan in plans)


def test_no_list_counts_sorts_or_scans(signed_in, moderator, long_chat):
    client = signed_in(moderator)
    day = long_chat.last_message_at.date()
    for url in (
        CHATS,
        f"{CHATS}?member=1",
        MESSAGES,
        f"{MESSAGES}?chat={long_chat.pk}",
        f"{MESSAGES}?sender=5",
        f"{MESSAGES}?sender=5&until={day}",
        f"{MESSAGES}?from={day - timedelta(days=1)}&until={day}",
        f"{MESSAGES}?chat={long_chat.pk}&from={day - timedelta(days=1)}&until={day}",
    ):
        page, documents, keys = cost(client, url)
        shown = len(page.context["cl"].result_list)
        assert shown == 50, url
        assert documents <= 51, url
        assert keys <= 2 * 51, url  # as many chats are looked up by their ids


def test_the_last_page_costs_what_the_first_does(signed_in, moderator, long_chat):
    client = signed_in(moderator)
    first = cost(client, f"{MESSAGES}?chat={long_chat.pk}")
    last = cost(client, f"{MESSAGES}?chat={long_chat.pk}&before=30~1")
    assert texts(last[0])[0].startswith("Message 29:")
    assert texts(last[0])[-1].startswith("Message 1:")
    assert last[1] <= first[1]


def test_pages_lead_through_everything_once(signed_in, moderator, long_chat):
    client = signed_in(moderator)
    for url, wanted in [
        (CHATS, Chat.objects.values_list("pk", flat=True)),
        (f"{CHATS}?member=1", Chat.objects.values_list("pk", flat=True)),
        (
            f"{MESSAGES}?sender=5",
            Message.objects.filter(sender_id=5).values_list("pk", flat=True),
        ),
    ]:
        found, query = [], url
        while query:
            page = client.get(query)
            listed = page.context["cl"]
            found += [row.pk for row in listed.result_list]
            query = url.partition("?")[0] + listed.older_url if listed.older else None
        assert len(found) == len(set(found)) == len(wanted), url
        assert set(found) == set(wanted), url


def test_a_search_reads_a_window_and_the_next_page_goes_on(
    signed_in, moderator, long_chat, monkeypatch
):
    monkeypatch.setattr(change_lists, "WINDOW", 400)
    client = signed_in(moderator)
    for url in (f"{MESSAGES}?q=Message+7%3A", f"{MESSAGES}?q=Message+7%3A&chat={long_chat.pk}"):
        found, pages_read = [], 0
        page, documents, _ = cost(client, url)
        assert documents <= 401
        assert b"Looked through 400 messages" in page.content
        while True:
            found += texts(page)
            pages_read += 1
            listed = page.context["cl"]
            if not listed.older:
                break
            page, documents, _ = cost(client, MESSAGES + listed.older_url)
            assert documents <= 401
        assert pages_read >= 13
        in_long_chat = [text for text in found if text.startswith("Message 7: the quick")]
        assert len(found) == (1 if "chat=" in url else 121)
        assert in_long_chat


def test_names_cost_one_query_a_page(
    signed_in, moderator, long_chat, django_assert_max_num_queries, ada
):
    client = signed_in(moderator)
    for url in (CHATS, MESSAGES):
        with django_assert_max_num_queries(9):  # session, user, permissions and names among them
            client.get(url)


def test_times_outside_of_what_ids_can_say_are_bounded():
    day = datetime(9999, 12, 31, tzinfo=UTC)
    assert filters.next_day(day) == day
