"""Bodies of requests end at `BODY_MAX_SIZE` bytes, before anything keeps or parses them.

A body that is too large is handed on empty, with its length as `Content-Length`: by that
`refusals.py` answers 413, as it does without these wrappers if the client gives the length.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers import asgi, wsgi

from .encoding import ASGIRequest, WSGIRequest

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]

END = {"type": "http.request", "body": b"", "more_body": False}


def length_of(text: str | bytes | None) -> int:
    """The number in a `Content-Length` header; 0 if there is none in it."""
    return int(text) if text and text.isdigit() else 0


class ASGIHandler(asgi.ASGIHandler):
    """Django's handler, which would store a body of any size before it looks at the request."""

    request_class = ASGIRequest

    async def handle(self, scope: Message, receive: Any, send: Any) -> None:
        await super().handle(scope, limited(scope, receive), send)


def limited(scope: Message, receive: Receive) -> Receive:
    """`receive` for the request of this scope, whose body ends once it is too large."""
    most = settings.BODY_MAX_SIZE
    size = length_of(dict(scope["headers"]).get(b"content-length"))
    taken, told = 0, False  # bytes of the body; whether the application knows that it is too large

    async def receive_within() -> Message:
        nonlocal size, taken, told
        while size <= most or told:
            message = await receive()
            if message["type"] != "http.request":
                return message
            taken += len(message.get("body", b""))
            size = max(size, taken)
            if size <= most:
                if not message.get("more_body"):
                    _give_length(scope, taken)  # frameworks take a body without it for empty
                return message
        told = True
        _give_length(scope, size)
        return END

    return receive_within


def _give_length(scope: Message, size: int) -> None:
    others = [header for header in scope["headers"] if header[0] != b"content-length"]
    scope["headers"] = [*others, (b"content-length", b"%d" % size)]


class WSGIHandler(wsgi.WSGIHandler):
    """Django's handler, which would take a body of unknown length (chunked) for an empty one."""

    request_class = WSGIRequest

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if environ.get("wsgi.input_terminated") and not environ.get("CONTENT_LENGTH"):
            measure(environ)
        return super().__call__(environ, start_response)


def measure(environ: dict[str, Any]) -> None:
    """Read a body of unknown length, up to one byte more than may be, and give its length."""
    most, body = settings.BODY_MAX_SIZE, bytearray()
    while len(body) <= most and (chunk := environ["wsgi.input"].read(most + 1 - len(body))):
        body += chunk
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["wsgi.input"] = BytesIO(body)
