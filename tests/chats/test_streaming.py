"""Answers of the bot that are shown while they are written."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from chatproject.jobs.running import run_job
from chats import actions, events
from chats.assistant import ai, before, writing
from chats.assistant.ai import Turn
from chats.assistant.answers import GAVE_UP
from chats.assistant.providers import ProviderError
from chats.assistant.questions import QUESTION, give_up
from chats.models import Chat, Message, log
from tests import jobs
from tests.waiting import wait_for

from .files import sent

PIECES = ["A loom", " crosses", " threads."]


@pytest.fixture
def streaming(provider: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The provider, which lets go of a piece with each `let_go.release()`; all are shown."""
    monkeypatch.setattr(writing, "PACE", 0.0)
    provider.pieces = list(PIECES)
    return provider


def ask(user: Any, chat: Chat, content: str, **values: Any) -> Message:
    message, _ = actions.post_message(user, chat.pk, content, **values)
    return message


def answer_of(chat: Chat) -> Message | None:
    bot = get_user_model().objects.bot()
    found: Message | None = Message.objects.in_chat(chat.pk).filter(sender_id=bot.pk).first()
    return found


def content_of(chat: Chat) -> str:
    found = answer_of(chat)
    return found.content if found else ""


@pytest.fixture
def at_work(transactional_db: None, streaming: Any) -> Iterator[Any]:
    """A function: a worker's thread that does the job that is due."""
    started: list[threading.Thread] = []

    def start() -> threading.Thread:
        from django.db import connections

        job = jobs.claim("question", lease=30)
        assert job is not None

        def work() -> None:
            run_job(QUESTION, job)
            connections.close_all()

        thread = threading.Thread(target=work)
        thread.start()
        started.append(thread)
        return thread

    yield start
    streaming.let_go.release(100)
    for thread in started:
        thread.join(20)
        assert not thread.is_alive()


# The client --------------------------------------------------------------------------------------


def test_an_answer_grows(streaming):
    streaming.let_go.release(3)
    assert list(ai.stream("Why?")) == [
        "A loom",
        "A loom crosses",
        "A loom crosses threads.",
        "A loom crosses threads.",
    ]
    [request] = streaming.asked("/chat/completions")
    assert request.body["stream"] is True


def test_a_provider_that_does_not_stream_answers_at_once(provider):
    assert list(ai.stream("Why?")) == ["Echo: Why?"]


def test_an_answer_that_breaks_off_was_seen_until_there(streaming):
    streaming.breaks_off = True
    streaming.let_go.release(3)
    growing = ai.stream("Why?")
    assert [next(growing) for _ in PIECES][-1] == "A loom crosses threads."
    with pytest.raises(ProviderError, match="can't be reached"):
        next(growing)


def test_a_stream_that_takes_too_long_ends(streaming, settings):
    settings.AI_TIMEOUT = 1
    streaming.let_go.release(1)
    growing = ai.stream("Why?")
    assert next(growing) == "A loom"
    with pytest.raises(ProviderError, match="didn't answer within 1 seconds"):
        next(growing)


def test_a_stream_longer_than_a_message_is_cut_and_left(streaming, settings):
    settings.MESSAGE_MAX_LENGTH = 100
    streaming.pieces = ["x" * 60] * 1000
    streaming.let_go.release(1000)
    *_, last = ai.stream("Why?")
    assert len(last) <= 100
    assert last.endswith(ai.CUT_MARK[:99][-10:])


@pytest.mark.parametrize("pieces", [["\x00"], ["  ", "\n"]])
def test_an_empty_stream_is_told_as_such(streaming, pieces):
    streaming.pieces = pieces
    streaming.let_go.release(10)
    with pytest.raises(ProviderError, match="empty"):
        list(ai.stream("Why?"))


# The message -------------------------------------------------------------------------------------


def test_an_answer_is_seen_as_it_grows_and_its_end_is_one_change(
    at_work, streaming, ada, group, captured_events
):
    heard = captured_events(events.chat_group(group.pk))
    ask(ada, group, "@ai Why?")
    before_it = Chat.objects.get(pk=group.pk).last_rev
    thread = at_work()
    streaming.let_go.release()
    wait_for(lambda: content_of(group) == "A loom", 10, "for the first piece")
    begun = answer_of(group)
    assert begun is not None
    assert begun.is_streaming
    streaming.let_go.release(2)
    thread.join(10)

    ended = answer_of(group)
    assert ended is not None
    assert (ended.content, ended.is_streaming) == ("A loom crosses threads.", False)
    assert ended.edited_at is None
    first, last = [told for told in heard.of_type("text_message") if told["seq"] == 2]
    assert (first["is_streaming"], last["is_streaming"]) == (True, False)
    assert (first["rev"], last["rev"]) == (before_it + 1, before_it + 2)
    assert last["content"] == "A loom crosses threads."
    grown = [told["content"] for told in heard.of_type("message_progress")]
    assert grown[-1] == "A loom crosses threads."
    assert all(told["seq"] == 2 for told in heard.of_type("message_progress"))


def test_an_answer_is_shown_at_most_twice_a_second(
    at_work, streaming, ada, group, monkeypatch, captured_events
):
    monkeypatch.setattr(writing, "PACE", 0.5)
    heard = captured_events(events.chat_group(group.pk))
    streaming.let_go.release(100)
    streaming.pieces = ["x"] * 100
    ask(ada, group, "@ai Why?")
    at_work().join(10)

    assert content_of(group) == "x" * 100
    assert len(heard.of_type("message_progress")) <= 2 + 1


