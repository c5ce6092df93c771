"""The plain text of sanitised HTML; static/js/helpers/markup.js has the same of elements."""

from __future__ import annotations

import re
from html import unescape

from chatproject.text.cuts import cut

# A tag, cut off or not; or text.
PIECE = re.compile(r'</?([a-z0-9]+)(?:[^<>"]|"[^"]*")*>|<[^>]*|([^<]+)')
# What begins or ends a line, and what is beside others in one.
LINES = {
    "blockquote",
    "br",
    "div",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "tr",
    "ul",
}
CELLS = {"td", "th"}
_HALF_ENTITY = re.compile(r"&[A-Za-z0-9#]{0,8}$")


def text_of(html: str, most: int) -> str:
    """The text of sanitised HTML, or of the start of some: at most `most` characters, not halved.

    Looks no further than it must.
    """
    texts: list[str] = []
    length, gap = 0, ""
    for piece in PIECE.finditer(html):
        tag, text = piece.groups()
        if tag in LINES:
            gap = "\n"
        elif tag in CELLS:
            gap = gap or " "
        elif text:
            if piece.end() == len(html):
                text = _HALF_ENTITY.sub("", text)
            text = unescape(text)
            texts += [gap, text] if length else [text]
            length += len(gap) + len(text)
            gap = ""
            if length > most:
                break
    return cut("".join(texts), most)
