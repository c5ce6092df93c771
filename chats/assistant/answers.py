"""What the bot says to a prompt."""

import logging
from dataclasses import dataclass

from django.contrib.auth import get_user_model

from chatproject.stores.outages import deadline
from chats.actions.prompts import Prompt, parse
from chats.models import Chat, Message

from . import ai, unsplash
from .ai import Turn
from .providers import ProviderError

logger = logging.getLogger(__name__)

USAGE = {
    "ai": "Ask me something: “@ai QUESTION”, for example “@ai How does a loom work?”",
    "photo": "Tell me what to look for: “@photo QUERY”, for example “@photo red bicycle”",
}
GAVE_UP = "I tried several times and couldn't answer this. Please ask in another way."
THREAD_LENGTH = 10  # earlier messages sent along with a question


@dataclass(frozen=True)
class Answer:
    """The bot's message: text, and a photo with its attribution."""

    content: str
    photo: dict[str, str] | None = None


def answer_to(question: Message, prompt: Prompt) -> Answer:
    """The answer to a message's prompt; failures are explained in its text."""
    if not prompt.argument:
        return Answer(USAGE[prompt.kind])
    try:
        if prompt.kind == "photo":
            return _photo_answer(prompt.argument)
        with deadline():
            thread = _thread_before(question)
        return Answer(ai.ask(prompt.argument, thread))
    except ProviderError as error:
        return Answer(error.message)


def _photo_answer(query: str) -> Answer:
    photo = unsplash.find(query)
    # The text is for the chat list, quotes, and clients that show no images.
    return Answer(f"Photo: {photo['alt']}", photo)


def _thread_before(question: Message) -> list[Turn]:
    """The chain of replies that led to the question, oldest first; nothing else of the chat.

    And nothing that whoever asks doesn't see.
    """
    bot = get_user_model().objects.bot()
    chat = Chat.objects.filter(pk=question.chat_id).first() if question.reply_to else None
    since = chat.since(question.sender_id) if chat else 0
    turns: list[Turn] = []
    reply_to = question.reply_to
    while reply_to and len(turns) < THREAD_LENGTH:
        message = Message.objects.in_chat(question.chat_id).filter(pk=reply_to).first()
        if message is None or message.deleted_at or message.seq <= since:
            break
        asked = parse(message.content)
        by_bot = message.sender_id == bot.pk
        content = asked.argument if asked and not by_bot else message.content
        turns.insert(0, Turn("assistant" if by_bot else "user", content))
        reply_to = message.reply_to
    return turns
