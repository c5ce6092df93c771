"""The database engine `chatproject.stores.mongodb`."""

from datetime import datetime
from typing import Any

from django_mongodb_backend import base, operations


class DatabaseOperations(operations.DatabaseOperations):
    """The MongoDB backend's operations with our compiler."""

    compiler_module = "chatproject.stores.mongodb.compiler"

    def convert_datetimefield_value(
        self, value: datetime | None, expression: Any, connection: Any
    ) -> datetime | None:
        """As it comes: the client is `tz_aware`, so that raw documents have aware times too."""
        return value


class DatabaseWrapper(base.DatabaseWrapper):
    """django_mongodb_backend whose SELECTs sort before they compute."""

    ops_class = DatabaseOperations
