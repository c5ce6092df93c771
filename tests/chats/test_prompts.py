"""@ai and @photo: what is a prompt, who answers it, and that it is answered once."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db import OperationalError, connections

from chatproject.jobs import running
from chatproject.jobs.models import EPOCH, Job
from chatproject.jobs.running import run_job
from chatproject.jobs.worker import CONCURRENCY, SIGN
from chatproject.stores.mongodb.documents import now
from chats import actions, events
from chats.actions.prompts import Prompt, parse
from chats.assistant import questions
from chats.assistant.answers import GAVE_UP, USAGE, Answer
from chats.assistant.questions import QUESTION
from chats.models import Chat, Message
from tests import jobs
from tests.provider_server import completion, search_results
from tests.proxy import Proxy
from tests.waiting import wait_for
from tests.worker_process import WorkerProcess

# What is a prompt -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "prompt"),
    [
        ("@ai How does a loom work?", Prompt("ai", "How does a loom work?")),
        ("@photo red bicycle", Prompt("photo", "red bicycle")),
        ("/ai Why?", Prompt("ai", "Why?")),
        ("/photo cats", Prompt("photo", "cats")),
        ("@AI Why?", Prompt("ai", "Why?")),
        ("/Photo Cats", Prompt("photo", "Cats")),
        ("Well, @ai why?", Prompt("ai", "why?")),
        ("Well,\n@ai\nwhy\nso?", Prompt("ai", "why\nso?")),
        ("Well,\u00a0@ai why?", Prompt("ai", "why?")),
        ("@ai: why?", Prompt("ai", "why?")),
        ("@ai, why?", Prompt("ai", "why?")),
        ("@ai @photo cats", Prompt("ai", "@photo cats")),
        ("(@ai what)", Prompt("ai", "what")),
        ("(@ai what is f(x)?) Thanks (all)", Prompt("ai", "what is f(x)?")),
        ("Well [@photo cats] and", Prompt("photo", "cats")),
        ("\u201c@ai what?\u201d", Prompt("ai", "what?")),
        ("'@ai what's up'", Prompt("ai", "what's up")),
        ("\u300c@ai what\u300d", Prompt("ai", "what")),
        ("(@ai what", Prompt("ai", "what")),
        ("@ai! what", Prompt("ai", "what")),
        ("@ai? what", Prompt("ai", "what")),
        ("@AI... what", Prompt("ai", "what")),
        ("@ai; what", Prompt("ai", "what")),
        ("@ai\u2026 what", Prompt("ai", "what")),
        ("@ai", Prompt("ai", "")),
        ("  @photo \n ", Prompt("photo", "")),
    ],
)
def test_a_command_starts_the_message_or_a_word(content, prompt):
    assert parse(content) == prompt


@pytest.mark.parametrize(
    "content",
    [
        *("", "ai why?", "Why, ai?", "ada@ai.com", "me@ai now", "@ai.com", "@aim", "@photos"),
        *(
            "/airport",
            "/ai/x",
            "and/ai x",
            "//ai x",
            "@@ai x",
            "@aı x",
            "@ ai x",
            "@photo.jpg",
            "@ai.!x",
            "(@ai)x",
            "@ai-x",
        ),
    ],
)
def test_what_only_looks_like_a_command_is_none(content):
    assert parse(content) is None


# The bot's answer --------------------------------------------------------------------------------


def ask(user: Any, chat: Chat, content: str, **values: Any) -> Message:
    """A message of this user, as it is stored."""
    message, _ = actions.post_message(user, chat.pk, content, **values)
    return Message.objects.get(pk=message.pk)


def claim(lease: float = 30) -> Job:
    """The question that a worker takes now; there must be one."""
    job = jobs.claim("question", lease=lease)
    assert job is not None
    return job


def answer(job: Job) -> None:
    """What a worker does with a question that it has taken."""
    run_job(QUESTION, job)


def work() -> None:
    """What a worker does, until nothing is due."""
    jobs.run_due()


def job_of(question: Message) -> Job:
    return Job.objects.get(kind="question", key=question.pk.hex)


def answers(chat: Chat) -> list[Message]:
    """The bot's messages, oldest first."""
    bot = get_user_model().objects.bot()
    return list(Message.objects.in_chat(chat.pk).filter(sender_id=bot.pk).oldest_first())


