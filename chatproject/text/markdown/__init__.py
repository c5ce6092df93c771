"""Markdown: what people write, as HTML and as the plain text of that HTML.

CommonMark without images and raw HTML, with tables, strikethrough, addresses as links, and single
line breaks that stay. Pure functions, bounded in time whatever the text is (decision 22).
"""

from .mentions import MENTION_MARK, mentioned, with_mentions
from .plain import text_of
from .rendering import VERSION, render

__all__ = ["MENTION_MARK", "VERSION", "mentioned", "render", "text_of", "with_mentions"]
