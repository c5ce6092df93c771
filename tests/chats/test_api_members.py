"""Members and their permissions over the API."""

import pytest

from chatproject.stores.outages import Unconfirmed
from chats import actions
from chats.models import Chat
from chats.models.chat import ChatQuerySet

pytestmark = pytest.mark.django_db


def url_of(chat, *parts):
    return "/".join(map(str, ("/api/v1/chats", chat.pk, "members", *parts)))


def member_ids(chat):
    return Chat.objects.get(pk=chat.pk).member_ids


def test_the_members_come_with_their_permissions(group, ada, grace, api):
    actions.set_permissions(ada, group, grace.pk, can_remove_members=True)
    rows = api(grace).get(url_of(group)).json()
    assert [row["username"] for row in rows] == ["ada", "grace", "alan"]
    assert rows[0]["permissions"] == dict.fromkeys(rows[0]["permissions"], True)
    assert rows[1] == {
        "id": grace.pk,
        "username": "grace",
        "name": "Grace Hopper",
        "is_bot": False,
        "is_owner": False,
        "online": False,
        "permissions": {
            "can_send_messages": True,
            "can_change_permissions": False,
            "can_remove_members": True,
            "can_delete_other_messages": False,
        },
    }
    assert api(ada).get(f"{url_of(group, grace.pk)}/").json() == rows[1]


def test_one_or_several_people_are_added(group, ada, grace, stranger, person, api):
    answer = api(grace).post(url_of(group), {"user_id": stranger.pk})
    assert answer.status_code == 201
    assert answer.json()[-1]["username"] == "stranger"
    mary, emmy = person("mary"), person("emmy")
    answer = api(ada).post(f"{url_of(group)}/", {"user_ids": [mary.pk, emmy.pk, grace.pk]})
    assert [row["username"] for row in answer.json()][-2:] == ["mary", "emmy"]
    assert len(member_ids(group)) == 6


def test_a_member_leaves_and_one_with_the_permission_removes(group, ada, grace, alan, api):
    assert api(grace).delete(url_of(group, alan.pk)).status_code == 403
    assert api(alan).delete(url_of(group, alan.pk)).status_code == 204
    assert api(alan).get(url_of(group)).status_code == 404
    assert api(ada).delete(url_of(group, grace.pk)).status_code == 204
    assert member_ids(group) == [ada.pk]
    assert api(ada).delete(url_of(group, grace.pk)).status_code == 404


def test_the_owner_neither_leaves_nor_is_removed_nor_restricted(group, ada, grace, api):
    flags = {"can_remove_members": True, "can_change_permissions": True}
    assert api(ada).patch(url_of(group, grace.pk, "permissions"), flags).status_code == 200
    assert api(grace).delete(url_of(group, ada.pk)).status_code == 403
    assert api(ada).delete(url_of(group, ada.pk)).status_code == 403
    silence = {"can_send_messages": False}
    assert api(grace).patch(url_of(group, ada.pk, "permissions"), silence).status_code == 403
    assert ada.pk in member_ids(group)


def test_permissions_are_changed_by_name_and_never_ones_own(group, ada, grace, alan, api):
    url = url_of(group, grace.pk, "permissions")
    assert api(alan).patch(url, {"can_remove_members": True}).status_code == 403
    body = api(ada).patch(url, {"can_change_permissions": True}).json()
    assert body == {
        "can_send_messages": True,
        "can_change_permissions": True,
        "can_remove_members": False,
        "can_delete_other_messages": False,
    }
    assert api(alan).get(f"{url}/").json() == body
    assert api(grace).patch(url, {"can_remove_members": True}).status_code == 403
    silenced = api(grace).patch(url_of(group, alan.pk, "permissions"), {"can_send_messages": False})
    assert silenced.json()["can_send_messages"] is False


def test_nobody_joins_leaves_or_is_restricted_in_a_private_chat(
    private_chat, ada, grace, stranger, api
):
    client = api(ada)
    assert client.get(url_of(private_chat)).status_code == 200
    assert client.post(url_of(private_chat), {"user_id": stranger.pk}).status_code == 403
    for user_id in (ada.pk, grace.pk):
        assert client.delete(url_of(private_chat, user_id)).status_code == 403
    flags = {"can_send_messages": False}
    answer = client.patch(url_of(private_chat, grace.pk, "permissions"), flags)
    assert answer.status_code == 403
    assert member_ids(private_chat) == [ada.pk, grace.pk]


def test_a_change_is_refused_only_by_what_a_majority_has(
    group, ada, grace, alan, stranger, api, client, monkeypatch
):
    """A removal that only a lone primary has may yet be undone: nobody is told that it is done."""

    def alone(rows, chat_id):
        raise Unconfirmed("no majority")

    client.force_login(alan)
    page = f"/chats/{group.pk}/members/{grace.pk}/remove/"
    assert client.post(page).status_code == 403
    monkeypatch.setattr(ChatQuerySet, "confirm", alone)
    assert api(ada).delete(url_of(group, stranger.pk)).status_code == 503
    assert api(stranger).post(url_of(group), {"user_id": ada.pk}).status_code == 503
    assert api(alan).delete(url_of(group, grace.pk)).status_code == 503
    assert client.post(page).status_code == 503
    assert api(ada).get(url_of(group, stranger.pk)).status_code == 404
    assert client.get(page).status_code == 403
    client.force_login(ada)
    assert client.post(f"/chats/{group.pk}/members/{stranger.pk}/remove/").status_code == 503
