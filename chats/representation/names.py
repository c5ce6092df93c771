"""What people and chats are called now."""

from __future__ import annotations

from collections.abc import Mapping

from users.names import Named

DELETED_USER = "Deleted user"

Names = Mapping[int, Named]  # by the id of the user


def title_of(name: str, other_id: int | None, names: Names) -> str:
    """The name of a group; the other person's name in a private chat (`other_id`)."""
    if other_id is None:
        return name
    return names[other_id].name if other_id in names else DELETED_USER
