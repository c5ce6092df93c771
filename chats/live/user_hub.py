"""The sockets of one person."""

from __future__ import annotations

from collections.abc import Callable

from chats.events import ChatAdded, Event, user_group

from .hub import Hub


class UserHub(Hub):
    """The sockets of one person: `sockets` are chat lists, `watchers` are sockets of chats."""

    def __init__(self, user_id: int, on_chat_added: Callable[[UserHub, ChatAdded], None]) -> None:
        super().__init__(user_group(user_id))
        self.user_id = user_id
        self._on_chat_added = on_chat_added

    def receive(self, event: Event) -> None:
        """Take an event of the person; a new chat is subscribed to before it is announced."""
        if isinstance(event, ChatAdded):
            self._on_chat_added(self, event)
        else:
            self.deliver(event)
