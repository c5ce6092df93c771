"""Cut a text short between two characters that a reader sees: static/js/helpers/text.js too."""

from __future__ import annotations

import unicodedata

JOINER = "\u200d"
SKIN_TONES = range(0x1F3FB, 0x1F400)
TAGS = range(0xE0020, 0xE0080)  # of flags such as that of Wales
FLAGS = range(0x1F1E6, 0x1F200)  # letters of which two are a flag
LONGEST = 40  # code points of one character that are kept together


def cut(text: str, most: int) -> str:
    """The text, or at most `most` code points of it, without the half of a character at the end."""
    if len(text) <= most or text.isascii():
        return text[:most]
    for end in range(most, max(most - LONGEST, 0), -1):
        if not _is_inside(text, end):
            return text[:end]
    return text[:most]


def _is_inside(text: str, at: int) -> bool:
    """Whether the code points before and after a place are of one character."""
    before, after = text[at - 1], text[at]
    code = ord(after)
    if after == JOINER or before == JOINER or code in SKIN_TONES or code in TAGS:
        return True
    if code in FLAGS:
        letters = 0
        while letters < at and ord(text[at - 1 - letters]) in FLAGS:
            letters += 1
        return letters % 2 == 1
    return unicodedata.category(after)[0] == "M" or (before, after) == ("\r", "\n")
