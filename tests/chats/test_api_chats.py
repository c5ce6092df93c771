"""Chats over the API: the list, one chat, making, renaming, handing over and deleting."""

import uuid

import pytest

from chats import actions
from chats.models import Chat, Message
from tests.commands_sent import sent_commands

pytestmark = pytest.mark.django_db


def url_of(chat):
    return f"/api/v1/chats/{chat.pk}"


# The list ----------------------------------------------------------------------------------------


def test_the_list_has_my_chats_latest_first_with_what_is_unread(
    group, private_chat, ada, grace, stranger, api
):
    actions.post_message(grace, private_chat.pk, "one")
    actions.post_message(grace, group.pk, "two")
    actions.post_message(grace, group.pk, "three")
    body = api(ada).get("/api/v1/chats/").json()
    assert (body["count"], body["next"], body["previous"]) == (2, None, None)
    rows = [(row["name"], row["unread_count"]) for row in body["results"]]
    assert rows == [("Engines", 2), ("Grace Hopper", 1)]
    last = body["results"][0]["last_message"]
    assert (last["content"], last["sender_name"], last["seq"]) == ("three", "Grace Hopper", 2)
    assert api(stranger).get("/api/v1/chats").json()["results"] == []


def test_what_is_read_and_what_one_wrote_after_it_is_not_unread(group, ada, grace, api):
    first, _ = actions.post_message(grace, group.pk, "one")
    second, _ = actions.post_message(grace, group.pk, "two")
    client = api(ada)

    def unread():
        return client.get("/api/v1/chats").json()["results"][0]["unread_count"]

    assert unread() == 2
    assert client.post(f"{url_of(group)}/messages/{first.pk}/read").status_code == 204
    assert unread() == 1
    assert client.post(f"{url_of(group)}/messages/{second.pk}/read").status_code == 204
    assert client.post(f"{url_of(group)}/messages", {"content": "mine"}).status_code == 201
    assert unread() == 0
    actions.post_message(grace, group.pk, "three")
    assert client.post(f"{url_of(group)}/messages", {"content": "blind"}).status_code == 201
    assert unread() == 2  # nothing says that "three" was seen


def test_a_chat_without_messages_has_no_latest(group, ada, api):
    assert api(ada).get("/api/v1/chats").json()["results"][0]["last_message"] is None


@pytest.mark.parametrize("number", [1, 100])
def test_the_list_asks_the_same_for_any_number_of_chats(
    ada, grace, api, number, django_assert_num_queries
):
    for index in range(number):
        chat = actions.create_group(ada, f"Group {index}", [grace.pk])
        actions.post_message(grace, chat.pk, "Hello")
    client = api(ada)
    # The chats with their number, their latest messages with my markers, what mentions me of those
    # that are unread; me, and the names.
    with sent_commands() as sent, django_assert_num_queries(2):
        body = client.get("/api/v1/chats?limit=100").json()
    assert (len(body["results"]), body["count"]) == (number, number)
    assert [command.collection for command in sent] == ["chats_chat", *["chats_message"] * 2]


def test_chats_of_one_moment_are_listed_in_one_order(ada, grace, alan, api):
    chats = [actions.create_group(ada, str(number), []) for number in range(12)]
    Chat.objects.all().update(last_message_at=chats[0].last_message_at)
    whole = [row["id"] for row in api(ada).get("/api/v1/chats").json()["results"]]
    assert whole == sorted(whole, reverse=True)
    parts = [
        row["id"]
        for offset in range(0, 12, 5)
        for row in api(ada).get(f"/api/v1/chats?limit=5&offset={offset}").json()["results"]
    ]
    assert parts == whole


def test_the_list_has_pages(ada, grace, api):
    for index in range(5):
        actions.create_group(ada, f"Group {index}", [grace.pk])
    client, url, names = api(ada), "/api/v1/chats?limit=2", []
    while url:
        body = client.get(url).json()
        names += [row["name"] for row in body["results"]]
        url = body["next"]
    assert sorted(names) == [f"Group {index}" for index in range(5)]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "offset=-1", "offset=x", "search=a"])
def test_parameters_of_the_list_are_named(ada, api, query):
    answer = api(ada).get(f"/api/v1/chats?{query}")
    assert (answer.status_code, list(answer.json())) == (400, [query.partition("=")[0]])


# One chat ----------------------------------------------------------------------------------------


def test_a_chat_shows_its_members_my_permissions_and_who_has_read(group, ada, grace, alan, api):
    message, _ = actions.post_message(ada, group.pk, "Hello")
    actions.mark_read(grace, group, message)
    body = api(grace).get(url_of(group)).json()
    assert (body["name"], body["is_group"], body["owner_id"]) == ("Engines", True, ada.pk)
    assert body["member_ids"] == [ada.pk, grace.pk, alan.pk]
    members = [(row["username"], row["is_owner"], row["online"]) for row in body["members"]]
    assert members == [("ada", True, False), ("grace", False, False), ("alan", False, False)]
    assert body["permissions"] == {
        "can_send_messages": True,
        "can_change_permissions": False,
        "can_remove_members": False,
        "can_delete_other_messages": False,
    }
    assert body["read_markers"] == {str(ada.pk): 1, str(grace.pk): 1}
    assert body["created_at"].endswith("Z")


