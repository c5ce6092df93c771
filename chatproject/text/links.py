"""Addresses in texts: where one ends, and what its link shows, which is where it leads."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

import idna

from .bidi import MARKS
from .white import WHITE

LONGEST = 2_000  # characters of an address; a longer one is no link
# What neither an address nor a sentence in Chinese or Japanese has in the middle of an address.
ENDS = '<>"\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a\u2026\u3001\u3002\u3008-\u3011\u3014-\u301f'
ENDS += "\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f\uff3b\uff3d\uff5b-\uff5d\uff61-\uff64"
_PART = r"[\w-]{1,63}"  # of a host
# A letter before it makes a word of it: `xhttp://`. The lengths of the parts of a mail address keep
# the search linear; what follows it may make it something else, as in `git@example.org:a/b`.
LINK = re.compile(
    rf"(?<![A-Za-z0-9])[Hh][Tt][Tt][Pp][Ss]?://[^{WHITE}{ENDS}]+"
    rf"|(?<![A-Za-z0-9@./:-])[Ww][Ww][Ww]\.[^{WHITE}{ENDS}]+"
    r"|(?<![A-Za-z0-9.!#$%&'+/=?^_{|}@:-])(?:[Mm][Aa][Ii][Ll][Tt][Oo]:)?"
    rf"[A-Za-z0-9][A-Za-z0-9._%+-]{{0,63}}@{_PART}(?:\.{_PART}){{1,8}}(?![\w@-]|[:.][\w/])"
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
MAIL = re.compile(r"(?:mailto:)?([A-Za-z0-9._%+-]+)@([^@/?#:]+\.[^@/?#:.0-9_-]{2,})", re.IGNORECASE)
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
IP = re.compile(
    r"^\[|(?:^|\.)(?:[0-9]+|0[xX][0-9a-fA-F]*)\.?$"
)  # browsers take it for one, or none
HOSTS_KNOWN = 1024


class Target(NamedTuple):
    """Where a link leads: the address that is opened, the same as people read it, and its host."""

    address: str
    label: str
    host: str


class Found(NamedTuple):
    """An address in a text, from `start` to `end`."""

    start: int
    end: int
    target: Target


def found(text: str) -> Iterator[Found]:
    """The addresses in a text, in order: http, https, `www.`, and of mail."""
    end = 0
    while match := LINK.search(text, end):
        written = trimmed(match[0])
        end = max(match.start() + len(written), match.start() + 1)
        if target := target_of(written):
            yield Found(match.start(), end, target)


def trimmed(address: str) -> str:
    """An address without what belongs to the sentence: punctuation, a bracket opened before it."""
    address = address[: _unopened(address)]
    surplus = {end: address.count(end) - address.count(start) for end, start in BRACKETS.items()}
    end = len(address)
    while end and (address[end - 1] in TRAILING or surplus.get(address[end - 1], 0) > 0):
        end -= 1
        if address[end] in surplus:
            surplus[address[end]] -= 1
    return address[:end]


def _unopened(address: str) -> int:
    """Where a `]` is that nothing in the address opened: it ends the label of a Markdown link."""
    is_open = 0
    for bracket in re.finditer(r"[\[\]]", address):
        is_open += 1 if bracket[0] == "[" else -1
        if is_open < 0:
            return bracket.start()
    return len(address)


def target_of(written: str) -> Target | None:
    """Where an address leads that somebody wrote; None if that isn't clear, or isn't the web."""
    if len(written) > LONGEST:
        return None
    if "@" in written and (mail := MAIL.fullmatch(written)):
        host = readable_host(mail[2])
        written = f"{mail[1]}@{mail[2]}"
        return (
            Target(f"mailto:{written}", f"{mail[1]}@{host}", f"{mail[1]}@{host}") if host else None
        )
    parts = ADDRESS.fullmatch(written)
    host = parts and readable_host(parts[2])
    if not parts or not host or not (parts[1] or WORD.fullmatch(parts[2])):
        return None
    label = f"{parts[1] or ''}{host}{MARKS.sub('', parts[3])}"
    return Target(written if parts[1] else f"https://{written}", label, host)


@lru_cache(HOSTS_KNOWN)
def readable_host(host: str) -> str | None:
    """A host as it is shown; None if it is none."""
    if IP.search(host) and not _is_ip(host.strip("[]")):
        return None
    if READABLE.fullmatch(host):
        return host
    if not all(sign in ".-" or unicodedata.category(sign)[0] in "LNM" for sign in host):
        return None
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return None


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


# A word with a dot in it, or a scheme: what a reader takes for an address.
ADDRESS_LIKE = re.compile(r"://|[^\s.]\.[^\s.]")


def passes_as_another(label: str, target: Target) -> bool:
    """Whether the text of a link looks like an address, but not like that to which it leads."""
    seen = unicodedata.normalize("NFKC", MARKS.sub("", label)).replace("\u3002", ".").strip()
    if not ADDRESS_LIKE.search(seen):
        return False
    if target.address.startswith("mailto:"):
        return seen != target.host
    parts = ADDRESS.fullmatch(seen)
    return not parts or parts[2].casefold() != target.host.casefold()
