"""What a message is without once it is deleted, alone or with its chat.

A new field with something that people have written, or that is still to be done, belongs here.
"""

from typing import Any

EMPTIED: dict[str, Any] = {
    "content": "",
    "html": None,
    "photo": None,
    "attachments": None,
    "link_previews": None,
    "links_due_at": None,
    "reactions": None,
    "mention_ids": None,
    "mention_names": None,
    "answer_due_at": None,
    "is_streaming": False,  # the bot must write no more
    "stop_asked_at": None,
    "pinned_at": None,
    "pinned_by": None,
    "edit_revs": [],
}
