"""The bot's answer as a message: stored at once if it is quick, else shown as it grows."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable

from django.contrib.auth import get_user_model

from chatproject.jobs.running import STORE_AWAY
from chatproject.stores.outages import deadline
from chats import actions
from chats.models import Chat, Message

from .answers import Answer

logger = logging.getLogger(__name__)

PACE = 0.5  # seconds between two looks of a growing answer, and before the first


class Writing:
    """An answer that is shown as it grows, at most once in `PACE`."""

    def __init__(self, question: Message, is_asked: Callable[[], bool]) -> None:
        self._question = question
        self._is_asked = is_asked
        self._message: Message | None = None
        self._shown_at = time.monotonic()

    def show(self, given: Answer) -> bool:
        """Show an answer that grows, if it is time; False if nobody wants more of it."""
        if time.monotonic() - self._shown_at < PACE:
            return True
        self._shown_at = time.monotonic()
        try:
            with deadline():
                return self._show(given)
        except STORE_AWAY as error:
            logger.warning("An answer can't be shown now: %s.", type(error).__name__)
            return True  # there will be more, or all of it

    def _show(self, given: Answer) -> bool:
        if self._message is None:
            self._message = self._begun(given)
        return self._message is not None and actions.grow_message(self._message, given.content)

    def _begun(self, given: Answer) -> Message | None:
        if not self._is_asked():
            return None
        # There may be what a worker has begun that died since.
        begun = answer_of(self._question.chat_id, self._question.pk)
        return begun or post(self._question, given, is_streaming=True)


def post(question: Message, given: Answer, *, is_streaming: bool = False) -> Message | None:
    """Post the answer to a question; None if the chat was deleted a moment ago."""
    try:
        return actions.post_bot_message(
            question,
            given.content,
            client_id=_client_id(question.pk),
            photo=given.photo,
            is_streaming=is_streaming,
        )
    except Chat.DoesNotExist:
        return None


def end(question: Message, given: Answer) -> None:
    """Post an answer, or finish the one that was begun."""
    begun = answer_of(question.chat_id, question.pk)
    if begun is None:
        post(question, given)
    else:
        finish(begun, given)


def finish(begun: Message, given: Answer) -> None:
    """Let this be all that the message says."""
    try:
        actions.finish_message(begun, given.content, given.photo)
    except Chat.DoesNotExist:
        return  # deleted a moment ago


def answer_of(chat_id: uuid.UUID, question_id: uuid.UUID) -> Message | None:
    """The answer to a question, if one was begun."""
    bot = get_user_model().objects.bot()
    answers = Message.objects.in_chat(chat_id).filter(sender_id=bot.pk)
    found: Message | None = answers.filter(client_id=_client_id(question_id)).first()
    return found


def _client_id(question_id: uuid.UUID) -> str:
    return f"answer:{question_id}"
