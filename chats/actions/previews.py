"""Preview a message."""

from __future__ import annotations

from chatproject.limits import limits
from chatproject.text import markdown
from users.models import User

from .rules import valid_content


def preview_message(user: User, content: str) -> str | None:
    """The HTML that a message with this content would have; nothing is stored."""
    valid_content(content)
    limits.PREVIEWS.spend(user.pk)
    return markdown.render(content)
