"""What a message asks of the bot: `@ai QUESTION` or `@photo QUERY`, `/ai` and `/photo` too."""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["ai", "photo"]

# At the start or after white space, any case; "x@ai.com", "@ai.com" and "/airport" are no commands.
# ASCII for the name only: Unicode would let a dotless i be an i, and must say what a blank is.
_COMMAND = re.compile(r"(?<!\S)[@/](?P<kind>(?ai:ai|photo))[,:]?(?!\S)(?P<argument>.*)", re.DOTALL)


@dataclass(frozen=True)
class Command:
    """The first command of a message; `argument` is what follows it, and may be empty."""

    kind: Kind
    argument: str


def parse(content: str) -> Command | None:
    """The command in a message's content, or None."""
    match = _COMMAND.search(content)
    if match is None:
        return None
    kind: Kind = "ai" if match["kind"].lower() == "ai" else "photo"
    return Command(kind, match["argument"].strip())
