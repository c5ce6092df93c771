"""A form of a page that is sent twice, as by a double click without scripts: answered alike.

A token of a form is made anew with its page, so the same fields with the same token are the same
form. The second waits for the first, and is done as well, which changes nothing where that was
done; only then it is answered what the first one was: a 404 would look as if that had failed.
"""

from __future__ import annotations

import hashlib
import json
import time
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from chatproject.stores.redis_client import RedisClient

REMEMBERED = 60  # seconds for which an answer is kept
WAIT = 3.0  # seconds for the end of a first form that is under way
PAUSE = 0.05  # seconds between two looks for it
TIMEOUT, REST = 0.8, 1.0  # seconds, as of rate limits

Told = list[tuple[int, str, str]]  # level, text and tags of messages


class DoubledFormsMiddleware:
    """Answers the second of two forms like the first, if that one led on without a problem."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        sent: SentForm | None = getattr(request, "sent_form", None)
        return sent.answer(request, response) if sent else response

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Note the form: its token is checked by now."""
        if key := _key(request):
            request.sent_form = SentForm(key, request)  # type: ignore[attr-defined]


class SentForm:
    """A form that was sent, maybe not for the first time."""

    def __init__(self, key: str, request: HttpRequest) -> None:
        self._key = key
        # Signing in and up have rules of their own, and their answers are more than an address.
        # Who isn't signed in any more may have been by the first one: it ended the sign-in.
        self._may_be_first = request.user.is_authenticated
        self._is_first = False
        self._first_answer: dict[str, Any] | None = None
        self._begin()

    def answer(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """The response, or that of the first one; `request` gets its messages."""
        leads_on = response.status_code == 302
        told = _take_messages(request) if leads_on else []
        if self._is_first:
            is_done = leads_on and all(level == messages.SUCCESS for level, *_ in told)
            self._end({"url": response.headers["Location"], "told": told} if is_done else None)
        elif first := self._first_answer:
            response, told = HttpResponseRedirect(first["url"]), first["told"]
        for level, text, tags in told:
            messages.add_message(request, level, text, tags)
        return response

    def _begin(self) -> None:
        until = time.monotonic() + WAIT
        while not self._is_claimed() and time.monotonic() < until:
            kept = _ask(self._key, "GET", self._key)
            if kept != b"":
                self._first_answer = json.loads(kept) if kept else None
                return
            time.sleep(PAUSE)

    def _is_claimed(self) -> bool:
        if self._may_be_first:
            claimed = _ask(self._key, "SET", self._key, "", "NX", "EX", REMEMBERED)
            self._is_first = bool(claimed)
        return self._is_first

    def _end(self, answer: dict[str, Any] | None) -> None:
        if answer is None:
            _ask(self._key, "DEL", self._key)
        else:
            _ask(self._key, "SET", self._key, json.dumps(answer), "EX", REMEMBERED)


def _key(request: HttpRequest) -> str | None:
    """What two sendings of one form of one browser have in common; None if it is no form."""
    session = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    is_page = request.method == "POST" and not request.path_info.startswith("/api/")
    if not (is_page and session and "csrfmiddlewaretoken" in request.POST):
        return None
    text = "\n".join((session, request.get_full_path(), request.POST.urlencode()))
    digest = hashlib.blake2b(text.encode(errors="replace"), digest_size=16).hexdigest()
    return f"form:{digest}"


def _take_messages(request: HttpRequest) -> Told:
    taken = messages.get_messages(request)
    return [(each.level, str(each.message), each.extra_tags) for each in taken]


def _ask(key: str, *command: str | int) -> Any:
    """The answer of the Redis of a key; None while it is away."""
    urls = settings.REDIS_URLS
    try:
        return _client(urls[zlib.crc32(key.encode()) % len(urls)]).ask(*command)
    except redis.RedisError:
        return None


@cache
def _client(url: str) -> RedisClient:
    return RedisClient(url, timeout=TIMEOUT, rest=REST)
