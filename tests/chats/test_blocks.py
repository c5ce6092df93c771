"""Blocks: what two people may still do to each other, and that a send costs as much as before."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chats import actions
from chats.actions import new_chats
from chats.actions.blocks import follow_people
from chats.errors import Invalid, Refused
from chats.events import chat_group, user_group
from chats.models import Chat, log
from chats.permissions import permissions_of
from tests.commands_sent import sent_commands
from users import blocks
from users.actions import delete_account
from users.models import MOST_BLOCKS, Block

pytestmark = pytest.mark.django_db

BLOCKS = "/api/v1/users/me/blocks"


def latest(chat: Any) -> Any:
    return Chat.objects.get(pk=chat.pk)


def can_send(user: Any, chat: Any, api: Any) -> bool:
    """Whether the API takes a message; if it doesn't, none is stored."""
    before = log.head(chat.pk)
    answer = api(user).post(f"/api/v1/chats/{chat.pk}/messages", {"content": "Hello"})
    if answer.status_code == 403:
        assert answer.json() == {"detail": "You may not send messages in this chat."}
        assert log.head(chat.pk) == before
    return bool(answer.status_code == 201)


# The list ----------------------------------------------------------------------------------------


def test_a_person_blocks_lists_and_unblocks(ada: Any, grace: Any, alan: Any, api: Any) -> None:
    client = api(ada)
    for user in (grace, alan, grace):  # once more does no harm
        assert client.put(f"{BLOCKS}/{user.pk}").status_code == 204
    listed = client.get(BLOCKS).json()
    assert [row["username"] for row in listed["results"]] == ["alan", "grace"]
    assert listed["count"] == 2
    assert api(grace).get(BLOCKS).json()["count"] == 0  # nobody else sees it
    for _ in range(2):
        assert client.delete(f"{BLOCKS}/{grace.pk}/").status_code == 204
    assert [row["username"] for row in client.get(BLOCKS).json()["results"]] == ["alan"]


def test_nobody_blocks_themselves_a_bot_or_nobody(ada: Any, api: Any) -> None:
    from users.models import User

    refused = api(ada).put(f"{BLOCKS}/{ada.pk}")
    assert (refused.status_code, refused.json()) == (400, {"user_id": [blocks.OWN]})
    for pk in (User.objects.bot().pk, 10**17):
        assert api(ada).put(f"{BLOCKS}/{pk}").status_code == 404
    assert not Block.objects.exists()


