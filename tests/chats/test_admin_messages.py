# ruff: noqa: F811 - a fixture is named by what it gives
"""The admin's page of a message: what was said around it, names, zones, and what to do next."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.models import LogEntry

from chats import actions
from chats.models import Chat, Message
from users import actions as user_actions

from .test_admin import MESSAGES, moderator, said, signed_in, staff, texts, viewer  # noqa: F401

pytestmark = pytest.mark.django_db


def rows_of(page):
    """The cells of the table of neighbours, without tags."""
    table = page.content.decode().split('id="neighbours"')[1].split("</table>")[0]
    found = re.findall(r"<tr (.*?)</tr>", table.split("<tbody>")[1], re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", row.partition(">")[2]).split()) for row in found]


def test_a_message_is_shown_among_ten_before_and_ten_after(
    signed_in, moderator, group, ada, grace, stranger
):
    sent = [actions.post_message((ada, grace)[n % 2], group.pk, f"Text {n}")[0] for n in range(30)]
    actions.delete_message(ada, group, sent[12])
    actions.edit_message(grace, group, sent[13], "Text 13 anew")
    client = signed_in(moderator)
    page = client.get(f"{MESSAGES}{sent[15].pk}/change/")
    shown = rows_of(page)
    assert [row.partition("UTC ")[2] for row in shown] == [
        {
            12: "Ada Lovelace (deleted)",
            13: "Grace Hopper Text 13 anew (edited)",
        }.get(n, f"{('Ada Lovelace', 'Grace Hopper')[n % 2]} Text {n}")
        for n in range(5, 26)
    ]
    html = page.content.decode()
    assert html.count('aria-current="true"') == 1
    assert f"{MESSAGES}{sent[5].pk}/change/" in html
    assert [len(rows_of(client.get(f"{MESSAGES}{sent[n].pk}/change/"))) for n in (0, 29)] == [
        11,
        11,
    ]


def test_names_and_texts_stand_for_ids_and_times_have_their_zone(signed_in, moderator, said, group):
    client = signed_in(moderator)
    page = client.get(f"{MESSAGES}{said[4].pk}/change/").content.decode()
    reply = page.split("In reply to")[1].split("</div>")[0]
    assert f"{MESSAGES}{said[2].pk}/change/" in reply
    assert ">Alan Turing: Spam spam spam</a>" in reply
    created = page.split("Created at")[1].split("</div>")[0]
    assert re.search(r"\d{2}:\d{2} UTC", created)
    for url in (MESSAGES, "/admin/chats/chat/", f"/admin/chats/chat/{group.pk}/change/"):
        assert re.search(r"\d{2}:\d{2} UTC", client.get(url).content.decode()), url


def test_messages_are_filtered_by_the_name_of_their_chat(
    signed_in, moderator, said, group, ada, monkeypatch
):
    client = signed_in(moderator)
    of_group = [message.content for message in reversed(said[:5])]
    assert texts(client.get(f"{MESSAGES}?chat=engines")) == of_group
    assert texts(client.get(f"{MESSAGES}?chat={group.pk}")) == of_group
    other = actions.create_group(ada, "Engines of war", [])
    actions.post_message(ada, other.pk, "To arms")
    assert texts(client.get(f"{MESSAGES}?chat=ENGINE")) == ["To arms", *of_group]
    assert texts(client.get(f"{MESSAGES}?chat=of w")) == ["To arms"]
    assert texts(client.get(f"{MESSAGES}?chat=engine&sender=alan&q=more")) == ["More <b>spam</b>"]
    nothing = client.get(f"{MESSAGES}?chat=.*")
    assert texts(nothing) == []
    assert "No group has .* in its name" in nothing.content.decode()
    assert "no private chat is with somebody of this name" in nothing.content.decode()
    monkeypatch.setattr("chats.admin.message_filters.MOST_CHATS", 1)
    assert (
        "More than 1 groups or private chats"
        in client.get(f"{MESSAGES}?chat=engine").content.decode()
    )


def test_messages_of_private_chats_are_found_by_their_people(
    signed_in, moderator, said, private_chat, ada, grace, alan
):
    client = signed_in(moderator)
    other, _ = actions.create_private_chat(alan, ada.pk)
    actions.post_message(grace, private_chat.pk, "Between us")
    actions.post_message(alan, other.pk, "Between two others")

    def found(text):
        return [one for one in texts(client.get(MESSAGES, {"chat": text})) if "Between" in one]

    assert found("ada") == ["Between two others", "Between us"]
    assert found("grace") == found("Hopper G") == found("@grace") == ["Between us"]
    assert found("Ada Lovelace and Grace Hopper") == found("grace and ada") == ["Between us"]
    assert found("Alan and Grace") == []
    user_actions.deactivate(alan)
    assert found("alan") == ["Between two others"]


def test_the_sender_is_deactivated_after_a_question(
    signed_in, moderator, viewer, person, said, alan
):
    url = f"{MESSAGES}{said[2].pk}/sender/deactivate/"
    only_chats = staff(person, "reader", "moderate_chat")
    for user in (viewer, only_chats):
        client = signed_in(user)
        assert "Deactivate" not in client.get(f"{MESSAGES}{said[2].pk}/change/").content.decode()
        assert (client.get(url).status_code, client.post(url).status_code) == (403, 403)
    client = signed_in(moderator)
    assert url in client.get(f"{MESSAGES}{said[2].pk}/change/").content.decode()
    asked = client.get(url).content.decode()
    assert "Alan Turing (@alan)" in asked
    alan.refresh_from_db()
    assert alan.is_active
    answer = client.post(url, {"confirmed": "yes"}, follow=True)
    assert "Alan Turing was deactivated." in answer.content.decode()
    alan.refresh_from_db()
    assert not alan.is_active
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.change_message) == (str(alan.pk), "Deactivated.")
    assert url not in answer.content.decode()
    assert client.post(url).status_code == 403


def test_nobody_deactivates_themselves_a_superuser_or_the_bot(
    signed_in, moderator, person, group, ada
):
    root = person("root", is_staff=True, is_superuser=True)
    actions.add_members(ada, group, [root.pk, moderator.pk])
    question, _ = actions.post_message(moderator, group.pk, "Why?")
    of_root, _ = actions.post_message(root, group.pk, "Because")
    of_bot = actions.post_bot_message(question, "42", client_id="1")
    client = signed_in(moderator)
    for message in (question, of_root, of_bot):
        assert client.post(f"{MESSAGES}{message.pk}/sender/deactivate/").status_code == 403
    root.refresh_from_db()
    assert root.is_active


@pytest.mark.parametrize(
    ("codenames", "is_staff", "is_shown"),
    [(["moderate_chat"], True, True), ([], True, False), (["moderate_chat"], False, False)],
)
def test_the_app_leads_moderators_to_a_chat_and_its_messages_and_nobody_else(
    client, person, group, ada, codenames, is_staff, is_shown
):
    user = staff(person, "helper", *codenames)
    user.is_staff = is_staff
    user.save()
    actions.add_members(ada, group, [user.pk])
    actions.post_message(ada, group.pk, "Hello")
    client.force_login(user)
    page = client.get(f"/chats/{group.pk}/").content.decode()
    assert (f"/admin/chats/chat/{group.pk}/change/" in page) == is_shown
    assert ("data-message-actions-admin-value" in page) == is_shown
    if is_shown:
        assert client.get(f"/admin/chats/chat/{group.pk}/change/").status_code == 200
        message = Message.objects.in_chat(group.pk).get()
        assert client.get(f"{MESSAGES}{message.pk}/change/").status_code == 200
    assert Chat.objects.for_member(user).exists()
