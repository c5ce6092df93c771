"""How large the body of a request may be."""

from __future__ import annotations

import re

from django.conf import settings

# The one place that takes files: `attachments` of chats/api/urls.py.
_UPLOADS = re.compile(r"/api/v1/chats/[0-9a-fA-F-]{32,36}/attachments/?")


def is_upload(method: str, path: str) -> bool:
    """Whether a request brings a file."""
    return method == "POST" and _UPLOADS.fullmatch(path) is not None


def most_of(method: str, path: str) -> int:
    """Bytes that the body of a request may have."""
    most: int = settings.BODY_MAX_SIZE
    return settings.ATTACHMENT_MAX_SIZE if is_upload(method, path) else most


def length_of(text: str | bytes | None) -> int:
    """The number in a `Content-Length` header; 0 if there is none in it."""
    return int(text) if text and text.isdigit() else 0
