"""What HTML of messages may consist of, whatever the renderer makes; nothing else gets through."""

from __future__ import annotations

import nh3

from . import highlighting

_DIRECTED = {"blockquote", "h2", "h3", "h4", "h5", "h6", "p", "table", "ul"}
_OTHERS = {"br", "code", "em", "hr", "li", "s", "strong", "tbody", "thead", "tr"}
ATTRIBUTES: dict[str, set[str]] = {
    **{tag: {"dir"} for tag in _DIRECTED},
    "a": {"href", "dir", "title", "target"},
    "ol": {"dir", "start"},
    "pre": {"dir"},
    "span": {"dir", "data-user-id"},
    "div": {"data-language"},
    "td": {"align"},
    "th": {"align"},
}
TAGS = {*ATTRIBUTES, *_OTHERS}
CLASSES = {"div": {"code", "table"}, "span": {"host", "mention", *highlighting.CLASSES}}
SCHEMES = {"http", "https", "mailto"}
REL = "noopener noreferrer nofollow"

_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    allowed_classes=CLASSES,
    url_schemes=SCHEMES,
    link_rel=REL,
    generic_attribute_prefixes=set(),
    strip_comments=True,
)


def sanitised(html: str) -> str:
    """The allowed part of some HTML."""
    return _cleaner.clean(html)
