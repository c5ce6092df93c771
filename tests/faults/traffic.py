"""Load: clients that write, edit and delete at a steady rate until they are told to stop."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice

from .client import Client

EDITS, DELETIONS, READS = 0.06, 0.03, 0.1  # of the messages


@asynccontextmanager
async def traffic(
    clients: Sequence[Client], rate: float, *, changes: bool = True, padding: int = 0
) -> AsyncIterator[None]:
    """Send `rate` messages a second, by these clients in turn, while the body runs.

    `padding` is in characters of three bytes that are added to each message.
    """
    task = asyncio.create_task(_send(clients, rate, changes, "☃" * padding))
    try:
        yield
    finally:
        task.cancel()
        results = await asyncio.gather(task, return_exceptions=True)
        if not isinstance(results[0], asyncio.CancelledError):
            raise AssertionError(f"The traffic ended by itself: {results[0]!r}")


async def _send(clients: Sequence[Client], rate: float, changes: bool, padding: str) -> None:
    dice = random.Random(len(clients))
    loop = asyncio.get_running_loop()
    due, number = loop.time(), 0
    edited, doomed = set(), set()  # an edit that meets a deletion is refused, and rightly
    async with asyncio.TaskGroup() as group:
        while True:
            due += 1 / rate
            await asyncio.sleep(due - loop.time())
            number += 1
            client = clients[number % len(clients)]
            client.send(f"message {number} of {client.person.username}{padding}")
            own = [
                message_id
                for message_id, message in islice(reversed(client.view.shown.items()), 20)
                if message["sender_id"] == client.person.user_id and not message["deleted_at"]
            ]
            message_id = dice.choice(own) if changes and own else None
            if message_id and message_id not in doomed and dice.random() < EDITS:
                edited.add(message_id)
                group.create_task(client.edit(message_id, f"edited at {number}"))
            elif message_id and message_id not in edited and dice.random() < DELETIONS:
                doomed.add(message_id)
                group.create_task(client.delete(message_id))
            if changes and client.socket and client.view.shown and dice.random() < READS:
                group.create_task(client.read(next(reversed(client.view.shown))))
