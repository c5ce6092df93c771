"""From the source to sanitised HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from markdown_it.token import Token

from chatproject.text.bidi import TURNING, shown

from .html import html_of
from .mentions import MENTION_MARK
from .parser import NOBODY, TooMuch, parse
from .sanitiser import sanitised

# Of the HTML that is stored with a message. Raise it when the same source becomes other HTML: what
# an older one has made is made anew when it is read (`MessageRow.of`).
VERSION = 1
MOST_LINES = 1_000
MOST_MENTIONS = 250  # of whomever: what each shows may be a hundred times what was written
MOST_HTML = 120_000  # characters; of 10,000 characters that people write it is a third or less
# Without any of these a text has nothing to mark up, and no link.
SPECIAL = re.compile(
    r"[\\`*_~\[<&|@]|://|[Ww][Ww][Ww]\.|^(?: {0,3}(?:[#>=+-]|\d{1,9}[.)]|\t)| {4})", re.MULTILINE
)
PLAIN = {"paragraph_open", "paragraph_close", "inline", "text", "softbreak", "hardbreak"}


def render(source: str, people: Mapping[str, int] = NOBODY) -> str | None:
    """The HTML of a text; None if it has nothing to mark up, or so much that it is shown as it is.

    `people` are those whom it may mention: ids by user names in lower case. Takes at most some
    40 ms for 10,000 characters.
    """
    source = shown(source)
    if not SPECIAL.search(source) or source.count("\n") > MOST_LINES:
        return None
    try:
        tokens = parse(source, people)
    except TooMuch:
        return None
    if _is_plain(tokens, source):
        return None
    html = TURNING.sub("", html_of(tokens))  # an entity may have made one
    if len(html) > MOST_HTML or html.count(MENTION_MARK) > MOST_MENTIONS:
        return None
    return sanitised(html)


def _is_plain(tokens: Iterable[Token], source: str) -> bool:
    """Whether these are paragraphs of text that say what the source does."""
    texts: list[str] = []
    for token in tokens:
        if token.type not in PLAIN:
            return False
        for child in token.children or ():
            if child.type not in PLAIN:
                return False
            texts.append(child.content)
    return _without_white("".join(texts)) == _without_white(source)


def _without_white(text: str) -> str:
    return "".join(text.split())
