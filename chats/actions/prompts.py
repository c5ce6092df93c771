"""What a message asks the bot: `@ai QUESTION` or `@photo QUERY`; `/ai` and `/photo` work too."""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["ai", "photo"]

# At the start or after white space, any case; "x@ai.com", "@ai.com" and "/airport" are no prompts.
# ASCII for the name only: with Unicode a dotless i matches i. White space needs Unicode.
_PROMPT = re.compile(r"(?<!\S)[@/](?P<kind>(?ai:ai|photo))[,:]?(?!\S)(?P<argument>.*)", re.DOTALL)


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
    return Prompt(kind, match["argument"].strip())
