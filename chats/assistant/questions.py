"""Questions to the bot: taken by one worker at a time, answered once.

A message with a prompt is stored with `answer_due_at`, so the work is never lost and needs no
separate queue. Taking a question moves `answer_due_at` on by a lease; if the process dies, the
question is due again when the lease ends. The answer's `client_id` ensures that there is only one.
"""

import logging
import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from django import db
from django.conf import settings
from django.contrib.auth import get_user_model
from pymongo import ReturnDocument

from chatproject.jobs.worker import RETRY_DELAY, RETRY_MAX_DELAY, STORE_AWAY
from chatproject.stores.mongodb.documents import now
from chatproject.stores.outages import deadline
from chats import actions
from chats.actions.prompts import Prompt, parse
from chats.models import Chat, Message
from chats.models.log import EPOCH

from .answers import BROKEN, GAVE_UP, Answer, answer_to

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3


def claim() -> Message | None:
    """Take the question that is due longest, for the time of a lease."""
    moment = now()
    due = {
        "answer_due_at": {"$gt": EPOCH, "$lte": moment},
        # One more than the number of tries: the last says that we give up.
        "answer_attempts": {"$not": {"$gt": MAX_ATTEMPTS}},
    }
    lease = {
        "$set": {"answer_due_at": moment + timedelta(seconds=settings.ANSWER_LEASE)},
        "$inc": {"answer_attempts": 1},
    }
    messages, keys = Message.objects.collection(), {"chat_id": 1}
    # Found first, because a sharded cluster changes one document only by its chat.
    while found := messages.find_one(due, keys, sort=[("answer_due_at", 1)]):
        taken = messages.find_one_and_update(
            {**found, **due}, lease, return_document=ReturnDocument.AFTER
        )
        if taken:  # else another worker was faster
            return Message.objects.all().from_document(taken)
    return None


def finish(question: Message) -> None:
    """Mark a question as done."""
    _change_claim(question, {"$set": {"answer_due_at": None}})


def release(question: Message) -> None:
    """Let another worker take this question now, as if we had never taken it."""
    _change_claim(question, {"$set": {"answer_due_at": now()}, "$inc": {"answer_attempts": -1}})


def ask_again(question: Message) -> None:
    """Make an edited question due again, as a new one."""
    _change_claim(question, {"$set": {"answer_due_at": now(), "answer_attempts": 0}})


def _change_claim(question: Message, update: dict[str, Any]) -> None:
    """Update a question unless our lease has ended and another worker has taken it."""
    Message.objects.collection().update_one(
        {
            "_id": question.pk.hex,
            "chat_id": question.chat_id.hex,
            "answer_due_at": question.answer_due_at,
        },
        update,
    )


def answer(question: Message) -> None:
    """Answer a claimed question once, if an answer is still wanted."""
    prompt = parse(question.content)
    with deadline():
        if prompt is None or not _is_wanted(question) or _is_answered(question):
            finish(question)
            return
    given = _safe_answer(question, prompt)
    # To avoid asking twice, an answer that can't be stored now is kept as long as our lease.
    _patiently(lambda: deliver(question, prompt, given), question.answer_due_at)


def _safe_answer(question: Message, prompt: Prompt) -> Answer:
    if question.answer_attempts > MAX_ATTEMPTS:
        return Answer(GAVE_UP)
    try:
        return answer_to(question, prompt)
    except STORE_AWAY:
        raise
    except Exception:
        logger.exception("No answer to message %s.", question.pk)
        return Answer(BROKEN)


def deliver(question: Message, prompt: Prompt, given: Answer) -> None:
    """Store and announce the answer, unless the question was deleted or changed meanwhile."""
    current = Message.objects.in_chat(question.chat_id).filter(pk=question.pk).first()
    if current is None or not _is_wanted(current):
        finish(question)
    elif parse(current.content) != prompt:
        ask_again(question)
    else:
        _post(question, given)
        finish(question)


def _post(question: Message, given: Answer) -> None:
    try:
        actions.post_bot_message(
            question, given.content, client_id=_answer_id(question), photo=given.photo
        )
    except Chat.DoesNotExist:
        return  # deleted a moment ago


def _is_wanted(question: Message) -> bool:
    """Whether the question still exists and its sender is still in the chat."""
    if question.deleted_at:
        return False
    chats = Chat.objects.filter(member_ids__contains=[question.sender_id])
    return chats.filter(pk=question.chat_id).exists()


def _is_answered(question: Message) -> bool:
    """Whether a worker stored the answer but died before marking the question as done."""
    bot = get_user_model().objects.bot()
    answers = Message.objects.in_chat(question.chat_id).filter(sender_id=bot.pk)
    return answers.filter(client_id=_answer_id(question)).exists()


def _answer_id(question: Message) -> str:
    return f"answer:{question.pk}"


def _patiently(work: Callable[[], None], until: datetime | None) -> None:
    """Do the work; while a store is away, retry until then."""
    delay = RETRY_DELAY
    while True:
        try:
            with deadline():
                return work()
        except STORE_AWAY as error:
            logger.warning("An answer can't be stored now: %s.", type(error).__name__)
            if until is None or now() + timedelta(seconds=delay) >= until:
                raise
        time.sleep(delay)
        db.close_old_connections()  # a broken one would fail every try
        delay = min(delay * 2, RETRY_MAX_DELAY)


class Questions:
    """The questions of all chats, as the worker's queue."""

    def claim(self) -> Message | None:
        """Take the question that is due longest, for the time of a lease."""
        return claim()

    def work(self, job: Message) -> None:
        """Answer a question."""
        answer(job)

    def release(self, job: Message) -> None:
        """Let another worker take a question now."""
        release(job)

    def show(self, job: Message, others: Collection[Message], *, is_at_work: bool) -> None:
        """Show the bot typing in a chat while any of its questions are being worked on."""
        if is_at_work or job.chat_id not in {other.chat_id for other in others}:
            actions.bot_typing(job.chat_id, is_at_work)
