"""Text of people in directions: what turns other text around is neither kept nor shown.

Right-to-left text beside other text must be isolated (Unicode Standard Annex 9): in HTML by `<bdi>`
or `dir="auto"`, where there are no elements (titles, attributes) by `isolate`. The rules of
static/js/helpers/text.js.
"""

from __future__ import annotations

import re

# Embeddings, overrides and isolates, also the deprecated ones. Marks (LRM, RLM, ALM) turn nothing
# around but the signs beside them, and people who write from right to left need them.
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u206a-\u206f]")
MARKS = re.compile("[\u061c\u200e\u200f]")
RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


def shown(text: str) -> str:
    """Text of people as it is shown: without the characters that turn text around.

    Lines end with LF: HTML makes that of CR and CR LF, a text that a script shows keeps them.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isascii() else TURNING.sub("", text)


def isolate(text: str) -> str:
    """Text of people to be put into a sentence without elements."""
    text = shown(text)
    if text.isascii():
        return text
    has_turns = RIGHT_TO_LEFT.search(text) or MARKS.search(text)
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}" if has_turns else text
