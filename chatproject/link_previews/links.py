"""The links of a message, as its HTML has them."""

from __future__ import annotations

import re
from html import unescape

MOST = 3  # links of a message that are previewed: the first
LINK = re.compile(r'<a [^>]*?href="(https?://[^"]+)"', re.IGNORECASE)


def links_to_preview(html: str | None) -> list[str]:
    """The addresses of the first web pages that a message links to, `MOST` at most."""
    if not html or 'href="http' not in html.lower():
        return []
    return list(dict.fromkeys(unescape(match[1]) for match in LINK.finditer(html)))[:MOST]
