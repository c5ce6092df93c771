"""Messages over the API: sending, editing, deleting, reading."""

import uuid

import pytest

from chats import actions
from chats.events import chat_group
from chats.models import Message
from tests.commands_sent import sent_commands

pytestmark = pytest.mark.django_db


def url_of(chat, message=None):
    base = f"/api/v1/chats/{chat.pk}/messages"
    return f"{base}/{message.pk}" if message else base


@pytest.fixture
def message(group, grace):
    """A message of grace in the group."""
    return actions.post_message(grace, group.pk, "Hello")[0]


def test_a_message_is_stored_told_and_answered(group, ada, api, captured_events):
    told = captured_events(chat_group(group.pk))
    answer = api(ada).post(url_of(group), {"content": " Hello,\n  you ", "client_id": "a1"})
    assert answer.status_code == 201
    body = answer.json()
    assert body["content"] == " Hello,\n  you "
    assert (body["seq"], body["sender_name"], body["client_id"]) == (1, "Ada Lovelace", "a1")
    assert (body["is_read"], body["read_by"], body["reply"]) == (False, [], None)
    data = told.of_type("text_message")[0]
    assert (data["message_id"], data["created_at"]) == (body["id"], body["created_at"])
    assert api(ada).get(f"{url_of(group)}/{body['id']}").json() == body


def test_the_second_line_of_the_guide(group, ada, token_of, client):
    """`curl -X POST … -H "Content-Type: application/json" -d '{"content": "Hello"}'`"""
    for slash in ("", "/"):
        answer = client.post(
            url_of(group) + slash,
            '{"content": "Hello"}',
            content_type="application/json",
            headers={"Authorization": f"Bearer {token_of(ada)}"},
        )
        assert (answer.status_code, answer.json()["content"]) == (201, "Hello")


def test_the_same_client_id_again_answers_with_what_was_stored(group, ada, grace, api):
    first = api(ada).post(url_of(group), {"content": "once", "client_id": "a1"})
    actions.mark_read(grace, group, Message.objects.get(pk=first.json()["id"]))
    again = api(ada).post(url_of(group), {"content": "once", "client_id": "a1"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["read_by"] == [grace.pk]
    assert Message.objects.in_chat(group.pk).count() == 1


def test_a_reply_carries_a_preview(group, ada, api, message):
    body = api(ada).post(url_of(group), {"content": "You too", "reply_to": str(message.pk)}).json()
    assert body["reply"] == {
        "id": str(message.pk),
        "sender_id": message.sender_id,
        "sender_name": "Grace Hopper",
        "content": "Hello",
        "seq": 1,
        "deleted": False,
    }


def test_sending_waits_for_mongodb_once(group, ada, api, django_assert_num_queries):
    client = api(ada)
    client.post(url_of(group), {"content": "The process knows the chat from now on"})
    with sent_commands() as sent, django_assert_num_queries(1):
        assert client.post(url_of(group), {"content": "Hello"}).status_code == 201
    # The message; and the sender's own marker and the chat's hints, which nobody waits for.
    assert [(command.name, command.collection, command.acknowledged) for command in sent] == [
        ("insert", "chats_message", True),
        ("update", "chats_readmarker", False),
        ("update", "chats_chat", False),
    ]


def test_one_edits_only_ones_own(group, ada, grace, api, message):
    assert api(ada).patch(url_of(group, message), {"content": "Bye"}).status_code == 403
    body = api(grace).patch(url_of(group, message), {"content": "Hello!"}).json()
    assert (body["content"], body["rev"], body["seq"]) == ("Hello!", message.rev + 1, message.seq)
    assert body["edited_at"]


def test_one_deletes_ones_own_and_with_a_permission_those_of_others(
    group, ada, grace, alan, api, message
):
    assert api(alan).delete(url_of(group, message)).status_code == 403
    actions.set_permissions(ada, group, alan.pk, can_delete_other_messages=True)
    assert api(alan).delete(url_of(group, message)).status_code == 204
    body = api(grace).get(url_of(group, message)).json()
    assert (body["content"], body["deleted_by"]) == ("", alan.pk)
    assert api(alan).delete(url_of(group, message)).status_code == 204
    assert api(grace).patch(url_of(group, message), {"content": "Back"}).status_code == 403


def test_reading_marks_everything_up_to_a_message(group, ada, grace, api, message):
    later, _ = actions.post_message(grace, group.pk, "And more")
    client = api(ada)
    assert client.post(f"{url_of(group, later)}/read/").status_code == 204
    assert client.post(f"{url_of(group, message)}/read").status_code == 204
    rows = client.get(url_of(group)).json()["results"]
    assert [(row["is_read"], row["read_by"]) for row in rows] == [(True, [ada.pk])] * 2


def test_a_message_is_only_found_in_its_own_chat(group, private_chat, ada, api, message):
    assert api(ada).get(url_of(group, message)).status_code == 200
    assert api(ada).get(url_of(private_chat, message)).status_code == 404
    assert api(ada).get(f"{url_of(group)}/{uuid.uuid4()}").status_code == 404
    assert api(ada).post(f"{url_of(private_chat, message)}/read").status_code == 404


def test_who_may_not_send_is_refused(group, ada, grace, api):
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    answer = api(grace).post(url_of(group), {"content": "Hello"})
    assert answer.status_code == 403
    assert answer.json() == {"detail": "You may not send messages in this chat."}
    assert not Message.objects.exists()
