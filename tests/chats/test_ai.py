"""The client of the chat-completions API, against a local server that speaks it."""

import socket
import time

import pytest

from chatproject.calls import RESPONSE_MAX_BYTES
from chats.assistant import ai
from chats.assistant.ai import CUT_MARK, Turn
from chats.assistant.providers import ProviderError
from tests.provider_server import KEY, completion


def refusal(question: str = "Why?") -> ProviderError:
    """The error that asking ends with."""
    with pytest.raises(ProviderError) as caught:
        ai.ask(question)
    return caught.value


def test_a_question_is_answered(provider):
    assert ai.ask("What is a loom?") == "Echo: What is a loom?"


def test_the_request_names_model_prompt_key_and_what_was_said_before(provider, settings):
    settings.AI_MODEL, settings.AI_SYSTEM_PROMPT = "loom-1", "Be brief."
    ai.ask("And then?", [Turn("user", "Who?"), Turn("assistant", "Ada.")])

    [request] = provider.asked("/chat/completions")
    assert request.method == "POST"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body == {
        "model": "loom-1",
        "max_tokens": settings.AI_MAX_TOKENS,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Who?"},
            {"role": "assistant", "content": "Ada."},
            {"role": "user", "content": "And then?"},
        ],
    }


def test_an_empty_system_prompt_is_left_out(provider, settings):
    settings.AI_SYSTEM_PROMPT = ""
    ai.ask("Why?")

    [request] = provider.asked("/chat/completions")
    assert [message["role"] for message in request.body["messages"]] == ["user"]


def test_without_a_key_nothing_is_asked(provider, settings):
    settings.AI_API_KEY = " "
    error = refusal()

    assert "AI_API_KEY" in error.message
    assert error.status_code == 503
    assert provider.requests == []


def test_a_wrong_key_is_told_without_the_key(provider, settings):
    settings.AI_API_KEY = "sk-wrong"
    error = refusal()

    assert "didn't accept our key" in error.message
    assert "sk-wrong" not in error.message
    assert error.status_code == 502


def test_a_key_that_cannot_be_sent_is_an_error_without_the_key(provider, settings):
    settings.AI_API_KEY = "sk-ключ"

    assert "can't be reached" in refusal().message
    assert "ключ" not in refusal().message


@pytest.mark.parametrize(
    ("status", "words", "ours"),
    [
        (403, "doesn't allow", 502),
        (404, "refused the request (HTTP 404)", 502),
        (302, "refused the request (HTTP 302)", 502),
        (429, "quota", 503),
        (500, "has a problem (HTTP 500)", 502),
        (503, "has a problem (HTTP 503)", 502),
    ],
)
def test_a_refusal_is_told_in_words(provider, status, words, ours):
    provider.status, provider.body = status, {"error": {"message": "internal detail"}}
    error = refusal()

    assert words in error.message
    assert "internal detail" not in error.message
    assert error.status_code == ours


@pytest.mark.parametrize(
    "body",
    [
        b"<html>It works!</html>",
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        [],
        "text",
        {},
        {"choices": []},
        {"choices": [{"message": None}]},
        {"choices": [{"message": {"content": ["parts"]}}]},
    ],
)
def test_nonsense_is_told_as_such(provider, body):
    provider.body = body

    assert "makes no sense" in refusal().message


@pytest.mark.parametrize("content", ["", " \n ", None, "\x00"])
def test_an_empty_answer_is_told_as_such(provider, content):
    provider.body = completion(content)

    assert "empty answer" in refusal().message


def test_the_models_own_refusal_is_the_answer(provider):
    body = completion(None)
    body["choices"][0]["message"]["refusal"] = "I'd rather not."
    provider.body = body

    assert ai.ask("Why?") == "I'd rather not."


def test_what_mongodb_cannot_store_is_taken_out(provider):
    provider.body = completion("a\x00b\ud800c 😀")

    assert ai.ask("Why?") == "abc 😀"


def test_a_long_answer_is_cut_with_a_mark(provider, settings):
    provider.body = completion("x" * 300)
    settings.MESSAGE_MAX_LENGTH = 300
    assert ai.ask("Why?") == "x" * 300

    settings.MESSAGE_MAX_LENGTH = 299
    answer = ai.ask("Why?")
    assert len(answer) == 299
    assert answer.endswith("x" + CUT_MARK)


def test_a_response_without_end_is_not_read_to_the_end(provider):
    provider.body = b" " * (RESPONSE_MAX_BYTES + 1)

    assert "can't be reached" in refusal().message


def test_a_provider_that_hangs_is_given_up_after_the_timeout(provider, settings):
    settings.AI_TIMEOUT = 0.3
    provider.go_on.clear()
    started = time.monotonic()
    error = refusal()

    assert "didn't answer within 0.3 seconds" in error.message
    assert error.status_code == 504
    assert time.monotonic() - started < 5


def test_a_provider_that_trickles_is_given_up_after_the_timeout(provider, settings):
    settings.AI_TIMEOUT = 0.5
    provider.trickle = True

    assert refusal().status_code == 504


@pytest.mark.parametrize("path", ["", "no-scheme", "http://[", "ftp://127.0.0.1"])
def test_a_wrong_address_is_told_in_words(provider, settings, path):
    settings.AI_BASE_URL = path

    assert "can't be reached" in refusal().message


def test_a_provider_that_is_away_is_told_in_words(provider, settings):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.AI_BASE_URL = f"http://127.0.0.1:{unused.getsockname()[1]}"
        error = refusal()

    assert "can't be reached" in error.message
    assert error.status_code == 503
