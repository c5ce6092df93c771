"""String types with a format, for declarations of what goes over the wire."""

from __future__ import annotations

from enum import Enum
from typing import Annotated


class Format(Enum):
    """The format of a string (OpenAPI 3, "Data Type Format")."""

    UUID = "uuid"
    DATE_TIME = "date-time"
    URI = "uri"


Uuid = Annotated[str, Format.UUID]  # 36 characters, lower case
DateTime = Annotated[str, Format.DATE_TIME]  # ISO 8601 in UTC, with milliseconds
Link = Annotated[str, Format.URI]