def test_who_asked_stops_the_answer(at_work, streaming, ada, grace, group, api):
    ask(grace, group, "@ai Why?")
    thread = at_work()
    streaming.let_go.release()
    wait_for(lambda: content_of(group) == "A loom", 10, "for the first piece")
    answer = answer_of(group)
    assert answer is not None
    path = f"/api/v1/chats/{group.pk}/messages/{answer.pk}/stop"
    alan = get_user_model().objects.get(username="alan")
    refused = api(alan).post(path)
    assert refused.status_code == 403
    assert "Only who asked" in refused.json()["detail"]
    assert api(grace).post(path).status_code == 204
    assert api(ada).post(path).status_code == 204  # the owner may delete it, so may stop it

    streaming.let_go.release()  # no more than this piece
    thread.join(10)
    ended = answer_of(group)
    assert ended is not None
    assert (ended.content, ended.is_streaming) == ("A loom crosses", False)
    assert api(alan).post(path).status_code == 204  # there is nothing to stop


def test_an_answer_that_is_deleted_meanwhile_says_no_more(at_work, streaming, ada, group):
    ask(ada, group, "@ai Why?")
    thread = at_work()
    streaming.let_go.release()
    wait_for(lambda: content_of(group) == "A loom", 10, "for the first piece")
    answer = answer_of(group)
    assert answer is not None
    actions.delete_message(ada, group, answer)
    streaming.let_go.release(2)
    thread.join(10)

    ended = answer_of(group)
    assert ended is not None
    assert ended.deleted_at
    assert (ended.content, ended.is_streaming) == ("", False)


def test_an_answer_in_a_deleted_chat_says_no_more(ada, group, captured_events):
    question = ask(ada, group, "@ai What?")
    begun = actions.post_bot_message(question, "A loom", client_id="answer", is_streaming=True)
    actions.delete_chat(ada, group)
    jobs.run_due("deletions")
    told = captured_events(events.chat_group(group.pk))
    assert not actions.grow_message(begun, "A loom crosses")
    assert told.all() == []
    assert "loom" not in str(log.after(group.pk, 0, 10))


def test_a_question_that_is_deleted_meanwhile_leaves_what_was_seen(at_work, streaming, ada, group):
    question = ask(ada, group, "@ai Why?")
    thread = at_work()
    streaming.let_go.release()
    wait_for(lambda: content_of(group) == "A loom", 10, "for the first piece")
    actions.delete_message(ada, group, Message.objects.get(pk=question.pk))
    streaming.let_go.release(2)
    thread.join(10)

    ended = answer_of(group)
    assert ended is not None
    assert ended.content.startswith("A loom")
    assert not ended.is_streaming


def test_another_worker_ends_what_a_dead_one_has_begun(at_work, streaming, ada, group):
    question = ask(ada, group, "@ai Why?")
    begun = actions.post_bot_message(
        question, "A lo", client_id=f"answer:{question.pk}", is_streaming=True
    )
    streaming.let_go.release(3)
    at_work().join(10)

    ended = answer_of(group)
    assert ended is not None
    assert ended.pk == begun.pk
    assert (ended.content, ended.is_streaming) == ("A loom crosses threads.", False)
    assert Chat.objects.get(pk=group.pk).last_seq == 2


def test_what_is_given_up_says_so_below_what_was_seen(at_work, streaming, ada, group):
    question = ask(ada, group, "@ai Why?")
    actions.post_bot_message(
        question, "A loom", client_id=f"answer:{question.pk}", is_streaming=True
    )
    job = jobs.claim("question", lease=30)
    assert job is not None
    give_up(job)

    ended = answer_of(group)
    assert ended is not None
    assert (ended.content, ended.is_streaming) == (f"A loom\n\n{GAVE_UP}", False)


def test_an_answer_that_breaks_off_ends_with_why(at_work, streaming, ada, group):
    streaming.breaks_off = True
    streaming.let_go.release(3)
    ask(ada, group, "@ai Why?")
    at_work().join(10)
    assert content_of(group).startswith("A loom crosses threads.\n\nThe AI provider")


# What it reads -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_last_messages_are_read_where_the_owner_lets_them_be(ada, grace, group, settings):
    settings.AI_HISTORY = 3
    for number in range(4):
        ask(grace, group, f"Said {number}")
    deleted = ask(grace, group, "Gone")
    actions.delete_message(grace, group, Message.objects.get(pk=deleted.pk))
    question = ask(ada, group, "@ai Why?")
    assert before.said_before(question) == []

    actions.change_access(ada, group, assistant_sees_history=True)
    turns = before.said_before(question)
    assert turns == [
        Turn("user", "Grace Hopper: Said 2"),
        Turn("user", "Grace Hopper: Said 3"),
    ]


@pytest.mark.django_db
def test_nothing_is_read_that_who_asks_does_not_see(ada, grace, group, stranger):
    actions.change_access(ada, group, assistant_sees_history=True, history_for_new_members=False)
    group.refresh_from_db()
    ask(grace, group, "Before")
    actions.add_members(ada, group, [stranger.pk])
    ask(grace, group, "After")
    sent(grace, group)  # a file without a word
    question = ask(stranger, group, "@ai Why?")
    assert before.said_before(question) == [Turn("user", "Grace Hopper: After")]
    actions.remove_member(ada, Chat.objects.get(pk=group.pk), stranger.pk)
    assert before.said_before(question) == []


@pytest.mark.django_db
def test_only_the_owner_lets_the_assistant_read(ada, grace, group, api):
    path = f"/api/v1/chats/{group.pk}"
    body = {"assistant_sees_history": True}
    assert api(grace).patch(path, body).status_code == 403
    answer = api(ada).patch(path, body)
    assert answer.status_code == 200
    assert answer.json()["assistant_sees_history"] is True
    assert api(ada).patch(path, {"assistant_sees_history": "x"}).status_code == 400
