"""Answers of an OpenAI-compatible chat-completions API."""

from collections.abc import Generator, Sequence
from contextlib import closing
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
    completion = PROVIDER.fetch("POST", **_request(question, history))
    return _whole(_text(completion, "message"))


def stream(question: str, history: Sequence[Turn] = ()) -> Generator[str, None, None]:
    """The answer as it grows: each time all that there is, cut as that of `ask`.

    Raises `ProviderError`, maybe after a part of the answer.
    """
    text, others = "", ""
    with closing(PROVIDER.lines("POST", **_request(question, history, stream=True))) as lines:
        for line in lines:
            if not line.startswith("data:"):
                others += line
            elif (data := line.removeprefix("data:").strip()) == "[DONE]":
                break
            elif part := _text(PROVIDER.json(data), "delta"):
                text += part
                if _cut(text) != text:
                    break
                if text.strip():
                    yield text.strip()
    if not text and others.strip():  # a provider that doesn't stream
        text = _text(PROVIDER.json(others), "message")
    yield _whole(text)


def _request(question: str, history: Sequence[Turn], **body: Any) -> dict[str, Any]:
    key = PROVIDER.require_key(settings.AI_API_KEY)
    return {
        "url": f"{settings.AI_BASE_URL.rstrip('/')}/chat/completions",
        "timeout": settings.AI_TIMEOUT,
        "headers": {"Authorization": f"Bearer {key}"},
        "json": {
            "model": settings.AI_MODEL,
            "max_tokens": settings.AI_MAX_TOKENS,
            "messages": _messages(question, history),
            **body,
        },
    }


def _messages(question: str, history: Sequence[Turn]) -> list[dict[str, str]]:
    system = [{"role": "system", "content": settings.AI_SYSTEM_PROMPT}]
    turns = [*history, Turn("user", question)]
    return [*(system if settings.AI_SYSTEM_PROMPT else []), *(turn._asdict() for turn in turns)]


def _text(completion: Any, part: Literal["message", "delta"]) -> str:
    """The first choice's text, or the model's own words for why there is none (`refusal`)."""
    try:
        if part == "delta" and not completion["choices"]:
            return ""  # what it has used, at the end
        message = completion["choices"][0][part]
        said = message["content"] if part == "message" else message.get("content")
        content = said or message.get("refusal") or ""
    except (KeyError, IndexError, TypeError, AttributeError):
        raise PROVIDER.nonsense() from None
    if not isinstance(content, str):
        raise PROVIDER.nonsense()
    return storable(content)


def _whole(text: str) -> str:
    """The text of an answer that is complete."""
    if not text.strip():
        raise ProviderError(f"{PROVIDER.name} gave an empty answer.", HTTPStatus.BAD_GATEWAY)
    return _cut(text.strip())


def _cut(text: str) -> str:
    limit = settings.MESSAGE_MAX_LENGTH
    if len(text) <= limit:
        return text
    mark = CUT_MARK[: limit - 1]  # a limit shorter than the mark is odd, but no reason to fail
    return cut(text, limit - len(mark)).rstrip() + mark
