"""Replies know the message with which their thread began, and that one shows how many there are."""

from __future__ import annotations

from typing import Any

import pytest
from channels.db import database_sync_to_async as do

from chats import actions, events
from chats.actions import sending
from chats.events import chat_group
from chats.models import Chat, Message, MessageRow
from chats.models.threads import count_replies, flag_root
from chats.protocol import PAGE_SIZE
from tests.commands_sent import sent_commands

from .test_access_matrix import Socket

pytestmark = pytest.mark.django_db

URL = "/api/v1/chats"


def post(user: Any, chat: Chat, content: str, to: Message | None = None, **more: Any) -> Message:
    message, _ = actions.post_message(
        user, chat.pk, content, reply_to=to.pk if to else None, **more
    )
    return message


@pytest.fixture
def root(group: Chat, grace: Any) -> Message:
    """A message that will be replied to; another one is before it."""
    post(grace, group, "Before")
    return post(grace, group, "Who comes?")


def thread_of(root: Message) -> dict[str, Any] | None:
    """The count of a thread, and `last_reply_at` as the `seq` that was sent then."""
    row = MessageRow.of(Message.objects.document(Message.objects.get(pk=root.pk)))
    assert row.has_replies
    found = count_replies(row.chat_id, [row.id]).get(row.id)
    return found and found._asdict()


# What is stored ----------------------------------------------------------------------------------


def test_every_reply_knows_the_root_of_what_it_replies_to(group, ada, grace, root):
    first = post(ada, group, "I do", root)
    second = post(grace, group, "Good", first)
    assert [message.root_id for message in (root, first, second)] == [None, root.pk, root.pk]
    assert second.reply_to == first.pk
    stored = Message.objects.get(pk=second.pk)
    assert (stored.root_id, stored.has_replies) == (root.pk, None)


def test_a_reply_asks_for_nothing_more_and_only_the_first_one_flags_its_root(group, ada, root):
    def sends(content: str, to: Message) -> list[tuple[str, str]]:
        with sent_commands() as sent:
            post(ada, group, content, to)
        return [(one.name, one.collection) for one in sent if one.acknowledged]

    read = [("find", "chats_chat"), ("find", "chats_message")]
    insert = ("insert", "chats_message")
    assert sends("One", root) == [*read, ("update", "chats_message"), insert]
    assert sends("Two", root) == [*read, insert]
    assert sends("Three", Message.objects.get(content="Two")) == [*read, insert]


def test_a_process_that_dies_before_it_has_stored_a_reply_leaves_no_wrong_count(
    group, ada, root, monkeypatch, api
):
    class Killed(BaseException):
        pass

    def die(*_: Any) -> None:
        raise Killed

    monkeypatch.setattr(sending, "send", die)
    with pytest.raises(Killed):
        post(ada, group, "Lost", root)
    monkeypatch.undo()
    assert Message.objects.get(pk=root.pk).has_replies
    assert api(ada).get(f"{URL}/{group.pk}/messages/{root.pk}").json()["thread"] is None
    # And one that dies right after it has flagged the root: that was before the reply.
    post(ada, group, "Stored", root)
    assert thread_of(root)["reply_count"] == 1