def is_done(question: Message) -> bool:
    is_queued = Message.objects.get(pk=question.pk).answer_due_at is None
    return is_queued and not Job.objects.filter(key=question.pk.hex).exists()


def test_a_question_is_answered_by_a_reply_of_the_bot(provider, ada, group):
    question = ask(ada, group, "Well, @AI how does a loom work?")
    work()

    [answer] = answers(group)
    assert answer.content == "Echo: how does a loom work?"
    assert answer.reply_to == question.pk
    assert (answer.seq, answer.kind) == (2, "text")
    assert is_done(question)


def test_a_photo_is_a_message_with_the_photo_and_a_text_for_those_who_do_not_see_it(
    provider, ada, group, captured_events
):
    heard = captured_events(events.chat_group(group.pk))
    ask(ada, group, "@photo cats")
    work()

    [answer] = answers(group)
    assert answer.kind == "photo"
    assert answer.photo["image_url"].startswith("https://images.unsplash.com/")
    assert answer.content == "Photo: a grey cat on a red sofa"
    assert heard.of_type("text_message")[-1]["photo"] == answer.photo


def test_an_ordinary_message_is_no_work(provider, ada, group):
    ask(ada, group, "Mail me: ada@ai.com")

    assert jobs.claim() is None


@pytest.mark.parametrize("kind", ["ai", "photo"])
def test_a_command_without_words_is_told_how_to_use_it(provider, ada, group, kind):
    ask(ada, group, f"@{kind}")
    work()

    assert [answer.content for answer in answers(group)] == [USAGE[kind]]
    assert provider.requests == []


@pytest.mark.parametrize("content", ["@ai Why?", "@photo cats"])
@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {}, "didn't accept our key"),
        (403, {}, "doesn't allow"),
        (429, {}, "quota"),
        (500, {}, "has a problem"),
        (200, b"<html>", "makes no sense"),
    ],
)
def test_a_providers_failure_is_told_by_the_bot(provider, ada, group, content, status, body, words):
    provider.status, provider.body = status, body
    question = ask(ada, group, content)
    work()

    [answer] = answers(group)
    assert words in answer.content
    assert answer.reply_to == question.pk
    assert is_done(question)


def test_a_missing_key_is_told_by_the_bot(provider, settings, ada, group):
    settings.AI_API_KEY = settings.UNSPLASH_ACCESS_KEY = ""
    ask(ada, group, "@ai Why?")
    ask(ada, group, "@photo cats")
    work()

    first, second = answers(group)
    assert "AI_API_KEY" in first.content
    assert "UNSPLASH_ACCESS_KEY" in second.content


def test_a_provider_that_hangs_is_told_by_the_bot(provider, settings, ada, group):
    settings.AI_TIMEOUT = 0.2
    provider.go_on.clear()
    ask(ada, group, "@ai Why?")
    work()

    assert "didn't answer within" in answers(group)[0].content


def test_no_result_is_told_by_the_bot(provider, ada, group):
    provider.body = search_results()
    ask(ada, group, "@photo qwertz")
    work()

    [answer] = answers(group)
    assert (answer.content, answer.photo) == ("No photo found for “qwertz”.", None)


def test_after_a_fault_of_our_own_it_is_tried_again_later_and_then_told_by_the_bot(
    provider, settings, monkeypatch, ada, group
):
    settings.AI_MODEL = object()  # nothing that JSON can hold
    question = ask(ada, group, "@ai Why?")
    work()
    job = job_of(question)
    assert (job.attempts, job.state, answers(group)) == (1, "waiting", [])
    assert now() < job.due <= now() + timedelta(seconds=running.wait_after(1))

    for _ in range(QUESTION.attempts - 1):
        Job.objects.update(due=now())
        work()
    job = job_of(question)
    assert (job.attempts, job.state) == (QUESTION.attempts, "failed")
    assert "TypeError" in job.error
    assert [answer.content for answer in answers(group)] == [GAVE_UP]


