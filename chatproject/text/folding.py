"""Text as it is searched: without accents, case and punctuation, the same whatever the database."""

from __future__ import annotations

import unicodedata

# Letters with a stroke, and ligatures, which no decomposition takes apart.
PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)


def words(text: str) -> list[str]:
    """The words of a text, folded: `Zoë O'Neil` has `zoe`, `o` and `neil`."""
    bare = _without_accents(_without_accents(text).casefold()).translate(PLAIN)
    return "".join(sign if _is_of_word(sign) else " " for sign in bare).split()


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def _is_of_word(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign)[0] == "M"
