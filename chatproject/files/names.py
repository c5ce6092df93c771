"""Names of files, which are labels only: nothing is stored under them."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

NAME_MAX_BYTES = 255  # in UTF-8, as in most file systems
SEPARATORS = "/\\:"
JOINERS = "\u200c\u200d"  # between letters and in emoji
# Of a name in a header: attr-char of RFC 5987.
PLAIN = "!#$&+-.^_`|~"


def problem_of(name: str) -> str:
    """Why this can't be the name of a file, or ""."""
    if any("\ud800" <= sign <= "\udfff" for sign in name):
        return "This holds characters that aren't text (lone surrogates)."
    size = len(name.encode())
    if size > NAME_MAX_BYTES:
        return f"At most {NAME_MAX_BYTES} bytes; this has {size}."
    return "" if clean(name) else "This can't be blank."


def clean(name: str) -> str:
    """A name as it is shown: `_` for what separates folders, controls, hides or turns text around.

    Without blanks at its ends, and without dots before it, which hide files.
    """
    text = unicodedata.normalize("NFC", name)
    return "".join(map(_shown, text)).strip().lstrip(". ")


def _shown(sign: str) -> str:
    if sign in SEPARATORS:
        return "_"
    if sign in JOINERS:
        return sign
    return "_" if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp", "Cn", "Co") else sign


def disposition(name: str, *, inline: bool) -> str:
    """The value of `Content-Disposition` (RFC 6266), with the name in ASCII and as it is."""
    kind = "inline" if inline else "attachment"
    ascii_name = "".join(sign if _is_quotable(sign) else "_" for sign in name)
    return f"{kind}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe=PLAIN)}"


def _is_quotable(sign: str) -> bool:
    return " " <= sign <= "~" and sign not in '"\\%'