def test_an_answer_of_any_length_is_stored(provider, settings, ada, group):
    provider.body = completion("x" * (settings.MESSAGE_MAX_LENGTH + 1))
    ask(ada, group, "@ai Why?")
    work()

    assert len(answers(group)[0].content) == settings.MESSAGE_MAX_LENGTH


def test_the_bot_does_not_answer_itself(provider, ada, group):
    provider.body = completion("@ai and what do you think?")
    ask(ada, group, "@ai Why?")
    work()

    assert len(answers(group)) == 1
    assert len(provider.requests) == 1


def test_what_was_said_before_by_reply_is_sent_along(provider, ada, grace, group):
    ask(grace, group, "Nothing to do with it.")
    first = ask(ada, group, "@ai Who wrote it?")
    work()
    [answer] = answers(group)
    ask(grace, group, "@ai And when?", reply_to=answer.pk)
    work()

    said = provider.requests[-1].body["messages"][1:]
    assert [(turn["role"], turn["content"]) for turn in said] == [
        ("user", "Who wrote it?"),
        ("assistant", "Echo: Who wrote it?"),
        ("user", "And when?"),
    ]
    assert first.pk == answer.reply_to


# Questions that change while they are at work ----------------------------------------------------


def test_a_deleted_question_is_not_asked(provider, ada, group):
    actions.delete_message(ada, group, ask(ada, group, "@ai Why?"))
    work()

    assert provider.requests == []
    assert answers(group) == []


def test_a_question_deleted_while_at_work_gets_no_answer(provider, ada, group):
    question = ask(ada, group, "@ai Why?")
    taken = claim()
    actions.delete_message(ada, group, question)
    questions.deliver(taken, Prompt("ai", "Why?"), Answer("Because."))

    assert answers(group) == []


def test_a_question_edited_while_at_work_is_asked_as_it_is_now(provider, monkeypatch, ada, group):
    question = ask(ada, group, "@ai Why?")
    deliver = questions.deliver

    def edited_first(*args: Any) -> None:
        monkeypatch.setattr(questions, "deliver", deliver)
        actions.edit_message(ada, group, question, "@ai Why not?")
        deliver(*args)

    monkeypatch.setattr(questions, "deliver", edited_first)
    work()

    assert len(provider.requests) == 2
    assert [answer.content for answer in answers(group)] == ["Echo: Why not?"]
    assert is_done(question)


def test_a_question_that_is_none_any_more_gets_no_answer(provider, ada, group):
    question = ask(ada, group, "@ai Why?")
    actions.edit_message(ada, group, question, "Never mind.")
    work()

    assert provider.requests == []
    assert answers(group) == []
    assert is_done(question)


def test_a_deleted_chat_gets_no_answer(provider, ada, group):
    ask(ada, group, "@ai Why?")
    taken = claim()
    actions.delete_chat(ada, group)
    answer(taken)
    work()

    assert not Message.objects.exists()


def test_someone_who_was_removed_gets_no_answer(provider, ada, grace, group):
    question = ask(grace, group, "@ai Why?")
    actions.remove_member(ada, group, grace.pk)
    work()

    assert provider.requests == []
    assert answers(group) == []
    assert is_done(question)


def test_someone_who_was_removed_while_the_question_was_at_work_gets_no_answer(
    provider, ada, grace, group
):
    ask(grace, group, "@ai Why?")
    taken = claim()
    actions.remove_member(ada, group, grace.pk)
    questions.deliver(taken, Prompt("ai", "Why?"), Answer("Because."))

    assert answers(group) == []


# Once, whatever happens --------------------------------------------------------------------------


def test_a_question_belongs_to_one_worker_until_the_lease_ends(provider, ada, group):
    question = ask(ada, group, "@ai Why?")
    taken = claim()
    assert jobs.claim() is None

    assert job_of(question).due - now() > timedelta(seconds=29)
    Job.objects.update(due=now())
    again = claim()
    assert (again.pk, again.attempts) == (taken.pk, 2)


