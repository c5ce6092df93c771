"""Answers the @ai and @photo questions of all chats."""

import logging
import signal
from typing import Any

from django.core.management.base import BaseCommand

from chatproject.jobs.worker import Worker
from chats.assistant.questions import Questions


class Command(BaseCommand):
    """Run a worker until it is stopped."""

    # They load the URLs, with every view: 20 MiB that a worker never uses.
    requires_system_checks = ()
    help = "Answer @ai and @photo questions until SIGTERM or Ctrl-C. Run as many as you like."

    def handle(self, *args: Any, **options: Any) -> None:
        worker = Worker(Questions())
        signal.signal(signal.SIGTERM, worker.stop)
        signal.signal(signal.SIGINT, worker.stop)
        logging.getLogger(__name__).info("Answering @ai and @photo.")
        worker.run()
