"""A real subscriber to groups of the channel layer, instead of mocks."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from channels.layers import get_channel_layer

from .waiting import INTERVAL, wait_for

T = TypeVar("T")


class CapturedEvents:
    """Everything that one group is sent, in order, from `subscribe` until `close`."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.messages: list[dict[str, Any]] = []
        self._marks = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def subscribe(self) -> None:
        self._thread.start()
        self._run(self._join())

    def close(self) -> None:
        self._run(self._leave())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def all(self) -> list[dict[str, Any]]:
        """The frames sent until now: `[{"type": …, "data": …}, …]`; also proves an absence."""
        self._wait_until_all_arrived()
        return self._frames()

    def types(self) -> list[str]:
        """The types of the frames sent until now."""
        return [frame["type"] for frame in self.all()]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """The data of every frame of this type sent until now."""
        return [frame["data"] for frame in self.all() if frame["type"] == kind]

    def closings(self) -> list[dict[str, Any]]:
        """The orders to close sockets sent until now (`code`, `reason`, `user_id`)."""
        self._wait_until_all_arrived()
        return [message for message in self.messages if message["type"] == "hub.close"]

    def wait_for(self, kind: str, count: int = 1, seconds: float = 10) -> list[dict[str, Any]]:
        """The data of the frames of this type, once there are `count`: for another process."""
        wait_for(lambda: len(self._arrived(kind)) >= count, seconds, f"for {count} {kind}")
        return self._arrived(kind)

    def clear(self) -> None:
        """Forget what was sent until now."""
        self._wait_until_all_arrived()
        self.messages.clear()

    def _arrived(self, kind: str) -> list[dict[str, Any]]:
        return [frame["data"] for frame in self._frames() if frame["type"] == kind]

    def _frames(self) -> list[dict[str, Any]]:
        return [frame for message in list(self.messages) for frame in message.get("events", ())]

    def _wait_until_all_arrived(self) -> None:
        """One connection's messages arrive in order: what is here before our mark is all."""
        wanted = self._marks + 1
        self._run(self._send_mark())
        wait_for(lambda: self._marks >= wanted, what=f"for the messages of {self.group}")

    async def _join(self) -> None:
        channel = await self._layer().new_channel()
        await self._layer().group_add(self.group, channel)
        # Subscribed after the group: once a mark gets through, so does the group.
        self._mark_channel = await self._layer().new_channel()
        self._tasks = [
            asyncio.create_task(self._receive(channel)),
            asyncio.create_task(self._count_marks()),
        ]
        while not self._marks:
            await self._send_mark()
            await asyncio.sleep(INTERVAL)

    async def _receive(self, channel: str) -> None:
        while True:
            self.messages.append(await self._layer().receive(channel))

    async def _count_marks(self) -> None:
        while True:
            await self._layer().receive(self._mark_channel)
            self._marks += 1

    async def _send_mark(self) -> None:
        await self._layer().send(self._mark_channel, {"type": "mark"})

    async def _leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)

    def _layer(self) -> Any:
        return get_channel_layer()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)
