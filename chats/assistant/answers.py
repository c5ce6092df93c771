"""What the bot says to a prompt."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass

from chatproject.stores.outages import deadline
from chats.actions.prompts import Prompt
from chats.models import Message

from . import ai, unsplash
from .before import said_before
from .providers import ProviderError

logger = logging.getLogger(__name__)

USAGE = {
    "ai": "Ask me something: “@ai QUESTION”, for example “@ai How does a loom work?”",
    "photo": "Tell me what to look for: “@photo QUERY”, for example “@photo red bicycle”",
}
GAVE_UP = "I tried several times and couldn't answer this. Please ask in another way."


@dataclass(frozen=True)
class Answer:
    """The bot's message: text, and a photo with its attribution."""

    content: str
    photo: dict[str, str] | None = None


def answers_to(question: Message, prompt: Prompt) -> Generator[Answer, None, None]:
    """The answer to a message's prompt as it grows; the last one is all of it.

    Failures are explained in its text.
    """
    content = ""
    try:
        if not prompt.argument:
            yield Answer(USAGE[prompt.kind])
        elif prompt.kind == "photo":
            yield _photo_answer(prompt.argument)
        else:
            with deadline():
                before = said_before(question)
            with closing(ai.stream(prompt.argument, before)) as texts:
                for content in texts:
                    yield Answer(content)
    except ProviderError as error:
        yield Answer(joined(content, error.message))


def joined(content: str, ending: str) -> str:
    """What was said until now, if anything, and how it ends."""
    return f"{content}\n\n{ending}" if content else ending


def _photo_answer(query: str) -> Answer:
    photo = unsplash.find(query)
    # The text is for the chat list, quotes, and clients that show no images.
    return Answer(f"Photo: {photo['alt']}", photo)
