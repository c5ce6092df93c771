"""`@name` in a text: where somebody may be meant, and by which user names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

EVERYBODY = "all"
COMMANDS = frozenset({"ai", "photo"})  # `@ai`, `@photo`: questions to the bot, and nobody
LONGEST = 150  # characters of a user name
ORNAMENTS = 3  # signs at its end that are of the name or of the sentence: `@ada...`, `__@ada__`

# Scripts without blanks between words, and Korean, whose particles follow a name: a mention may
# stand beside their letters. It isn't inside a word of any other.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
)
_LETTER = re.compile(rf"[^\W_{_UNSPACED}]")
_RUN = re.compile(r"@([A-Za-z0-9_@.+-]+)")  # the characters of Django's `ASCIIUsernameValidator`
_WORD = re.compile(r"\S+")
_ADDRESS = re.compile(r"://|^[Ww][Ww][Ww]\.|[A-Za-z0-9]\.[A-Za-z]{2,}[/?#]")
_FENCE = r"^ {0,3}(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})[^\n]*(?:\n.*?)??"
_FENCE += r"(?:\n {0,3}(?P=fence)[`~]*[ \t]*$|\Z)"
_TICKS = r"(?<!`)(?P<ticks>`+)(?!`)(?:[^\n]|\n(?![ \t]*\n))+?(?<!`)(?P=ticks)(?!`)"
_CODE = re.compile(f"{_FENCE}|{_TICKS}", re.DOTALL | re.MULTILINE)


class Place(NamedTuple):
    """An `@` where somebody may be meant: by the first of these user names that exists."""

    start: int
    names: tuple[str, ...]  # in lower case, the longest first


def places(text: str) -> Iterator[Place]:
    """Where a text may mention people: not in code, addresses or words."""
    if "@" not in text:
        return
    if "`" in text or "~~~" in text:
        text = _CODE.sub(lambda code: " " * len(code[0]), text)
    for word in _WORD.finditer(text):
        if "@" in word[0]:
            yield from _places_in(text, *word.span())


def _places_in(text: str, start: int, end: int) -> Iterator[Place]:
    address = _ADDRESS.search(text[start:end])
    end = start + address.start() if address else end
    for run in _RUN.finditer(text, start, end):
        names = names_at(text, run.start(), run.end())
        if names:
            yield Place(run.start(), names)


def names_at(text: str, start: int, end: int) -> tuple[str, ...]:
    """The user names that may be meant by an `@` at `start` and what follows it, up to `end`."""
    before, after = text[max(start - 2, 0) : start], text[end : end + 2]
    if _LETTER.match(before[-1:]) or (before[1:] == "_" and _LETTER.match(before)):
        return ()
    if before[-1:] == "/" and not _follows_a_name(text, start - 1):
        return ()
    if _LETTER.match(after) or (after[:1] == "/" and after[1:] not in ("", "@", " ")):
        return ()
    run = text[start + 1 : end].lower()
    core = len(run.rstrip("@.+-_")) or len(run)
    names = (run[:length] for length in range(min(core + ORNAMENTS, len(run)), core - 1, -1))
    return tuple(name for name in names if len(name) <= LONGEST and name not in COMMANDS)


def _follows_a_name(text: str, slash: int) -> bool:
    """Whether the word before a slash begins with an `@`: `@ada/@grace`."""
    start = text.rfind("@", max(slash - LONGEST - 1, 0), slash)
    return start >= 0 and text[start - 1 : start] in ("", " ", "\n", "/", "(")


def replaced(text: str, shown: Mapping[str, str]) -> str:
    """The text with other names for these user names, wherever it mentions them."""
    if not shown:
        return text
    parts, end = [], 0
    for place in places(text):
        name = next((name for name in place.names if name in shown), None)
        if name is not None:
            parts += [text[end : place.start], "@", shown[name]]
            end = place.start + 1 + len(name)
    return "".join([*parts, text[end:]])
