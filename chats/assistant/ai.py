"""Answers of an OpenAI-compatible chat-completions API."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Literal, NamedTuple

from django.conf import settings

from chatproject.text.cuts import cut

from .providers import Provider, ProviderError, storable

PROVIDER = Provider("The AI provider", "AI_API_KEY")
CUT_MARK = "\n\n… (The answer was longer; the rest is cut off.)"


class Turn(NamedTuple):
    """What was said before a question."""

    role: Literal["user", "assistant"]
    content: str


def ask(question: str, history: Sequence[Turn] = ()) -> str:
    """The answer, at most `MESSAGE_MAX_LENGTH` characters; raises `ProviderError` without one."""
    key = PROVIDER.require_key(settings.AI_API_KEY)
    completion = PROVIDER.fetch(
        "POST",
        f"{settings.AI_BASE_URL.rstrip('/')}/chat/completions",
        timeout=settings.AI_TIMEOUT,
        headers={"Authorization": f"Bearer {key}"},
        json={
            "model": settings.AI_MODEL,
            "max_tokens": settings.AI_MAX_TOKENS,
            "messages": _messages(question, history),
        },
    )
    return _cut(_text(completion))


def _messages(question: str, history: Sequence[Turn]) -> list[dict[str, str]]:
    system = [{"role": "system", "content": settings.AI_SYSTEM_PROMPT}]
    turns = [*history, Turn("user", question)]
    return [*(system if settings.AI_SYSTEM_PROMPT else []), *(turn._asdict() for turn in turns)]


def _text(completion: Any) -> str:
    """The first choice's text, or the model's own words for why there is none (`refusal`)."""
    try:
        message = completion["choices"][0]["message"]
        content = message["content"] or message.get("refusal") or ""
    except (KeyError, IndexError, TypeError, AttributeError):
        raise PROVIDER.nonsense() from None
    if not isinstance(content, str):
        raise PROVIDER.nonsense()
    text = storable(content).strip()
    if not text:
        raise ProviderError(f"{PROVIDER.name} gave an empty answer.", HTTPStatus.BAD_GATEWAY)
    return text


def _cut(text: str) -> str:
    limit = settings.MESSAGE_MAX_LENGTH
    if len(text) <= limit:
        return text
    mark = CUT_MARK[: limit - 1]  # a limit shorter than the mark is odd, but no reason to fail
    return cut(text, limit - len(mark)).rstrip() + mark
