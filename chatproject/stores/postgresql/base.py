"""The engine `chatproject.stores.postgresql`: Django's, with deadlines (`outages.py`).

The kernel of a server that hangs still acknowledges packets, so no TCP timeout ends the wait for an
answer, and the server's own limits (`statement_timeout`) hang with it.
"""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from chatproject.stores.outages import seconds_left

GRACE = 0.5  # seconds for an answer, however little time MongoDB has left
WAIT_INTERVAL = 0.1  # seconds between checks for Ctrl-C; psycopg's own default


class Connection(psycopg.Connection[Any]):
    """A connection that waits for an answer until the deadline, and is closed after it."""

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
    """Django's PostgreSQL engine, with connections that keep the deadline."""

    Database: Any = SimpleNamespace(**{**vars(psycopg), "connect": Connection.connect})

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect in the time that is left; raises `OperationalError` at once if there is none."""
        left = seconds_left()
        if left <= 0:
            raise psycopg.OperationalError("No time is left to connect to PostgreSQL")
        if math.isfinite(left):
            limit = int(conn_params["connect_timeout"])
            conn_params = {**conn_params, "connect_timeout": min(limit, math.ceil(left))}
        return super().get_new_connection(conn_params)
