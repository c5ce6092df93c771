"""Messages as the API reads them: all that it shows, and no instances of the model."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from chatproject.mongodb.documents import Document


class MessageRow(NamedTuple):
    """What the API shows of a message, as it is stored.

    As an array it comes from MongoDB in a third of the time of a document, whose names are decoded
    again in each.
    """

    id: str
    chat_id: str
    seq: int
    rev: int
    sender_id: int
    content: str
    kind: str
    photo: dict[str, str] | None
    client_id: str | None
    reply_to: str | None
    created_at: datetime
    updated_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    deleted_by: int | None

    @classmethod
    def of(cls, document: Document) -> MessageRow:
        """Of a message's document."""
        return cls._make(map(document.get, COLUMNS))


COLUMNS = ["_id", *MessageRow._fields[1:]]
ROW = [f"${column}" for column in COLUMNS]  # as MongoDB's expression