def test_a_private_chat_has_the_name_of_the_other(private_chat, ada, grace, api):
    assert api(ada).get(url_of(private_chat)).json()["name"] == "Grace Hopper"
    assert api(grace).get(url_of(private_chat)).json()["name"] == "Ada Lovelace"


def test_a_chat_of_others_is_as_absent_as_one_that_is_not(group, ada, stranger, api):
    assert api(ada).get(url_of(group)).status_code == 200
    for path in (group.pk, uuid.uuid4()):
        answer = api(stranger).get(f"/api/v1/chats/{path}")
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})


# Making ------------------------------------------------------------------------------------------


def test_a_private_chat_is_made_once_for_its_pair(ada, grace, api):
    first = api(ada).post(f"/api/v1/chats/private/{grace.pk}")
    again = api(grace).post(f"/api/v1/chats/private/{ada.pk}/")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["member_ids"] == [ada.pk, grace.pk]


def test_a_private_chat_with_oneself_a_bot_or_nobody_is_refused(ada, grace, api):
    from django.contrib.auth import get_user_model

    for user_id in (ada.pk, get_user_model().objects.bot().pk, 10**9, 10**17):
        answer = api(ada).post(f"/api/v1/chats/private/{user_id}")
        assert (answer.status_code, list(answer.json())) == (400, ["user_id"])
    assert not Chat.objects.exists()
    assert api(ada).post(f"/api/v1/chats/private/{grace.pk}").status_code == 201


def test_a_group_is_made_of_people_and_its_owner(ada, grace, alan, api):
    answer = api(ada).post(
        "/api/v1/chats/group", {"name": " Looms ", "member_ids": [grace.pk, alan.pk, ada.pk]}
    )
    assert answer.status_code == 201
    body = answer.json()
    assert (body["name"], body["owner_id"]) == ("Looms", ada.pk)
    assert body["member_ids"] == [ada.pk, grace.pk, alan.pk]


# Changing ----------------------------------------------------------------------------------------


def test_the_owner_renames_a_group_and_others_need_a_permission(group, ada, grace, api):
    assert api(grace).patch(url_of(group), {"name": "Mine"}).status_code == 403
    assert api(ada).patch(url_of(group), {"name": "Looms"}).json()["name"] == "Looms"
    actions.set_permissions(ada, group, grace.pk, can_change_permissions=True)
    assert api(grace).patch(f"{url_of(group)}/", {"name": "Mine"}).json()["name"] == "Mine"


def test_a_group_is_handed_over_with_a_new_name_or_not_at_all(group, ada, grace, stranger, api):
    both = {"name": "Hers", "owner_id": grace.pk}
    assert api(grace).patch(url_of(group), both).status_code == 403
    answer = api(ada).patch(url_of(group), {**both, "owner_id": stranger.pk})
    assert (answer.status_code, list(answer.json())) == (400, ["owner_id"])
    assert Chat.objects.get(pk=group.pk).name == "Engines"
    body = api(ada).patch(url_of(group), both).json()
    assert (body["name"], body["owner_id"]) == ("Hers", grace.pk)
    assert body["last_rev"] == group.last_rev + 1
    assert api(ada).patch(url_of(group), {"owner_id": ada.pk}).status_code == 403


def test_a_private_chat_is_neither_renamed_nor_handed_over(private_chat, ada, grace, api):
    for changes in ({"name": "Ours"}, {"owner_id": grace.pk}):
        assert api(ada).patch(url_of(private_chat), changes).status_code == 403


def test_only_the_owner_deletes_a_group(group, ada, grace, api):
    actions.post_message(grace, group.pk, "Hello")
    assert api(grace).delete(url_of(group)).status_code == 403
    assert Message.objects.in_chat(group.pk).exists()
    assert api(ada).delete(url_of(group)).status_code == 204
    assert api(ada).get(url_of(group)).status_code == 404


def test_either_member_deletes_a_private_chat(private_chat, grace, api):
    assert api(grace).delete(url_of(private_chat)).status_code == 204
    assert api(grace).get(url_of(private_chat)).status_code == 404


def test_a_chat_that_lags_behind_its_log_is_shown_as_it_is(group, ada, grace, api):
    """Its hints were lost: one chat and the list of them show the latest message all the same."""
    actions.post_message(ada, group.pk, "one")
    actions.post_message(ada, group.pk, "two")
    before = Chat.objects.get(pk=group.pk).created_at
    Chat.objects.filter(pk=group.pk).update(last_seq=1, last_rev=1, last_message_at=before)
    listed = api(grace).get("/api/v1/chats").json()["results"][0]
    renamed = api(ada).patch(f"/api/v1/chats/{group.pk}", {"name": "Looms"}).json()
    for shown in (listed, renamed):
        assert (shown["last_seq"], shown["last_message"]["content"]) == (2, "two")
        assert shown["last_message_at"] == shown["last_message"]["created_at"]
    page = api(grace).get(f"/api/v1/chats/{group.pk}/messages?offset=1").json()
    assert (page["count"], [row["content"] for row in page["results"]]) == (2, ["one"])
