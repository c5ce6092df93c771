"""`Range` headers (RFC 9110, 14): one range of bytes, as players of audio and video ask for."""

from __future__ import annotations

import re
from typing import NamedTuple

_ONE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class Span(NamedTuple):
    """Bytes of a file, from `start` up to but not including `stop`."""

    start: int
    stop: int


class Unsatisfiable(Exception):
    """Nothing of the file is in the range (HTTP 416)."""


def span_of(header: str, size: int) -> Span | None:
    """The bytes that a header asks for of a file of this size; None: the whole file.

    Anything but one range, several ranges too, may be answered with the whole file.
    """
    match = _ONE.fullmatch(header)
    if not match or (match[0] and not (match[1] or match[2])):
        return None
    if not match[1]:
        start, last = max(size - int(match[2]), 0), size - 1
    else:
        start, last = int(match[1]), int(match[2]) if match[2] else size - 1
        if match[2] and last < start:
            return None
    if start >= size or (not match[1] and not int(match[2])):
        raise Unsatisfiable
    return Span(start, min(last, size - 1) + 1)