def test_questions_are_taken_in_the_order_of_asking(provider, ada, grace, alan, group):
    asked = [ask(user, group, "@ai Why?").pk.hex for user in (grace, ada, alan)]

    assert [claim().key for _ in asked] == asked


def test_a_second_worker_that_queues_the_same_question_late_asks_nobody(
    monkeypatch, provider, ada, group
):
    question = ask(ada, group, "@ai Why?")
    rows = questions.unqueued()
    work()
    assert is_done(question)
    monkeypatch.setattr(questions, "unqueued", lambda: rows)  # read before
    questions.find_questions()
    monkeypatch.undo()
    assert job_of(question).state == "waiting"
    asked = len(provider.requests)
    answer(claim())

    assert len(provider.requests) == asked == 1
    assert len(answers(group)) == 1
    assert is_done(question)


def test_two_workers_give_one_answer(provider, ada, group):
    question = ask(ada, group, "@ai Why?")
    first = claim(lease=0)
    second = claim()
    provider.body = completion("First.")
    answer(first)
    # The second had looked for an answer before the first was stored.
    questions.deliver(second, Prompt("ai", "Why?"), Answer("Second."))

    assert [answer.content for answer in answers(group)] == ["First."]
    assert Chat.objects.get(pk=group.pk).last_seq == 2
    assert Message.objects.get(pk=question.pk).seq == 1


def test_an_answer_that_was_stored_before_the_worker_ended_is_not_asked_for_again(
    provider, ada, group
):
    question = ask(ada, group, "@ai Why?")
    taken = claim()
    questions.answer(taken)  # and the worker is gone
    Job.objects.update(due=now())
    work()

    assert len(provider.requests) == 1
    assert len(answers(group)) == 1
    assert is_done(question)


def test_a_question_that_ends_every_worker_is_given_up(provider, ada, group):
    question = ask(ada, group, "@ai Why?")
    for _ in range(QUESTION.attempts):
        claim(lease=0)  # and the worker is gone
    last = claim()
    assert jobs.claim() is None
    answer(last)

    assert [answer.content for answer in answers(group)] == [GAVE_UP]
    assert provider.requests == []
    assert job_of(question).error == "3 workers ended while they did it."
    assert jobs.claim() is None


def test_a_released_question_is_taken_again_as_if_for_the_first_time(provider, ada, group):
    ask(ada, group, "@ai Why?")
    Job.objects.release(claim())

    assert claim().attempts == 1


def test_looking_for_questions_reads_the_index_of_those_only(provider, ada, group):
    for number in range(20):
        ask(ada, group, f"Message {number}")
    ask(ada, group, "@ai Why?")
    query = {"answer_due_at": {"$gt": EPOCH}}
    find = {"find": Message._meta.db_table, "filter": query, "sort": {"answer_due_at": 1}}
    plan = connections["chat"].database.command("explain", find)

    assert "message_answer_due" in str(plan["queryPlanner"]["winningPlan"])
    assert plan["executionStats"]["totalKeysExamined"] <= 2


# The process -------------------------------------------------------------------------------------


@pytest.fixture
def start_worker(transactional_db: None, provider: Any) -> Iterator[Callable[..., WorkerProcess]]:
    """A function that starts a worker process; keywords are environment variables."""
    started: list[WorkerProcess] = []

    def start(**environment: str) -> WorkerProcess:
        worker = WorkerProcess(provider, len(started), **environment)
        started.append(worker)
        worker.wait_until_ready()
        return worker

    yield start
    provider.go_on.set()
    for worker in started:
        if worker.is_running():
            worker.kill()


def wait_for_answers(chat: Chat, count: int) -> list[Message]:
    wait_for(lambda: len(answers(chat)) >= count, 20, f"for {count} answers")
    return answers(chat)


def wait_for_requests(provider: Any, count: int) -> None:
    wait_for(lambda: len(provider.requests) >= count, 20, f"for {count} requests")


