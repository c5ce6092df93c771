"""MongoDB's clock, by which messages are ordered: those of processes may be wrong, or be set.

The client asks the primary for its state all the time (`hello`), and the answer has the time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from pymongo import monitoring

TRUSTED = timedelta(seconds=1)  # by which clocks may differ: a hello takes some time itself


class Clock(monitoring.ServerHeartbeatListener):
    """Knows by how much the clock of this process is wrong, from the latest answer."""

    offset = timedelta()
    is_known = False  # until about a second after the client has connected

    def now(self) -> datetime:
        """The current time, as the primary has it."""
        return timezone.now() + self.offset

    def started(self, event: monitoring.ServerHeartbeatStartedEvent) -> None:
        pass

    def succeeded(self, event: monitoring.ServerHeartbeatSucceededEvent) -> None:
        answer: Any = event.reply.document
        if answer.get("isWritablePrimary") and (moment := answer.get("localTime")):
            offset = moment.replace(tzinfo=UTC) - timezone.now()
            self.offset = offset if abs(offset) > TRUSTED else timedelta()
            self.is_known = True

    def failed(self, event: monitoring.ServerHeartbeatFailedEvent) -> None:
        pass


clock = Clock()
monitoring.register(clock)  # with all clients that are made from here on
