"""Pinned messages, and what messages said before they were edited."""

from __future__ import annotations

from typing import Any

import pytest

from chats import actions, events
from chats.actions.deleted_chats import remove_rows
from chats.errors import Refused
from chats.explain.recorder import recorded
from chats.models import Chat, Message, log
from chats.protocol import MOST_FORMER_TEXTS, MOST_PINS
from users.models import Block

pytestmark = pytest.mark.django_db


def latest(chat: Chat) -> Chat:
    return Chat.objects.get(pk=chat.pk)


def url(chat: Chat, message: Message | None = None, what: str = "pins") -> str:
    of = f"/messages/{message.pk}" if message else ""
    return f"/api/v1/chats/{chat.pk}{of}/{what}"


@pytest.fixture
def said(group: Any, ada: Any, grace: Any) -> list[Message]:
    """Three messages, of ada, grace and ada."""
    people = (ada, grace, ada)
    return [actions.post_message(user, group.pk, f"No {n}")[0] for n, user in enumerate(people)]


# Pins --------------------------------------------------------------------------------------------


def test_pins_are_listed_latest_first_and_told_live(
    said: list[Message], group: Any, ada: Any, grace: Any, api: Any, captured_events: Any
) -> None:
    told = captured_events(events.chat_group(group.pk))
    pinned = api(ada).post(url(group, said[0], "pin"))
    assert pinned.status_code == 200
    assert pinned.json()["pinned_by"] == ada.pk
    actions.pin_message(ada, latest(group), said[1])
    answer = api(grace).get(url(group)).json()
    assert answer["count"] == 2
    assert [row["content"] for row in answer["results"]] == ["No 1", "No 0"]
    assert answer["results"][1]["pinned_at"] == pinned.json()["pinned_at"]
    page = api(grace).get(url(group) + "?limit=1&offset=1").json()
    assert [row["content"] for row in page["results"]] == ["No 0"]
    counts = [(one["pin_count"], one["rev"]) for one in told.of_type("message_pinned")]
    assert counts == [(1, 4), (2, 5)]
    assert api(grace).get(f"/api/v1/chats/{group.pk}").json()["pin_count"] == 2
    # Once is enough, and nobody is told twice.
    assert (
        api(ada).post(url(group, said[0], "pin")).json()["pinned_at"]
        == (pinned.json()["pinned_at"])
    )
    assert len(told.of_type("message_pinned")) == 2


def test_who_may_delete_the_messages_of_others_may_pin_and_nobody_else(
    said: list[Message], group: Any, ada: Any, grace: Any
) -> None:
    with pytest.raises(Refused):
        actions.pin_message(grace, group, said[1])
    assert latest(group).pin_count == 0
    actions.set_permissions(ada, latest(group), grace.pk, can_delete_other_messages=True)
    assert actions.pin_message(grace, latest(group), said[0]).pinned_by == grace.pk
    actions.set_permissions(ada, latest(group), grace.pk, can_delete_other_messages=False)
    with pytest.raises(Refused):
        actions.unpin_message(grace, latest(group), said[0])


def test_in_a_private_chat_both_pin_unless_one_blocks_the_other(
    private_chat: Any, ada: Any, grace: Any, api: Any
) -> None:
    message, _ = actions.post_message(ada, private_chat.pk, "Tea at four")
    pin = url(private_chat, message, "pin")
    assert api(grace).post(pin).status_code == 200
    assert api(ada).delete(pin).status_code == 204
    assert api(ada).put(f"/api/v1/users/me/blocks/{grace.pk}").status_code == 204
    assert Block.objects.between(ada.pk, grace.pk)
    assert api(grace).post(pin).status_code == 403


def test_a_chat_has_at_most_fifty_pins_whoever_pins_at_once(group: Any, ada: Any, api: Any) -> None:
    messages = [actions.post_message(ada, group.pk, f"No {n}")[0] for n in range(MOST_PINS + 1)]
    for message in messages[:-1]:
        actions.pin_message(ada, group, message)
    rev = log.head(group.pk).rev
    refused = api(ada).post(url(group, messages[-1], "pin"))
    assert refused.status_code == 400
    assert "at most 50" in refused.json()["message_id"][0]
    assert (log.head(group.pk).rev, latest(group).pin_count) == (rev, MOST_PINS)
    assert api(ada).delete(url(group, messages[0], "pin")).status_code == 204
    assert api(ada).post(url(group, messages[-1], "pin")).status_code == 200
    assert Message.objects.filter(pinned_by=ada.pk).count() == MOST_PINS


def test_a_deleted_message_loses_its_pin_and_gets_none(
    said: list[Message], group: Any, ada: Any, api: Any, captured_events: Any
) -> None:
    actions.pin_message(ada, group, said[0])
    before = latest(group)
    told = captured_events(events.chat_group(group.pk))
    assert api(ada).delete(url(group, said[0], "").rstrip("/")).status_code == 204
    assert told.types() == ["message_deleted", "message_pinned"]
    [unpinned] = told.of_type("message_pinned")
    assert (unpinned["pinned_at"], unpinned["pin_count"]) == (None, 0)
    assert unpinned["rev"] == before.last_rev + 2 == log.head(group.pk).rev
    assert api(ada).get(url(group)).json()["count"] == latest(group).pin_count == 0
    assert api(ada).post(url(group, said[0], "pin")).status_code == 403


