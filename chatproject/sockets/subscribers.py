"""Sets of sockets that get the same events."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator

from .connection import Batch, Connection, Encodable

BATCH_LIMIT = 64 * 1024  # bytes of payload that are joined into one write


class Subscribers:
    """A set of sockets; the events of one turn of the event loop go out as one write."""

    def __init__(self) -> None:
        self._sockets: set[Connection] = set()
        self._payloads: list[bytes] = []
        self._size = 0

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._sockets)

    def __len__(self) -> int:
        return len(self._sockets)

    def __contains__(self, socket: Connection) -> bool:
        return socket in self._sockets

    def add(self, socket: Connection) -> None:
        """Add a socket, which gets events from now on."""
        self.flush()
        self._sockets.add(socket)

    def discard(self, socket: Connection) -> None:
        """Remove a socket, if it is in the set."""
        self._sockets.discard(socket)

    def clear(self) -> None:
        """Remove every socket, after writing what is pending."""
        self.flush()
        self._sockets.clear()

    def tell(self, event: Encodable, only: int | None = None, but: Collection[int] = ()) -> None:
        """Send an event, encoded once, to every socket.

        Or only to those of user `only`, or to all but those of the users `but`.
        """
        if only is not None:
            self._tell_some(event, self.of(only))
        elif but and any(socket.user_id in but for socket in self._sockets):
            self._tell_some(event, [one for one in self._sockets if one.user_id not in but])
        elif self._sockets:
            if not self._payloads:
                asyncio.get_running_loop().call_soon(self.flush)
            self._payloads.append(payload := event.encode())
            self._size += len(payload)
            if self._size > BATCH_LIMIT:
                self.flush()

    def _tell_some(self, event: Encodable, sockets: list[Connection]) -> None:
        self.flush()
        if sockets:
            batch = Batch([event.encode()])
            for socket in sockets:
                socket.write(batch)

    def flush(self) -> None:
        """Write the pending events now."""
        if not self._payloads:
            return
        batch = Batch(self._payloads)
        self._payloads, self._size = [], 0
        for socket in self._sockets:
            socket.write(batch)

    def close(self, code: int, reason: str, only: int | None = None) -> None:
        """Write pending events, then close every socket, or only those of user `only`."""
        self.flush()
        for socket in self._sockets if only is None else self.of(only):
            socket.close(code, reason)

    def of(self, user_id: int) -> list[Connection]:
        """The sockets of one user."""
        return [socket for socket in self._sockets if socket.user_id == user_id]
