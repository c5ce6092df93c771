"""Messages as the API returns them to a person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from chatproject.rest.shapes import Uuid
from chats.models import MessageRow

from .context import MessageContext
from .messages import MessageFields
from .values import dashed


class MessageData(MessageFields):
    """A message of the API: as everybody sees it, and who has read it."""

    id: Uuid
    is_read: Annotated[bool, "By somebody else than its sender."]
    read_count: Annotated[int, "By how many others than its sender."]
    read_by: Annotated[list[int], "Who they are; the first 100."]
    own_reactions: Annotated[list[str], "The emoji that one has reacted with oneself."]


def message_data(
    rows: Iterable[MessageRow], context: MessageContext, user_id: int
) -> list[MessageData]:
    """Messages as the API returns them to a person."""
    readers_of = context.readers.of
    data: list[MessageData] = []
    for row in rows:
        count, first = readers_of(row.seq, row.sender_id)
        data.append(
            {
                "id": dashed(row.id),
                **context.fields(row),
                "is_read": count > 0,
                "read_count": count,
                "read_by": first,
                "own_reactions": own_reactions(row, user_id) if row.reactions else [],
            }
        )
    return data


def own_reactions(row: MessageRow, user_id: int) -> list[str]:
    """The emoji that a person has reacted with to a message."""
    return [one["emoji"] for one in row.reactions or () if user_id in one["user_ids"]]