def test_whoever_was_away_gets_pins_by_catching_up(
    said: list[Message], group: Any, ada: Any, api: Any
) -> None:
    rev = log.head(group.pk).rev
    actions.pin_message(ada, group, said[2])
    missed = api(ada).get(f"/api/v1/chats/{group.pk}/messages?changed_after={rev}").json()
    assert [row["pinned_by"] for row in missed["results"]] == [ada.pk]
    assert (missed["chat"]["pin_count"], missed["last_rev"]) == (1, rev + 1)


# Edits -------------------------------------------------------------------------------------------


def test_former_texts_are_kept_with_their_times(
    said: list[Message], group: Any, ada: Any, api: Any
) -> None:
    for text in ("Once", "Twice"):
        message = Message.objects.get(pk=said[0].pk)
        actions.edit_message(ada, group, message, text)
    answer = api(ada).get(url(group, said[0], "edits")).json()
    assert answer["count"] == 2
    first, second = answer["results"]
    assert (first["content"], second["content"]) == ("No 0", "Once")
    assert first["replaced_at"] == second["written_at"]
    sent = api(ada).get(url(group, said[0], "").rstrip("/")).json()
    assert (first["written_at"], sent["content"]) == (sent["created_at"], "Twice")
    assert api(ada).get(url(group, said[2], "edits")).json()["results"] == []


def test_only_its_author_and_moderators_see_the_edits_of_a_message(
    said: list[Message], group: Any, ada: Any, grace: Any, alan: Any, api: Any
) -> None:
    actions.edit_message(grace, group, said[1], "Better")
    for user, code in ((grace, 200), (ada, 200), (alan, 403)):
        assert api(user).get(url(group, said[1], "edits")).status_code == code
    actions.set_permissions(ada, latest(group), alan.pk, can_delete_other_messages=True)
    assert api(alan).get(url(group, said[1], "edits")).json()["count"] == 1


def test_nobody_else_is_told_a_former_text(
    said: list[Message], group: Any, ada: Any, grace: Any, api: Any, captured_events: Any
) -> None:
    told = captured_events(events.chat_group(group.pk))
    actions.edit_message(ada, group, said[0], "Now")
    assert "No 0" in str(log.rows().find_one({"kind": "message_edited"}))  # it is stored
    missed = api(grace).get(f"/api/v1/chats/{group.pk}/messages?changed_after=3")
    assert (missed.json()["count"], "No 0" in missed.content.decode()) == (1, False)
    assert "No 0" not in str(told.all())
    assert "former" not in log.after(group.pk, 0, 100)[-1]


def test_a_deletion_takes_the_former_texts_too(
    said: list[Message], group: Any, ada: Any, api: Any
) -> None:
    actions.edit_message(ada, group, said[0], "Now")
    assert log.rows().count_documents({"former": "No 0"}) == 1
    actions.delete_message(ada, group, Message.objects.get(pk=said[0].pk))
    assert log.rows().count_documents({"former": {"$type": "string"}}) == 0
    assert api(ada).get(url(group, said[0], "edits")).json()["results"] == []


def test_a_deleted_chat_takes_former_texts_and_pins(
    said: list[Message], group: Any, ada: Any
) -> None:
    actions.edit_message(ada, group, said[0], "Now")
    actions.pin_message(ada, latest(group), said[0])
    actions.delete_chat(ada, latest(group))
    remove_rows(group.pk)
    assert log.rows().count_documents({}) > 0  # the numbers are kept for a while
    assert log.rows().count_documents({"former": {"$exists": True}}) == 0
    assert log.rows().count_documents({"pinned_at": {"$ne": None}}) == 0


def test_of_many_edits_the_latest_are_kept(said: list[Message], group: Any, ada: Any) -> None:
    message = said[0]
    for number in range(MOST_FORMER_TEXTS + 3):
        message = actions.edit_message(ada, group, message, f"Text {number}")
    texts = actions.former_texts(ada, group, Message.objects.get(pk=message.pk))
    assert len(texts) == MOST_FORMER_TEXTS
    assert (texts[0].content, texts[-1].content) == ("Text 2", "Text 101")
    assert log.rows().count_documents({"former": {"$type": "string"}}) == MOST_FORMER_TEXTS


def test_long_texts_come_in_answers_of_a_mebibyte_that_lead_on(
    said: list[Message], group: Any, ada: Any, api: Any
) -> None:
    message = said[0]
    for number in range(30):
        message = actions.edit_message(ada, group, message, f"{number} " + "\U0001f9f5" * 9_990)
    page = api(ada).get(url(group, message, "edits"))
    assert 0 < len(page.content) < 1024 * 1024 + 50_000
    shown = len(page.json()["results"])
    assert (page.json()["count"], shown < 30) == (30, True)
    following = api(ada).get(page.json()["next"]).json()["results"]
    assert following[0]["written_at"] == page.json()["results"][-1]["replaced_at"]


def test_pins_are_read_from_their_index_and_nothing_else(
    said: list[Message], group: Any, ada: Any
) -> None:
    actions.pin_message(ada, group, said[0])
    with recorded() as commands:
        assert len(Message.objects.pins(group, ada.pk)) == 1
    plan = commands[0].explain()
    assert (plan.indexes, plan.sorts) == (("message_pinned",), False)
    assert (plan.keys, plan.documents, plan.returned) == (1, 1, 1)
