"""`@name` in a text: by which user names somebody may be meant."""

from __future__ import annotations

import re

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


def names_in(text: str) -> set[str]:
    """All user names that a text may mention, in lower case; also those in code, as it is cheap."""
    if "@" not in text:
        return set()
    return {name for run in _RUN.finditer(text) for name in names_at(text, run.start())}


def names_at(text: str, start: int) -> tuple[str, ...]:
    """The user names that may be meant by the `@` at `start`, in lower case, the longest first."""
    run = _RUN.match(text, start) if _may_follow(text, start) else None
    if run is None or not _may_end(text, run.end()):
        return ()
    written = run[1].lower()
    core = len(written.rstrip("@.+-_")) or len(written)
    longest = min(core + ORNAMENTS, len(written))
    names = (written[:length] for length in range(longest, core - 1, -1))
    return tuple(name for name in names if len(name) <= LONGEST and name not in COMMANDS)


def _may_follow(text: str, start: int) -> bool:
    """Whether what is before an `@` lets it mention somebody: no word, no path, no other `@`."""
    before = text[max(start - 2, 0) : start]
    if _LETTER.match(before[-1:]) or (before[1:] == "_" and _LETTER.match(before)):
        return False
    return before[-1:] != "@" and (before[-1:] != "/" or _follows_a_name(text, start - 1))


def _follows_a_name(text: str, slash: int) -> bool:
    """Whether the word before a slash is an `@` and a name: `@ada/@grace`."""
    start = text.rfind("@", max(slash - LONGEST - 1, 0), slash)
    run = _RUN.match(text, start) if start >= 0 else None
    return (
        run is not None and run.end() == slash and text[start - 1 : start] in ("", " ", "\n", "(")
    )


def _may_end(text: str, end: int) -> bool:
    """Whether what follows lets it end: no other letter, and no path, as of `@scope/package`."""
    after = text[end : end + 2]
    return not _LETTER.match(after) and (after[:1] != "/" or after[1:] in ("", "@", " ", "\n"))
