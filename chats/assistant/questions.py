"""Questions to the bot: each is a job, answered once.

A message with a prompt is stored with `answer_due_at`, in the same write, so no question is lost.
The worker makes a job of it. The answer's `client_id` ensures that there is only one.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection
from contextlib import closing
from datetime import UTC

from chatproject.jobs.kinds import Again, Kind
from chatproject.jobs.models import Job
from chatproject.jobs.running import patiently
from chatproject.stores.mongodb.documents import Document
from chatproject.stores.outages import deadline
from chats import actions
from chats.actions.prompts import Prompt, parse
from chats.models import Chat, Message
from chats.models.log import EPOCH

from .answers import GAVE_UP, Answer, answers_to, joined
from .writing import Writing, answer_of, end, finish

logger = logging.getLogger(__name__)

PROVIDERS = "providers"  # the lane of calls to them, and what a person may do one of at a time
FOUND_AT_ONCE = 100


def find_questions() -> None:
    """Make jobs of the questions that are none yet, in the order of asking.

    Two workers, or one that dies in between, may do so twice; the key makes it one job.
    """
    for row in unqueued():
        QUESTION.add(
            row["_id"],
            {"chat_id": row["chat_id"]},
            person_id=row["sender_id"],
            due=row["answer_due_at"].replace(tzinfo=UTC),
        )
        Message.objects.collection().update_one(row, {"$set": {"answer_due_at": None}})


def unqueued() -> list[Document]:
    """The questions that are no jobs yet, up to `FOUND_AT_ONCE` of them."""
    wanted = {"chat_id": 1, "sender_id": 1, "answer_due_at": 1}
    found = Message.objects.collection().find({"answer_due_at": {"$gt": EPOCH}}, wanted)
    return list(found.sort("answer_due_at", 1).limit(FOUND_AT_ONCE))


def answer(job: Job) -> None:
    """Answer a question once, if an answer is still wanted."""
    with deadline():
        question = wanted(job)
        if question is None or _is_answered(question):
            return
    prompt = parse(question.content)
    if prompt is None:
        return
    writing = Writing(question, lambda: _still_asks(job, prompt))
    with closing(answers_to(question, prompt)) as growing:
        for given in growing:
            if not writing.show(given):
                break
    # To avoid asking twice, an answer that can't be stored now is kept as long as the lease.
    patiently(lambda: deliver(job, prompt, given), job)


def give_up(job: Job) -> None:
    """Say that there is no answer, or no more of it."""
    with deadline():
        begun = answer_of(*_ids(job))
        if question := wanted(job):
            end(question, Answer(joined(begun.content if begun else "", GAVE_UP)))
        elif begun:
            finish(begun, Answer(begun.content))


def deliver(job: Job, prompt: Prompt, given: Answer) -> None:
    """Store and announce the whole answer, unless the question was deleted meanwhile.

    An answer that is seen already ends there. Raises `Again` if it is another question now.
    """
    question = wanted(job)
    if question is None:
        if begun := answer_of(*_ids(job)):
            finish(begun, Answer(begun.content))
        return
    if parse(question.content) != prompt:
        raise Again
    end(question, given)


def wanted(job: Job) -> Message | None:
    """The question, if it still exists and its sender is still in the chat."""
    chat_id, message_id = _ids(job)
    question: Message | None = Message.objects.in_chat(chat_id).filter(pk=message_id).first()
    if question is None or question.deleted_at:
        return None
    chats = Chat.objects.filter(member_ids__contains=[question.sender_id])
    return question if chats.filter(pk=chat_id).exists() else None


def _ids(job: Job) -> tuple[uuid.UUID, uuid.UUID]:
    """Those of the chat and of the question."""
    return uuid.UUID(job.payload["chat_id"]), uuid.UUID(job.key)


def _still_asks(job: Job, prompt: Prompt) -> bool:
    question = wanted(job)
    return question is not None and parse(question.content) == prompt


def _is_answered(question: Message) -> bool:
    """Whether a worker stored the answer but died before it had finished the job."""
    found = answer_of(question.chat_id, question.pk)
    return found is not None and not found.is_streaming


def show(job: Job, others: Collection[Job], *, is_at_work: bool) -> None:
    """Show the bot typing in a chat while any of its questions are being worked on."""
    chat_id = job.payload["chat_id"]
    if is_at_work or chat_id not in {other.payload["chat_id"] for other in others}:
        actions.bot_typing(uuid.UUID(chat_id), is_at_work)


QUESTION = Kind(
    "question",
    answer,
    lane=PROVIDERS,
    attempts=3,
    is_one_each=True,
    give_up=give_up,
    find=find_questions,
    show=show,
)