def test_a_retry_counts_once(group, ada, root, api):
    data = {"content": "I do", "reply_to": str(root.pk), "client_id": "one"}
    answers = [api(ada).post(f"{URL}/{group.pk}/messages", data) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert {answer.json()["root_id"] for answer in answers} == {str(root.pk)}
    assert thread_of(root)["reply_count"] == 1


def test_deleted_replies_do_not_count_and_a_deleted_root_keeps_its_thread(
    group, ada, grace, root, api
):
    replies = [post(ada, group, str(number), root) for number in range(3)]
    actions.delete_message(ada, group, replies[2])
    left = thread_of(root)
    assert (left["reply_count"], left["first_seq"], left["last_seq"]) == (2, 3, 5)
    assert left["last_reply_at"] == replies[1].created_at.replace(tzinfo=None)
    assert left["rev"] == Message.objects.get(pk=replies[2].pk).changed_rev
    actions.delete_message(grace, group, root)
    data = api(ada).get(f"{URL}/{group.pk}/messages/{root.pk}").json()
    assert (data["content"], data["thread"]["reply_count"]) == ("", 2)
    for reply in replies[:2]:
        actions.delete_message(ada, group, reply)
    gone = thread_of(root)
    assert (gone["reply_count"], gone["last_reply_at"], gone["last_seq"]) == (0, None, 5)
    # One may still reply to it: its tombstone is there.
    post(ada, group, "Late", root)
    assert thread_of(root)["reply_count"] == 1


def test_a_page_without_threads_asks_for_none(group, ada, grace, root, api):
    def aggregates() -> int:
        with sent_commands() as sent:
            rows = api(ada).get(f"{URL}/{group.pk}/messages").json()["results"]
        assert rows
        return sum(one.name == "aggregate" and one.collection == "chats_message" for one in sent)

    assert aggregates() == 0
    others = [post(grace, group, str(number)) for number in range(3)]
    for number, one in enumerate([root, *others]):
        for _ in range(number + 1):
            post(ada, group, "A reply", one)
    assert aggregates() == 1
    rows = api(ada).get(f"{URL}/{group.pk}/messages").json()["results"]
    counts = {row["content"]: row["thread"]["reply_count"] for row in rows if row["thread"]}
    assert counts == {"Who comes?": 1, "0": 2, "1": 3, "2": 4}


def test_the_bots_answer_is_in_the_thread_of_its_question(group, ada, root):
    question = post(ada, group, "@ai Who?", root)
    answer = actions.post_bot_message(question, "Nobody", client_id="answer")
    assert (answer.root_id, answer.reply_to) == (root.pk, question.pk)
    assert thread_of(root)["reply_count"] == 2


# The API -----------------------------------------------------------------------------------------


def test_a_thread_is_read_by_pages_oldest_first(group, ada, grace, root, api):
    replies = [post(ada, group, str(number), root) for number in range(5)]
    post(grace, group, "Something else")
    actions.delete_message(ada, group, replies[1])
    client = api(grace)

    def page(of: Message, query: str = "") -> tuple[Any, ...]:
        data = client.get(f"{URL}/{group.pk}/messages/{of.pk}/thread{query}").json()
        contents = [row["content"] for row in data["results"]]
        assert data["root"]["id"] == str(root.pk)
        assert data["root"]["thread"]["reply_count"] == 4
        return data["count"], contents, bool(data["next"]), bool(data["previous"])

    everything = (5, ["0", "", "2", "3", "4"], False, False)
    assert page(root) == page(root, "/") == page(replies[3]) == everything
    assert page(root, "?limit=2") == (5, ["0", ""], True, False)
    assert page(root, "?limit=2&offset=3") == (5, ["3", "4"], False, True)
    assert page(root, "?offset=5") == (5, [], False, True)
    refused = client.get(f"{URL}/{group.pk}/messages/{root.pk}/thread?before=2")
    assert (refused.status_code, list(refused.json())) == (400, ["before"])
    alone = client.get(f"{URL}/{group.pk}/messages/{Message.objects.get(seq=1).pk}/thread").json()
    assert (alone["count"], alone["results"], alone["root"]["content"]) == (0, [], "Before")


def test_large_replies_come_in_several_pages(group, ada, root, api, settings):
    settings.MESSAGE_MAX_LENGTH = 400_000
    for number in range(4):
        post(ada, group, str(number) * 400_000, root)
    url: str | None = f"{URL}/{group.pk}/messages/{root.pk}/thread"
    pages = []
    while url:
        data = api(ada).get(url).json()
        pages.append([row["content"][0] for row in data["results"]])
        url = data["next"]
    assert pages == [["0", "1"], ["2", "3"]]


def test_a_thread_of_another_chat_is_not_found(group, private_chat, ada, grace, root, api):
    foreign = post(grace, private_chat, "Between us")
    assert api(ada).get(f"{URL}/{group.pk}/messages/{root.pk}/thread").status_code == 200
    assert api(ada).get(f"{URL}/{group.pk}/messages/{foreign.pk}/thread").status_code == 404


# New members -------------------------------------------------------------------------------------


def test_who_came_later_sees_of_an_older_thread_what_was_said_since(
    group, ada, grace, stranger, root, api
):
    actions.change_access(ada, Chat.objects.get(pk=group.pk), history_for_new_members=False)
    first = post(ada, group, "Old reply", root)
    actions.add_members(ada, Chat.objects.get(pk=group.pk), [stranger.pk])
    new = post(ada, group, "New reply", first)
    late, messages = api(stranger), f"{URL}/{group.pk}/messages"
    assert late.get(f"{messages}/{root.pk}/thread").status_code == 404
    data = late.get(f"{messages}/{new.pk}/thread").json()
    assert (data["root"], data["count"]) == (None, 1)
    assert [row["content"] for row in data["results"]] == ["New reply"]
    # Their reply to what they see belongs to the thread that they don't see the beginning of.
    answer = late.post(messages, {"content": "Hm", "reply_to": str(new.pk)}).json()
    assert answer["root_id"] == str(root.pk)
    # Of a deleted reply, how many are left: not to those who didn't see all of them.
    actions.delete_message(ada, group, new)
    assert late.get(f"{messages}/{new.pk}").json()["thread"] is None
    assert api(ada).get(f"{messages}/{new.pk}").json()["thread"]["reply_count"] == 2


# Live --------------------------------------------------------------------------------------------


def test_the_deletion_of_a_reply_tells_what_is_left(group, ada, grace, root, captured_events):
    replies = [post(ada, group, str(number), root) for number in range(2)]
    told = captured_events(chat_group(group.pk))
    actions.delete_message(ada, group, replies[1])
    [deleted] = told.of_type("message_deleted")
    assert deleted["root_id"] == str(root.pk)
    assert deleted["thread"]["reply_count"] == 1
    assert deleted["thread"]["last_reply_at"] == events.messages.iso(replies[0].created_at)
    assert deleted["thread"]["rev"] == deleted["rev"]
    actions.edit_message(grace, group, root, "Who comes, then?")
    [edited] = told.of_type("message_edited")
    assert edited["thread"] == deleted["thread"]


def test_catching_up_counts_as_the_api_does(group, ada, grace, root, api):
    replies = [post(ada, group, str(number), root) for number in range(3)]
    known = api(grace).get(f"{URL}/{group.pk}/messages/{root.pk}").json()["thread"]
    rev = Chat.objects.get(pk=group.pk).last_rev
    missed = [post(ada, group, "Sent and deleted", root), post(ada, group, "Sent", root)]
    actions.edit_message(ada, group, replies[0], "Edited")
    actions.delete_message(ada, group, replies[1])
    actions.delete_message(ada, group, missed[0])
    changes = api(grace).get(f"{URL}/{group.pk}/messages?changed_after={rev}").json()["results"]
    fresh = api(grace).get(f"{URL}/{group.pk}/messages/{root.pk}").json()["thread"]
    assert (known["reply_count"], fresh["reply_count"]) == (3, 3)
    assert counted(known, changes, str(root.pk)) == 3
    assert counted(known, changes[::-1], str(root.pk)) == 3
    assert counted(fresh, changes, str(root.pk)) == 3


def counted(thread: dict[str, Any], messages: list[dict[str, Any]], root_id: str) -> int:
    """The count of a client that keeps to docs/events.md."""
    new: dict[str, int] = {}
    for message in messages:
        if message["root_id"] != root_id:
            continue
        told = message["thread"]
        if told and (told["last_seq"], told["rev"]) > (thread["last_seq"], thread["rev"]):
            thread = told
        if not message["deleted_at"]:
            new[message["id"]] = message["seq"]
    later = sum(seq > thread["last_seq"] for seq in new.values())
    return int(thread["reply_count"]) + later


@pytest.mark.django_db(transaction=True)
async def test_a_socket_is_told_of_a_thread_only_what_its_person_sees(
    group: Chat, ada: Any, stranger: Any
) -> None:
    await do(actions.change_access)(ada, group, history_for_new_members=False)
    root = await do(post)(ada, group, "Old")
    await do(post)(ada, group, "Old reply", root)
    await do(actions.add_members)(ada, await Chat.objects.aget(pk=group.pk), [stranger.pk])
    replies = [await do(post)(ada, group, text, root) for text in ("New", "Newer")]
    sockets = [Socket(user, f"/api/v1/chats/{group.pk}") for user in (ada, stranger)]
    listing = Socket(stranger, "/api/v1/users/me")
    for socket in (*sockets, listing):
        assert await socket.open()
    await listing.next("watching")
    await do(actions.delete_message)(ada, group, replies[0])
    told = [(await socket.next("message_deleted"))["data"] for socket in sockets]
    assert [data["root_id"] for data in told] == [str(root.pk)] * 2
    assert (told[0]["thread"]["reply_count"], told[1]["thread"]) == (2, None)
    assert (await listing.next("message_deleted"))["data"]["thread"] is None
    for socket in (*sockets, listing):
        await socket.close()


def test_a_flag_without_replies_is_harmless(group, ada, root, api):
    flag_root(group.pk.hex, root.pk.hex)
    assert api(ada).get(f"{URL}/{group.pk}/messages/{root.pk}").json()["thread"] is None


# The page ----------------------------------------------------------------------------------------


def test_a_thread_has_a_page_of_its_own(group, ada, grace, stranger, root, client):
    reply = post(grace, group, "I do", root)
    second = post(ada, group, "So do I", reply)
    for number in range(PAGE_SIZE):
        post(ada, group, f"Reply {number}", root)
    address = f"/chats/{group.pk}/thread"
    client.force_login(ada)
    page = client.get(f"{address}/{root.pk}/")
    panel = page.context["thread"]
    assert (panel.reply_count, panel.offset) == (PAGE_SIZE + 2, 2)
    assert [row.message["seq"] for row in panel.root_rows] == [root.seq]
    assert len(panel.reply_rows) == PAGE_SIZE
    assert len({row.message["seq"] for row in page.context["rows"]}) == PAGE_SIZE  # the chat itself
    everything = client.get(f"{address}/{root.pk}/?replies=all").context["thread"].reply_rows
    quoted = [row.message["reply"] and row.message["reply"]["id"] for row in everything[:3]]
    assert quoted == [None, str(reply.pk), None]  # the root is above them anyway
    # The address of a thread is that of its root.
    assert client.get(f"{address}/{second.pk}/").url == f"{address}/{root.pk}/"
    part = client.get(f"{address}/{root.pk}/", headers={"X-Partial": "thread"})
    assert ("So do I" in part.text, 'id="chat-title"' in part.text) == (False, False)
    assert f"Reply {PAGE_SIZE - 1}" in part.text
    client.force_login(stranger)
    assert client.get(f"{address}/{root.pk}/").status_code == 404


def test_a_form_in_a_thread_replies_and_leads_back_to_it(group, ada, root, client):
    client.force_login(ada)
    send = f"/chats/{group.pk}/send/"
    answer = client.post(send, {"content": "I do", "reply_to": str(root.pk)})
    assert answer.url == f"/chats/{group.pk}/thread/{root.pk}/"
    assert Message.objects.get(content="I do").root_id == root.pk


def test_who_came_later_has_a_page_of_an_older_thread_and_may_write_in_it(
    group, ada, stranger, root, client
):
    actions.change_access(ada, Chat.objects.get(pk=group.pk), history_for_new_members=False)
    post(ada, group, "Old reply", root)
    actions.add_members(ada, Chat.objects.get(pk=group.pk), [stranger.pk])
    new = post(ada, group, "New reply", root)
    client.force_login(stranger)
    address = f"/chats/{group.pk}/thread"
    assert client.get(f"{address}/{root.pk}/").status_code == 404
    page = client.get(f"{address}/{new.pk}/")
    assert "What this thread began with isn" in page.text
    assert ("New reply" in page.text, "Old reply" in page.text) == (True, False)
    data = {"content": "Hm", "reply_to": page.context["thread"].answered["id"]}
    assert client.post(f"/chats/{group.pk}/send/", data).url == f"{address}/{new.pk}/"
    assert Message.objects.get(content="Hm").root_id == root.pk
