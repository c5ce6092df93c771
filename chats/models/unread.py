"""How much of a chat somebody has not read: a subtraction, less what was deleted of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from chatproject.stores.mongodb.documents import Document

from .floors import read_to
from .message import Message


@dataclass(frozen=True)
class Unread:
    """Up to which `seq` messages count as read for somebody, and how many later ones there are.

    Without deleted ones, of which the latest are in `deleted_seqs`.
    """

    read_seq: int
    count: int
    deleted_seqs: list[int] = field(default_factory=list)


def unread_of(
    chats: Collection[Document], user_id: int, markers: Mapping[str, int]
) -> dict[str, Unread]:
    """What one member hasn't read of chats, by stored id; `markers` has how far they have read.

    No query, or one if messages were deleted that they haven't read.
    """
    read = {c["_id"]: read_to(c, user_id, markers.get(c["_id"], 0)) for c in chats}
    deleted = Message.objects.deleted_after(
        {c["_id"]: read[c["_id"]] for c in chats if c["last_deleted_seq"] > read[c["_id"]]}
    )
    found: dict[str, Unread] = {}
    for chat in chats:
        read_seq = read[chat["_id"]]
        count, seqs = deleted.get(chat["_id"], (0, []))
        found[chat["_id"]] = Unread(read_seq, max(chat["last_seq"] - read_seq - count, 0), seqs)
    return found


def read_seqs(unread: Mapping[str, Unread]) -> dict[str, int]:
    """Up to which `seq` messages count as read, by the stored id of the chat."""
    return {chat_id: one.read_seq for chat_id, one in unread.items()}