def test_the_bot_is_seen_typing_until_it_answers(
    start_worker, provider, ada, group, captured_events
):
    start_worker()
    heard = captured_events(events.chat_group(group.pk))
    provider.go_on.clear()
    asked_at = time.monotonic()
    ask(ada, group, "@ai Why?")
    signs = heard.wait_for("typing_indicator", 2)  # again while it waits
    assert time.monotonic() - asked_at >= SIGN
    assert [sign["is_typing"] for sign in signs] == [True, True]
    assert signs[0]["user_id"] == get_user_model().objects.bot().pk

    provider.go_on.set()
    wait_for_answers(group, 1)
    wait_for(lambda: not heard.of_type("typing_indicator")[-1]["is_typing"], what="for the end")


def test_several_questions_are_at_work_at_once(start_worker, provider, person, ada):
    start_worker()
    provider.go_on.clear()
    people = [person(f"person{number}") for number in range(CONCURRENCY + 1)]
    group = actions.create_group(ada, "Askers", [user.pk for user in people])
    for number, user in enumerate(people):
        ask(user, group, f"@ai {number}")
    wait_for_requests(provider, CONCURRENCY)
    assert answers(group) == []

    provider.go_on.set()
    given = wait_for_answers(group, CONCURRENCY + 1)
    assert sorted(answer.content for answer in given) == [
        f"Echo: {number}" for number in range(CONCURRENCY + 1)
    ]


def test_a_killed_workers_question_is_answered_once_by_another(start_worker, provider, ada, group):
    first = start_worker(JOB_LEASE="2")
    provider.go_on.clear()
    question = ask(ada, group, "@ai Why?")
    wait_for_requests(provider, 1)
    first.kill()
    assert not is_done(question)

    provider.go_on.set()
    start_worker()
    wait_for_answers(group, 1)
    wait_for(lambda: is_done(question), what="for the end of the work")
    assert len(answers(group)) == 1
    assert len(provider.requests) == 2
    assert Chat.objects.get(pk=group.pk).last_seq == 2


def test_a_worker_that_is_told_to_stop_finishes_what_it_can(start_worker, provider, ada, group):
    worker = start_worker()
    provider.go_on.clear()
    ask(ada, group, "@ai Why?")
    wait_for_requests(provider, 1)
    worker.tell_to_stop()
    provider.go_on.set()

    assert worker.wait_for_end() == 0
    assert len(answers(group)) == 1


def test_a_worker_that_is_told_to_stop_releases_what_it_cannot_finish(
    start_worker, provider, ada, group
):
    worker = start_worker()
    provider.go_on.clear()
    question = ask(ada, group, "@ai Why?")
    wait_for_requests(provider, 1)
    worker.tell_to_stop()

    assert worker.wait_for_end() == 0
    job = job_of(question)
    assert (job.state, job.attempts) == ("waiting", 0)
    assert job.due <= now()


def test_what_is_tried_again_gets_another_connection_to_sql(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []

    def work() -> None:
        done.append("tried")
        if len(done) == 1:
            raise OperationalError("the connection is closed")

    monkeypatch.setattr(running.db, "close_old_connections", lambda: done.append("closed"))
    running.patiently(work, Job(due=now() + timedelta(seconds=10)))
    assert done == ["tried", "closed", "tried"]


async def test_a_worker_keeps_its_answer_while_mongodb_is_away(
    start_worker, provider, settings, ada, group
):
    do = sync_to_async
    address = settings.DATABASES["chat"]["HOST"]
    port = address.split("127.0.0.1:")[1].split("/")[0]
    async with Proxy(lambda: [int(port)]) as proxy:
        worker = await do(start_worker)(MONGODB_URI=address.replace(port, str(proxy.port)))
        provider.go_on.clear()
        await do(ask)(ada, group, "@ai Why?")
        await do(wait_for_requests)(provider, 1)
        proxy.is_open = False
        assert proxy.cut()
        provider.go_on.set()
        await do(worker.wait_for_output)("can't be stored now", 20)
        await do(worker.wait_for_output)("MongoDB is away", 20)
        proxy.is_open = True

        await do(wait_for_answers)(group, 1)
        await do(ask)(ada, group, "@ai And now?")
        await do(wait_for_answers)(group, 2)
    assert len(provider.requests) == 2
