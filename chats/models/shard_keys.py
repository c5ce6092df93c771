"""By which field each collection is sharded: nearly every command names it, and reaches one shard.

Ids of chats are random, so a range of them is a fair share.
"""

from __future__ import annotations

from typing import Any

from .attachment import Attachment
from .chat import Chat
from .join_request import JoinRequest
from .linked_page import LinkedPage
from .message import Message
from .pair import Pair
from .permissions import ChatPermissions
from .read_marker import ReadMarker

SHARD_KEYS: dict[Any, str] = {
    Chat: "_id",
    Message: "chat_id",
    ChatPermissions: "chat_id",
    ReadMarker: "chat_id",
    JoinRequest: "chat_id",
    Attachment: "chat_id",
    Pair: "_id",
    LinkedPage: "_id",
}
