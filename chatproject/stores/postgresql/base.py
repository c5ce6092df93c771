"""The engine `chatproject.stores.postgresql`: Django's, but nobody waits past their deadline.

A server that hangs acknowledges what it is sent, so no limit of TCP ends the wait for its answer,
and its own limits (`statement_timeout`) hang with it.
"""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from chatproject.stores.outages import seconds_left

GRACE = 0.5  # seconds for an answer after the deadline: MongoDB may have used it up
WAIT_INTERVAL = 0.1  # seconds between two looks for Ctrl-C, as psycopg has it


class Connection(psycopg.Connection[Any]):
    """A connection whose statements have the time that is left; it is closed when that is over."""

    def wait(self, gen: Any, interval: float = WAIT_INTERVAL, timeout: float | None = None) -> Any:
        left = max(seconds_left(), GRACE)
        if timeout is None and math.isfinite(left):
            timeout = left
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.errors._WaitTimeout:
            self.close()
            raise psycopg.OperationalError("PostgreSQL didn't answer in time") from None


class DatabaseWrapper(base.DatabaseWrapper):
    Database: Any = SimpleNamespace(**{**vars(psycopg), "connect": Connection.connect})

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect in the time that is left; without any, nobody tries."""
        left = seconds_left()
        if left <= 0:
            raise psycopg.OperationalError("No time is left to connect to PostgreSQL")
        if math.isfinite(left):
            limit = int(conn_params["connect_timeout"])
            conn_params = {**conn_params, "connect_timeout": min(limit, math.ceil(left))}
        return super().get_new_connection(conn_params)
