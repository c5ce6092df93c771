"""Addresses in messages as links, which show where they lead; static/js/helpers/linkify.js too."""

from __future__ import annotations

import re
from functools import lru_cache

import idna
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from chatproject.text.bidi import MARKS, shown

LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,:;!?'()\[\]]")
# Host and port, and then a path or nothing: no name of a user before an `@`, and no sign that looks
# like a slash.
ADDRESS = re.compile(r"(https?://)([\w.-]+|\[[0-9a-fA-F:.]+\])((?::[0-9]{1,5})?(?:[/?#].*)?)")
# Hosts that are shown as they are written: of ASCII and the letters of Western Europe, or of one
# other script alone. Any other is shown as browsers send it: `xn--…`.
READABLE = re.compile(
    r"[A-Za-z0-9.:\[\]_-]+"
    "|[A-Za-z0-9.\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff-]+"
    "|[0-9.\u0370-\u03ff-]+"  # Greek
    "|[0-9.\u0400-\u04ff-]+"  # Cyrillic
    "|[0-9.\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff-]+"  # Japanese, Chinese
    "|[0-9.\uac00-\ud7a3-]+"  # Korean
)
HOSTS_KNOWN = 1024


def linkify(text: str) -> SafeString:
    """The text as it is shown, escaped, with its http and https addresses as links."""
    text = shown(text or "")
    if "http" not in text:
        return conditional_escape(text)
    parts, end = [], 0
    for match in LINK.finditer(text):
        if label := label_of(match[0]):
            parts += [conditional_escape(text[end : match.start()]), _link(match[0], label)]
            end = match.end()
    parts.append(conditional_escape(text[end:]))
    return mark_safe("".join(parts))  # noqa: S308 - every part is escaped


def label_of(address: str) -> str | None:
    """What the link of an address shows; None if it isn't clear where it leads."""
    parts = ADDRESS.fullmatch(address)
    host = parts and readable_host(parts[2])
    return f"{parts[1]}{host}{MARKS.sub('', parts[3])}" if parts and host else None


@lru_cache(HOSTS_KNOWN)
def readable_host(host: str) -> str | None:
    """A host as it is shown; None if it is none."""
    if READABLE.fullmatch(host):
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return None


def _link(address: str, label: str) -> SafeString:
    return format_html(
        '<a href="{}" dir="ltr" target="_blank" rel="noopener noreferrer nofollow">{}</a>',
        address,
        label,
    )
