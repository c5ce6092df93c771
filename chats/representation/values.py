"""How times and ids are written."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

CHATS_KNOWN = 1024  # chats whose formatted id a process caches


def iso(moment: datetime) -> str:
    """ISO 8601 with milliseconds; `moment` must be in UTC."""
    if moment.tzinfo:  # which would be asked for its offset
        moment = moment.replace(tzinfo=None)
    return moment.isoformat("T", "milliseconds") + "Z"


def dashed(stored_id: str) -> str:
    """The dashed form of a UUID stored as 32 hexadecimal digits."""
    first, second, third = stored_id[:8], stored_id[8:12], stored_id[12:16]
    return f"{first}-{second}-{third}-{stored_id[16:20]}-{stored_id[20:]}"


dashed_chat_id = lru_cache(CHATS_KNOWN)(dashed)  # the same in every row of a page
