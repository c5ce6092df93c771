"""How a language is coloured: what its comments and strings look like, and its words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

# Each takes what it has begun with, closed or not: none goes back and tries again.
SLASHES = r"//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?"
HASH = r"(?<![\w$])#[^\n]*"
DASHES = r"--[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?"
DOUBLE = r'"(?:[^"\\\n]|\\[\s\S])*+"?'
SINGLE = r"'(?:[^'\\\n]|\\[\s\S])*+'?"
BACKTICK = r"`(?:[^`\\]|\\[\s\S])*+`?"
TRIPLE = r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*+(?:""")?' + r"|'''(?:[^'\\]|\\[\s\S]|'(?!''))*+(?:''')?"
CHARACTER = r"'(?:[^'\\\n]|\\[^\n]{1,9})'"
NUMBER = r"(?<![\w.])(?:0[xXbBoO][\da-fA-F_]++|\d[\d_]*+(?:\.\d[\d_]*+)?(?:[eE][+-]?\d++)?)\w*+"
DECORATORS = (("nb", r"(?<!\w)@\w[\w.]*+"),)
VALUES = "true false null"
WORD = r"[^\W\d]\w*+"


@dataclass(frozen=True)
class Language:
    """How a language is coloured."""

    comment: str = ""
    string: str = ""
    words: str = ""  # keywords
    values: str = ""  # words that are constants
    names: str = ""  # builtins and types
    more: tuple[tuple[str, str], ...] = ()  # class and pattern, before all others
    word: str = WORD
    has_cases: bool = True

    @cached_property
    def parts(self) -> list[tuple[str, str]]:
        """Classes (or `word`) and what has them, in the order in which they are tried."""
        kinds = [("c", self.comment), ("s", self.string), ("m", NUMBER), ("word", self.word)]
        return [(kind, part) for kind, part in (*self.more, *kinds) if part]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All parts, each a group."""
        return re.compile("|".join(f"({part})" for _, part in self.parts), re.MULTILINE)

    @cached_property
    def keywords(self) -> frozenset[str]:
        """Its keywords."""
        return frozenset(self.words.split())

    @cached_property
    def constants(self) -> frozenset[str]:
        """Its words for values."""
        return frozenset(self.values.split())

    @cached_property
    def builtins(self) -> frozenset[str]:
        """Its builtin names and types."""
        return frozenset(self.names.split())
