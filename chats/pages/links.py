"""Addresses in messages as links, which show where they lead; static/js/helpers/linkify.js too."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import idna
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from chatproject.text.bidi import MARKS, shown
from chatproject.text.white import WHITE

# What neither an address nor a sentence in Chinese or Japanese has in the middle of an address.
ENDS = '<>"\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a\u2026\u3001\u3002\u3008-\u3011\u3014-\u301f'
ENDS += "\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f\uff3b\uff3d\uff5b-\uff5d\uff61-\uff64"
# A letter before it makes a word of it: `xhttp://`, `me@www.example.org`.
LINK = re.compile(
    rf"(?<![A-Za-z0-9])[Hh][Tt][Tt][Pp][Ss]?://[^{WHITE}{ENDS}]+"
    rf"|(?<![A-Za-z0-9@./:-])[Ww][Ww][Ww]\.[^{WHITE}{ENDS}]+"
)
TRAILING = ".,:;!?'*_~\u2018\u2019"  # of the sentence, if an address ends with them
BRACKETS = {")": "(", "]": "[", "}": "{"}
# Host and port, and then a path or nothing: no name of a user before an `@`, and no sign that looks
# like a slash.
ADDRESS = re.compile(
    r"([Hh][Tt][Tt][Pp][Ss]?://)?([^\x00-,/:-@\[-^`{-\x7f]+|\[[0-9a-fA-F:.]+\])"
    r"((?::[0-9]{1,5})?(?:[/?#].*)?)"
)
WORD = re.compile(r"[Ww][Ww][Ww]\.[^.]+\..*[^.0-9_-]{2}")  # a host that needs no scheme
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
    """The text as it is shown, escaped, with its addresses (http, https, `www.`) as links."""
    text = shown(text or "")
    if "://" not in text and "www." not in text.lower():
        return conditional_escape(text)
    parts, end = [], 0
    for match in LINK.finditer(text):
        address = trimmed(match[0])
        if label := label_of(address):
            parts += [conditional_escape(text[end : match.start()]), _link(address, label)]
            end = match.start() + len(address)
    parts.append(conditional_escape(text[end:]))
    return mark_safe("".join(parts))  # noqa: S308 - every part is escaped


def trimmed(address: str) -> str:
    """An address without what belongs to the sentence: punctuation, a bracket opened before it."""
    surplus = {end: address.count(end) - address.count(start) for end, start in BRACKETS.items()}
    end = len(address)
    while end and (address[end - 1] in TRAILING or surplus.get(address[end - 1], 0) > 0):
        end -= 1
        if address[end] in surplus:
            surplus[address[end]] -= 1
    return address[:end]


def label_of(address: str) -> str | None:
    """What the link of an address shows; None if it isn't clear where it leads."""
    parts = ADDRESS.fullmatch(address)
    host = parts and readable_host(parts[2])
    if not parts or not host or not (parts[1] or WORD.fullmatch(parts[2])):
        return None
    return f"{parts[1] or ''}{host}{MARKS.sub('', parts[3])}"


@lru_cache(HOSTS_KNOWN)
def readable_host(host: str) -> str | None:
    """A host as it is shown; None if it is none."""
    if READABLE.fullmatch(host):
        return host
    if not all(sign in ".-" or unicodedata.category(sign)[0] in "LNM" for sign in host):
        return None
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return None


def _link(address: str, label: str) -> SafeString:
    target = address if "://" in address else f"https://{address}"
    return format_html(
        '<a href="{}" dir="ltr" target="_blank" rel="noopener noreferrer nofollow">{}</a>',
        target,
        label,
    )
