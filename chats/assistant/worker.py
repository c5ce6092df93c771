"""The process that answers @ai and @photo: looks for questions and answers several at a time."""

import logging
import threading
import time
import uuid
from collections.abc import Callable

from django import db

from chatproject.stores.outages import deadline
from chats import actions
from chats.models import Message

from .questions import RETRY_MAX_DELAY, STORE_AWAY, answer, claim, release

logger = logging.getLogger(__name__)

# Seconds between two looks for work. Not a change stream: the end of a lease changes nothing, so
# a look is needed anyway, it costs one key of a small index, and a provider takes far longer.
POLL = 0.5
CONCURRENCY = 4  # questions at a time
TYPING = 3.0  # seconds between two signs of the bot typing
STOP_SECONDS = 5.0  # for what is at work when the worker is told to stop


class Job(threading.Thread):
    """One question at work. A daemon thread: a provider that hangs can't keep the process."""

    def __init__(self, question: Message, done: Callable[[], None]) -> None:
        super().__init__(name=f"answer-{question.pk}", daemon=True)
        self.question = question
        self.done = done
        self.ended = False
        self.typing_at = 0.0  # when the bot was last shown typing, monotonic

    def run(self) -> None:
        try:
            answer(self.question)
        except Exception:
            # Due again when the lease ends, MAX_ATTEMPTS times.
            logger.exception("Message %s is left for later.", self.question.pk)
        finally:
            db.connections.close_all()  # this thread's
            self.ended = True
            self.done()


class Worker:
    """Answers up to `CONCURRENCY` questions at a time until it is stopped."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self._stopping = False
        self._job_ended = threading.Event()
        self._delay = POLL
        self._next_look = 0.0  # monotonic

    def stop(self, *_: object) -> None:
        """End `run` soon; a signal handler, hence no lock that `run` may hold."""
        self._stopping = True

    def run(self) -> None:
        """Look for work and do it until `stop`."""
        while not self._stopping:
            self._start_jobs()
            self._show_typing()
            self._job_ended.wait(POLL)
            self._job_ended.clear()
            self._end_jobs()
        self._finish_or_release()

    def _start_jobs(self) -> None:
        if time.monotonic() < self._next_look:
            return
        try:
            with deadline():
                while len(self.jobs) < CONCURRENCY and (question := claim()):
                    self._start_job(question)
            self._delay = POLL
        except STORE_AWAY as error:
            self._delay = min(self._delay * 2, RETRY_MAX_DELAY)
            self._next_look = time.monotonic() + self._delay
            logger.warning(
                "MongoDB is away (%s): next try in %g s.", type(error).__name__, self._delay
            )

    def _start_job(self, question: Message) -> None:
        job = Job(question, self._job_ended.set)
        self.jobs.append(job)
        job.start()

    def _show_typing(self) -> None:
        for job in self.jobs:
            if time.monotonic() - job.typing_at >= TYPING:
                job.typing_at = time.monotonic()
                _typing(job.question.chat_id, True)

    def _end_jobs(self) -> None:
        ended = [job for job in self.jobs if job.ended]
        self.jobs = [job for job in self.jobs if job not in ended]
        busy = {job.question.chat_id for job in self.jobs}
        for chat_id in {job.question.chat_id for job in ended} - busy:
            _typing(chat_id, False)

    def _finish_or_release(self) -> None:
        """Let what is at work end, for a while; give the rest to another worker."""
        end = time.monotonic() + STOP_SECONDS
        for job in self.jobs:
            job.join(max(end - time.monotonic(), 0))
        self._end_jobs()
        for job in self.jobs:
            _typing(job.question.chat_id, False)
            try:
                with deadline():
                    release(job.question)
            except STORE_AWAY:
                logger.warning("Message %s waits until its lease ends.", job.question.pk)


def _typing(chat_id: uuid.UUID, is_typing: bool) -> None:
    """Show the bot typing or not; never a reason to stop."""
    try:
        db.close_old_connections()
        with deadline():
            actions.bot_typing(chat_id, is_typing)
    except STORE_AWAY as error:
        logger.warning("The bot isn't shown typing: %s.", type(error).__name__)
