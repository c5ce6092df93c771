"""Requests that are made one by one and answered together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Coalescer(Generic[Item, Answer]):
    """Answers in one round all requests that arrive during the previous round.

    A lone request goes out at once. Of thousands that come together (a process has ended, and its
    sockets return) few pay for a thread or a round trip of their own. A round begins after each of
    its requests was made, so its answers are as new as those of separate ones.

    `work` gets at most `at_most` items and answers each, in their order. An answer that is an
    exception is raised to whoever asked; if `work` itself raises, everybody in the round gets that.
    With `moment`, each round first gathers for so many seconds.
    """

    def __init__(
        self,
        work: Callable[[list[Item]], Awaitable[Sequence[Answer | Exception]]],
        *,
        at_most: int = 100,
        moment: float = 0,
    ) -> None:
        self._work = work
        self._at_most = at_most
        self._moment = moment
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._running: asyncio.Task[Any] | None = None

    async def ask(self, item: Item) -> Answer:
        """The answer to this item; raises what its round raised."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(self._moment)
                asked = self._waiting[: self._at_most]
                del self._waiting[: self._at_most]
                await self._do(asked)
        finally:
            self._running = None

    async def _do(self, asked: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._work([item for item, _ in asked])
        except Exception as error:
            for _, waiting in asked:
                if not waiting.done():
                    waiting.set_exception(error)
            return
        for (_, waiting), answer in zip(asked, answers, strict=True):
            if waiting.done():  # whoever asked has gone
                continue
            if isinstance(answer, Exception):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)
