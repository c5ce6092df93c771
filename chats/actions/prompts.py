"""What a message asks the bot: `@ai QUESTION` or `@photo QUERY`; `/ai` and `/photo` work too."""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["ai", "photo"]

# What a prompt may stand in, and what ends it then.
_PAIRS = {"(": ")", "[": "]", "{": "}", "\u201c": "\u201d", "\u201e": "\u201c", "\u2018": "\u2019"}
_PAIRS |= {'"': '"', "'": "'", "\u00ab": "\u00bb", "\u300c": "\u300d", "\uff08": "\uff09"}
# At the start, after white space or in brackets or quotes, any case; "x@ai.com", "@ai.com" and
# "/airport" are no prompts. ASCII for the name only: with Unicode a dotless i matches i. White
# space needs Unicode.
_PROMPT = re.compile(
    rf"(?:(?<!\S)|(?<=(?P<around>[{re.escape(''.join(_PAIRS))}])))"
    r"[@/](?P<kind>(?ai:ai|photo))[,:;.!?\u2026\u2014]*(?!\S)(?P<argument>.*)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Prompt:
    """The first prompt of a message; `argument` is the text after it and may be empty."""

    kind: Kind
    argument: str


def parse(content: str) -> Prompt | None:
    """The prompt in a message's content, or None."""
    match = _PROMPT.search(content)
    if match is None:
        return None
    kind: Kind = "ai" if match["kind"].lower() == "ai" else "photo"
    argument = match["argument"]
    if around := match["around"]:
        argument = _inside(argument, around, _PAIRS[around])
    return Prompt(kind, argument.strip())


def _inside(text: str, opening: str, closing: str) -> str:
    """The text up to where what was opened before it is closed; all of it if that is nowhere."""
    depth = 1
    for index, sign in enumerate(text):
        is_apostrophe = sign in "'\u2019" and text[index + 1 : index + 2].isalpha()
        if sign == closing and not is_apostrophe:
            depth -= 1
        elif sign == opening != closing:
            depth += 1
        if depth == 0:
            return text[:index]
    return text
