"""Which characters a name may have: a name is read by others, and must look like what it is."""

from __future__ import annotations

import unicodedata

# Controls, formats (bidi controls are of these), surrogates, private use, line separators.
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
# Letters and signs without ink: fillers of Hangul, inherent vowels of Khmer, blanks of other kinds.
INKLESS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159")
JOINERS = "\u200c\u200d"  # of Persian, Indic scripts and emoji: between two of their characters
# Alphabets with letters that look alike; no word of a person's name is of two of them.
ALPHABETS = {"ARMENIAN", "CHEROKEE", "COPTIC", "CYRILLIC", "GREEK", "LATIN"}
# No ink of their own, but part of what they stand on.
TRANSPARENT = {"Mn", "Me", "Zs"}


def is_blank(text: str) -> bool:
    """Whether nothing of a text can be seen."""
    return all(
        letter.isspace()
        or letter in INKLESS
        or unicodedata.category(letter) in UNSEEN | TRANSPARENT
        for letter in text
    )


def unseen(name: str) -> str | None:
    """The first character of a name that can't be seen, or that turns text around; else None."""
    for index, letter in enumerate(name):
        hidden = unicodedata.category(letter) in UNSEEN or letter in INKLESS
        if hidden and not (letter in JOINERS and _joins(name, index)):
            return letter
    return None


def mixes_alphabets(name: str) -> bool:
    """Whether a word is of two alphabets, as in `p\u0430ypal` with a Cyrillic a."""
    return any(len(_alphabets(word)) > 1 for word in name.split())


def refusal(name: str) -> str | None:
    """Why a text can't be a name; None if it can. An empty one can: it may be optional."""
    letter = unseen(name)
    if letter is not None:
        code = f"U+{ord(letter):04X}"
        return f"A name takes no invisible characters, and none that turn text around ({code})."
    if name and is_blank(name):
        return "A name must have something to see."
    return None


def _joins(name: str, index: int) -> bool:
    beside = name[max(index - 1, 0) : index], name[index + 1 : index + 2]
    return all(letter and not letter.isascii() and not letter.isspace() for letter in beside)


def _alphabets(word: str) -> set[str]:
    return {unicodedata.name(letter, "").partition(" ")[0] for letter in word} & ALPHABETS


def same_name(text: str) -> str:
    """A canonical form of a user name or email address: equal for equal accounts."""
    # `upper` first, as PostgreSQL compares: it takes a dotless i for an i.
    return unicodedata.normalize("NFKC", text).strip().upper().casefold()
