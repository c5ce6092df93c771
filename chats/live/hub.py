"""The sockets of this process that belong to one group of the channel layer."""

from __future__ import annotations

from chatproject.sockets.connection import Connection
from chatproject.sockets.subscribers import Subscribers
from chats.events import Event


class Hub:
    """Receives each event of its group once, and writes the same bytes to every socket."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.subscribed = False
        self.connections: set[Connection] = set()  # all that keep the hub, those on the way in too
        self.sockets = Subscribers()  # who is told every event
        self.watchers = Subscribers()  # who is told small events, or none

    def attach(self, connection: Connection) -> None:
        """Keep the hub for this connection."""
        self.connections.add(connection)

    def detach(self, connection: Connection) -> None:
        """Take a connection out."""
        self.connections.discard(connection)
        self.sockets.discard(connection)
        self.watchers.discard(connection)

    def receive(self, event: Event) -> None:
        """Take an event of the group."""
        self.deliver(event)

    def deliver(self, event: Event) -> None:
        """Tell the sockets an event."""
        self.sockets.tell(event)

    def close(self, code: int, reason: str, sign_in: str | None, spared: str | None) -> None:
        """Close all sockets, those of one sign-in, or those of every other one."""
        self.sockets.flush()
        for socket in (*self.sockets, *self.watchers):
            its = socket.sign_in.hex if socket.sign_in else ""
            if its != spared and sign_in in (None, its):
                socket.close(code, reason)

    def stop(self) -> None:
        """End what runs for this hub."""
