"""Bodies of requests end at `BODY_MAX_SIZE` bytes, before anything keeps or parses them.

Only files may be larger: `ATTACHMENT_MAX_SIZE`, read as they come (`incoming.py`).

A body that is too large is handed on empty, with its length as `Content-Length`: by that
`refusals.py` answers 413, as it does without these wrappers if the client gives the length.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.handlers import asgi, wsgi

from .encoding import ASGIRequest, WSGIRequest
from .incoming import Body, Message, Receive, body_of
from .sizes import is_upload, length_of, most_of

END = {"type": "http.request", "body": b"", "more_body": False}


class ASGIHandler(asgi.ASGIHandler):
    """Django's handler, which would store a body of any size before it looks at the request."""

    request_class = ASGIRequest

    async def handle(self, scope: Message, receive: Any, send: Any) -> None:
        if is_upload(scope["method"], scope["path"]):
            receive = body_of(scope, receive)
        else:
            receive = limited(scope, receive)
        await super().handle(scope, receive, send)

    async def read_body(self, receive: Any) -> Any:
        """The body of a request; of an upload, before it has come."""
        return receive if isinstance(receive, Body) else await super().read_body(receive)


def limited(scope: Message, receive: Receive) -> Receive:
    """`receive` for the request of this scope, whose body ends once it is too large."""
    most = most_of(scope["method"], scope["path"])
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
        is_unknown = environ.get("wsgi.input_terminated") and not environ.get("CONTENT_LENGTH")
        if is_unknown and not is_upload(environ["REQUEST_METHOD"], environ["PATH_INFO"]):
            measure(environ)
        return super().__call__(environ, start_response)


def measure(environ: dict[str, Any]) -> None:
    """Read a body of unknown length, up to one byte more than may be, and give its length."""
    most, body = most_of(environ["REQUEST_METHOD"], environ["PATH_INFO"]), bytearray()
    while len(body) <= most and (chunk := environ["wsgi.input"].read(most + 1 - len(body))):
        body += chunk
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["wsgi.input"] = BytesIO(body)