def test_a_person_blocks_so_many(
    ada: Any, grace: Any, alan: Any, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_BLOCKS == 1000
    monkeypatch.setattr(blocks, "MOST_BLOCKS", 1)
    assert api(ada).put(f"{BLOCKS}/{grace.pk}").status_code == 204
    refused = api(ada).put(f"{BLOCKS}/{alan.pk}")
    assert (refused.status_code, refused.json()) == (400, {"user_id": [blocks.TOO_MANY]})
    assert api(ada).put(f"{BLOCKS}/{grace.pk}").status_code == 204


def test_a_deleted_account_leaves_no_block(ada: Any, grace: Any, alan: Any) -> None:
    blocks.block(ada, grace.pk)
    blocks.block(grace, alan.pk)
    blocks.block(alan, ada.pk)
    delete_account(grace)
    assert [(one.blocker, one.blocked) for one in Block.objects.all()] == [(alan, ada)]


# Private chats -----------------------------------------------------------------------------------


@pytest.mark.parametrize("is_blocker", [True, False])
def test_no_private_chat_is_opened_between_the_two(
    is_blocker: bool, ada: Any, grace: Any, alan: Any, api: Any
) -> None:
    blocks.block(ada, grace.pk)
    one, other = (ada, grace) if is_blocker else (grace, ada)
    refused = api(one).post(f"/api/v1/chats/private/{other.pk}")
    assert refused.status_code == 403
    assert refused.json() == {"detail": "You can't open a chat with this person."}
    assert not Chat.objects.exists()
    assert api(one).post(f"/api/v1/chats/private/{alan.pk}").status_code == 201
    blocks.unblock(ada, grace.pk)
    assert api(one).post(f"/api/v1/chats/private/{other.pk}").status_code == 201


def test_neither_writes_in_the_private_chat_that_there_is(
    ada: Any, grace: Any, private_chat: Any, api: Any, captured_events: Any
) -> None:
    message, _ = actions.post_message(grace, private_chat.pk, "Hello")  # and this process knows it
    told = captured_events(chat_group(private_chat.pk))
    assert api(ada).put(f"{BLOCKS}/{grace.pk}").status_code == 204
    assert not can_send(ada, private_chat, api)
    assert not can_send(grace, private_chat, api)
    edit = f"/api/v1/chats/{private_chat.pk}/messages/{message.pk}"
    assert api(grace).patch(edit, {"content": "Hello again"}).status_code == 403
    # Both still read it, and see that they may not write: alike.
    for user in (ada, grace):
        page = api(user).get(f"/api/v1/chats/{private_chat.pk}").json()
        assert page["permissions"]["can_send_messages"] is False
        assert page["last_seq"] == 1
    events = told.of_type("permissions_changed")
    changed = [(one["user_id"], one["can_send_messages"]) for one in events]
    assert sorted(changed) == [(ada.pk, False), (grace.pk, False)]
    assert api(ada).delete(f"{BLOCKS}/{grace.pk}").status_code == 204
    assert can_send(ada, private_chat, api)
    assert can_send(grace, private_chat, api)


def test_it_opens_again_once_neither_blocks_the_other(
    ada: Any, grace: Any, private_chat: Any, api: Any
) -> None:
    blocks.block(ada, grace.pk)
    blocks.block(grace, ada.pk)
    rev = log.head(private_chat.pk).rev
    blocks.unblock(ada, grace.pk)
    assert not can_send(ada, private_chat, api)
    assert log.head(private_chat.pk).rev == rev == 2  # nothing to change: no row
    blocks.unblock(grace, ada.pk)
    assert can_send(ada, private_chat, api)


def test_neither_the_log_nor_an_event_says_who_blocked_whom(
    ada: Any, grace: Any, private_chat: Any, captured_events: Any
) -> None:
    told, to_grace = captured_events(chat_group(private_chat.pk)), user_group(grace.pk)
    own = captured_events(to_grace)
    blocks.block(ada, grace.pk)
    rows = list(log.rows().find({"chat_id": private_chat.pk.hex}))
    assert sorted((row["by"], row["user_id"]) for row in rows) == [
        (ada.pk, ada.pk),
        (grace.pk, grace.pk),
    ]
    assert set(told.types()) == {"permissions_changed"}
    assert own.types() == []


def test_a_chat_that_is_opened_at_that_moment_is_closed_for_both(
    ada: Any, grace: Any, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_transaction = new_chats.in_transaction

    def blocked_before(work: Any) -> Any:
        blocks.block(grace, ada.pk)  # after the rule was asked; it finds no chat
        return in_transaction(work)

    monkeypatch.setattr(new_chats, "in_transaction", blocked_before)
    chat, _ = actions.create_private_chat(ada, grace.pk)
    assert not can_send(ada, chat, api)
    assert not can_send(grace, chat, api)


def test_what_failed_is_done_by_asking_again(
    ada: Any, grace: Any, private_chat: Any, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks.block(ada, grace.pk)
    # As if the process had died before the chat was told.
    collection = Chat.objects.collection()
    collection.update_one({"_id": private_chat.pk.hex}, {"$set": {"silenced_ids": []}})
    blocks.block(ada, grace.pk)
    assert not can_send(grace, private_chat, api)
    follow_people(grace.pk, ada.pk)
    assert set(latest(private_chat).silenced_ids) == {ada.pk, grace.pk}


# Groups ------------------------------------------------------------------------------------------


def test_a_blocked_person_adds_the_blocker_to_no_group(
    ada: Any, grace: Any, alan: Any, group: Any
) -> None:
    assert ada.added_by == grace.added_by == "anyone"
    blocks.block(ada, grace.pk)
    with pytest.raises(Invalid, match=r"member_ids: These people don't let you add .*: @ada\."):
        actions.create_group(grace, "Looms", [alan.pk, ada.pk])
    assert Chat.objects.count() == 1
    actions.create_group(grace, "Looms", [alan.pk])


def test_in_a_group_both_write_and_may_what_they_might(
    ada: Any, grace: Any, group: Any, api: Any
) -> None:
    before = {pk: one.as_flags() for pk, one in permissions_of(group).items()}
    rev = log.head(group.pk).rev
    blocks.block(ada, grace.pk)
    assert log.head(group.pk).rev == rev
    assert {pk: one.as_flags() for pk, one in permissions_of(latest(group)).items()} == before
    assert can_send(ada, group, api)
    assert can_send(grace, group, api)


def test_a_send_asks_no_store_about_blocks(
    ada: Any, grace: Any, alan: Any, group: Any, private_chat: Any
) -> None:
    def cost(chat: Any) -> tuple[list[str], int]:
        with sent_commands() as commands, CaptureQueriesContext(connection) as queries:
            actions.post_message(ada, chat.pk, "Hello")
        return [one.name for one in commands if one.acknowledged], len(queries)

    for chat in (group, private_chat):
        actions.post_message(ada, chat.pk, "Hello")  # from now on the process knows the chat
        assert cost(chat) == (["insert"], 0)
    blocks.block(alan, ada.pk)
    for chat in (group, private_chat):
        assert cost(chat) == (["insert"], 0)


def test_a_page_of_a_refused_chat_says_so(ada: Any, grace: Any, client: Any) -> None:
    blocks.block(ada, grace.pk)
    client.force_login(grace)
    page = client.post(f"/chats/private/{ada.pk}/")
    assert page.status_code == 403
    assert "You can&#x27;t open a chat with this person." in page.content.decode()
    with pytest.raises(Refused):
        actions.create_private_chat(ada, grace.pk)


# Pages -------------------------------------------------------------------------------------------


def test_a_page_of_a_group_folds_the_blocked_one_s_messages_for_the_blocker(
    ada: Any, grace: Any, group: Any, private_chat: Any, client: Any
) -> None:
    for chat in (group, private_chat):
        actions.post_message(grace, chat.pk, "Hello")
    gone, _ = actions.post_message(grace, group.pk, "Gone")
    actions.delete_message(grace, latest(group), gone)
    blocks.block(ada, grace.pk)
    fold, template = '<details class="message__fold"', 1
    for user, chat, folded in ((ada, group, 1), (ada, private_chat, 0), (grace, group, 0)):
        client.force_login(user)
        page = client.get(f"/chats/{chat.pk}/").content.decode()
        assert page.count(fold) == folded + template
        assert ">Hello</div>" in page


def test_pages_refuse_to_block_who_isn_t_in_the_chat(
    ada: Any, grace: Any, stranger: Any, group: Any, client: Any
) -> None:
    client.force_login(ada)
    for user in (stranger, ada):
        page = client.post(f"/chats/{group.pk}/members/{user.pk}/block/")
        assert page.status_code == 403
    client.force_login(stranger)
    assert client.post(f"/chats/{group.pk}/members/{grace.pk}/block/").status_code == 404
    assert not Block.objects.exists()
