"""A process that sends one message and stops when it knows the chat and its next numbers."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from django.conf import settings

from tests.servers import stores_of_tests

READY = "ready"


class StalledSend:
    """That process, before it stores the message: let it go on, or kill it there."""

    def __init__(
        self, user_id: int, chat_id: str, content: str, client_id: str, **environment: str
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(user_id), chat_id, content, client_id],
            cwd=settings.BASE_DIR,
            env={**os.environ, **stores_of_tests(), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if (said := self._hear()) != READY:
            self.kill()
            raise AssertionError(f"The send didn't get ready: {said}")

    def go_on(self) -> str:
        """Let it store the message; answers "stored", or the name of the error."""
        assert self._process.stdin
        self._process.stdin.write("go on\n")
        self._process.stdin.flush()
        try:
            return self._hear()
        finally:
            self.kill()

    def kill(self) -> None:
        """SIGKILL, as a crash would end it."""
        with self._process as process:
            process.kill()

    def _hear(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


def main(user_id: str, chat_id: str, content: str, client_id: str) -> None:
    """In the process: send, but wait for a line before the message is stored."""
    import uuid

    import django

    django.setup()

    from django.contrib.auth import get_user_model

    from chatproject.stores.outages import deadline
    from chats import actions
    from chats.models.message import MessageQuerySet

    insert = MessageQuerySet.insert

    def wait_and_insert(messages: MessageQuerySet, message: Any) -> tuple[int, str]:
        sys.stdout.write(f"{READY}\n")
        sys.stdout.flush()
        if not sys.stdin.readline():
            sys.exit("told nothing")
        with deadline():
            return insert(messages, message)

    MessageQuerySet.insert = wait_and_insert  # type: ignore[assignment, method-assign]
    sender = get_user_model().objects.get(pk=user_id)
    try:
        actions.post_message(sender, uuid.UUID(chat_id), content, client_id=client_id)
        outcome = "stored"
    except Exception as error:
        outcome = type(error).__name__
    sys.stdout.write(f"{outcome}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
