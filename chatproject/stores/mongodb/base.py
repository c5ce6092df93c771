"""The database engine `chatproject.stores.mongodb`."""

from datetime import datetime
from typing import Any

from django_mongodb_backend import base, operations

from . import clock  # noqa: F401 - listens to the clients that are made here


class DatabaseOperations(operations.DatabaseOperations):
    """The MongoDB backend's operations with our compiler."""

    compiler_module = "chatproject.stores.mongodb.compiler"

    def convert_datetimefield_value(
        self, value: datetime | None, expression: Any, connection: Any
    ) -> datetime | None:
        """Return the value unchanged: the client is `tz_aware`, so it has a time zone already."""
        return value


class DatabaseWrapper(base.DatabaseWrapper):
    """The MongoDB backend, with SELECTs that sort before they compute."""

    ops_class = DatabaseOperations
