"""The sockets of this process that belong to one group of the channel layer."""

from __future__ import annotations

import time

from chatproject.sockets.connection import Connection
from chatproject.sockets.subscribers import Subscribers
from chats.events import Event


class Hub:
    """Receives each event of its group once, and writes the same bytes to every socket."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.subscribed_at: float | None = None  # monotonic
        self.idle_since = time.monotonic()  # while it has no connection
        self.connections: set[Connection] = set()  # all that keep the hub alive, joining ones too
        self.sockets = Subscribers()  # receive every event
        self.watchers = Subscribers()  # receive brief events, or none

    def attach(self, connection: Connection) -> None:
        """Keep the hub alive for this connection."""
        self.connections.add(connection)

    def detach(self, connection: Connection) -> None:
        """Remove a connection."""
        self.connections.discard(connection)
        self.idle_since = time.monotonic()
        self.sockets.discard(connection)
        self.watchers.discard(connection)

    def receive(self, event: Event) -> None:
        """Take an event of the group."""
        self.deliver(event)

    def deliver(self, event: Event) -> None:
        """Send an event to the sockets."""
        self.sockets.tell(event)

    def close(self, code: int, reason: str, sign_in: str | None, spared: str | None) -> None:
        """Close all sockets, only those of `sign_in`, or all except those of `spared`."""
        self.sockets.flush()
        for socket in (*self.sockets, *self.watchers):
            its = socket.sign_in.hex if socket.sign_in else ""
            if its != spared and sign_in in (None, its):
                socket.close(code, reason)

    def stop(self) -> None:
        """Stop what runs for this hub."""
