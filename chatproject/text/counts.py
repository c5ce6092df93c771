"""Numbers of things in sentences."""

from __future__ import annotations


def plural(count: int, word: str, words: str = "") -> str:
    """`1 message`, `2,000 messages`; `words` if the plural isn't the word with an `s`."""
    return f"{count:,} {word if count == 1 else words or f'{word}s'}"
