"""Code in colours: comments, strings, numbers, words, as `<span>` with the classes of Pygments.

One pass of one regular expression, whose parts never look back, so it is linear in any text.
Pygments itself isn't: 10,000 characters took its lexer of Java 5 s (decision 22).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from .language import Language
from .languages import ALIASES, LANGUAGES

# Comment, string, number, keyword, constant, builtin or type, function, tag or key, attribute,
# inserted and deleted lines, heading of a part.
CLASSES = ("c", "s", "m", "k", "kc", "nb", "nf", "nt", "na", "gi", "gd", "gu")
NAME = re.compile(r"[a-z0-9][a-z0-9+#._-]{0,19}")


def language_of(info: str) -> str:
    """The name of a language as a fence gives it, or of what it is short for; empty for no name."""
    name = info.lower()
    if name in ALIASES:
        return ALIASES[name]
    return name if NAME.fullmatch(name) else ""


def highlighted(code: str, language: str) -> str:
    """Code as HTML, escaped; in colours if the language is one of `LANGUAGES`."""
    known = LANGUAGES.get(language)
    return "".join(_spans(code, known)) if known else escape(code, quote=False)


def _spans(code: str, language: Language) -> Iterator[str]:
    end = 0
    for match in language.pattern.finditer(code):
        if kind := _kind(match, language):
            yield escape(code[end : match.start()], quote=False)
            yield f'<span class="{kind}">{escape(match[0], quote=False)}</span>'
            end = match.end()
    yield escape(code[end:], quote=False)


def _kind(match: re.Match[str], language: Language) -> str | None:
    kind = language.parts[(match.lastindex or 1) - 1][0]
    if kind != "word":
        return kind
    word = match[0] if language.has_cases else match[0].lower()
    if word in language.keywords:
        return "k"
    if word in language.constants:
        return "kc"
    if word in language.builtins:
        return "nb"
    return "nf" if match.string.startswith("(", match.end()) else None
