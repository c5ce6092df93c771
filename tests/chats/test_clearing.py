# ruff: noqa: F811 - a fixture is named by what it gives
"""Whoever clears a chat for themselves reads nothing from before; the others keep it."""

from __future__ import annotations

import pytest
from channels.db import database_sync_to_async as do

from chats import actions
from chats.models import Chat, Message, ReadMarker, log

from .test_consumers import connect  # noqa: F401

pytestmark = pytest.mark.django_db

OLD = "canary of old times"


@pytest.fixture(params=["group", "private_chat"])
def chat(request, ada, grace):
    """A chat whose four messages ada has read to the second."""
    chat = request.getfixturevalue(request.param)
    said = [actions.post_message(grace, chat.pk, f"{OLD} {number}")[0] for number in range(4)]
    actions.mark_read(ada, chat, said[1])
    return chat


def latest(chat):
    return Chat.objects.get(pk=chat.pk)


def test_who_clears_a_chat_sees_nothing_from_before_and_the_others_all(
    chat, ada, grace, api, client
):
    url, rev = f"/api/v1/chats/{chat.pk}", log.head(chat.pk).rev
    first = Message.objects.in_chat(chat.pk).get(seq=1)
    calls = [
        "/api/v1/chats",
        *(url + rest for rest in ("/messages", "/messages?changed_after=0", "/messages?after=1")),
    ]
    pages = ["/chats/", f"/chats/{chat.pk}/", f"/chats/{chat.pk}/?before=4"]
    client.force_login(ada)
    assert all(OLD in api(ada).get(call).content.decode() for call in calls)  # the premise
    assert all(OLD in client.get(page).content.decode() for page in pages)
    assert api(ada).post(f"{url}/clear").status_code == 204
    assert not any(OLD in api(ada).get(call).content.decode() for call in calls)
    assert not any(OLD in client.get(page).content.decode() for page in pages)
    assert api(ada).get(f"{url}/messages/{first.pk}").status_code == 404
    [listed] = api(ada).get("/api/v1/chats").json()["results"]
    assert (listed["since_seq"], listed["unread_count"], listed["last_message"]) == (4, 0, None)
    assert all(OLD in api(grace).get(call).content.decode() for call in calls)
    # Nobody learns of it: no change of the chat, and no message is said to be read.
    assert log.head(chat.pk).rev == rev
    assert ReadMarker.objects.of_member(chat.pk, ada.pk) == 2
    actions.post_message(grace, chat.pk, "New")
    page = client.get(f"/chats/{chat.pk}/")
    assert [row.message["content"] for row in page.context["rows"]] == ["New"]
    assert page.context["rows"][0].first_unread
    assert page.context["chat_items"][0].unread == 1
    # And again, further on.
    assert api(ada).post(f"{url}/clear", {}).status_code == 204
    assert latest(chat).since(ada.pk) == 5
    assert api(ada).post(f"{url}/clear", {"seq": 1}).status_code == 400


@pytest.mark.django_db(transaction=True)
async def test_a_clearing_is_told_to_one_s_own_sockets_alone(chat, ada, grace, connect):
    listing, adas = await connect(ada), await connect(ada, chat)
    graces, graces_list = await connect(grace, chat), await connect(grace)
    await do(actions.clear_chat)(ada, chat)
    told = {"chat_id": str(chat.pk), "user_id": ada.pk, "since_seq": 4}
    assert await listing.receive("chat_cleared") == told
    assert await adas.receive("chat_cleared") == told
    # From now on changes of what was before are hidden.
    old = await do(Message.objects.get)(seq=1, chat_id=chat.pk)
    await do(actions.edit_message)(grace, chat, old, f"{OLD} anew")
    assert (await graces.receive("chat_cleared", "message_edited"))["content"] == f"{OLD} anew"
    assert (await adas.receive("message_hidden", "message_edited")).keys() == {"chat_id", "rev"}
    await do(actions.post_message)(grace, chat.pk, "New")
    assert (await adas.receive("text_message"))["content"] == "New"
    assert (await listing.receive("chat_activity"))["preview"] == "New"
    await graces_list.receive("chat_activity")


def test_what_one_writes_after_a_clearing_is_not_unread(chat, ada, api):
    actions.clear_chat(ada, chat)
    actions.post_message(ada, chat.pk, "My own")
    assert api(ada).get(f"/api/v1/chats/{chat.pk}").json()["unread_count"] == 0


def test_whoever_is_removed_meanwhile_clears_nothing(group, ada, grace):
    held = latest(group)
    actions.remove_member(ada, group, grace.pk)
    with pytest.raises(Chat.DoesNotExist):
        actions.clear_chat(grace, held)
    assert latest(group).since_seqs == {}
