"""What is really sent to MongoDB, by the ORM or past it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pymongo import monitoring

# What the driver does of itself.
_HOUSEKEEPING = {"hello", "isMaster", "ismaster", "ping", "endSessions", "killCursors"}


@dataclass(frozen=True)
class SentCommand:
    """One command: one round trip, unless it isn't acknowledged."""

    name: str
    collection: str
    acknowledged: bool
    document: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


class _Listener(monitoring.CommandListener):
    """Notes commands while somebody listens; all clients of the process have this one."""

    def __init__(self) -> None:
        self.logs: list[list[SentCommand]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if self.logs and event.command_name not in _HOUSEKEEPING:
            concern: dict[str, Any] = event.command.get("writeConcern", {})
            collection = str(event.command.get(event.command_name, ""))
            sent = SentCommand(event.command_name, collection, concern.get("w") != 0, event.command)
            for log in self.logs:
                log.append(sent)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


_listener = _Listener()


def listen() -> None:
    """Let clients made from now on tell; before the first one is made."""
    monitoring.register(_listener)


@contextmanager
def sent_commands() -> Iterator[list[SentCommand]]:
    """Every command that is sent inside of it, by any thread of this process."""
    log: list[SentCommand] = []
    _listener.logs.append(log)
    try:
        yield log
    finally:
        _listener.logs.remove(log)
