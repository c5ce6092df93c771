"""Daphne's requests, with a bound on their bodies."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from daphne import http_protocol
from django.conf import settings

from chatproject.headers import of_handshakes


class WebRequest(http_protocol.WebRequest):
    """One request, of whose body `BODY_MAX_SIZE` bytes are kept, in memory; the rest is dropped.

    The application sees the size in `Content-Length`, and refuses it. Twisted would keep all.
    """

    size = 0  # bytes of the body so far

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        self.content = BytesIO()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        self.size += len(data)
        if self.size <= settings.BODY_MAX_SIZE:
            super().handleContentChunk(data)

    def process(self) -> Any:
        if self.size > settings.BODY_MAX_SIZE:
            self.content = BytesIO()
            self.requestHeaders.setRawHeaders(b"content-length", [b"%d" % self.size])
        return super().process()

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Send a message of the application; nothing of a body as an answer to HEAD (RFC 9110)."""
        if self.method == b"HEAD" and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        super().handle_reply(message)

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        """Answer with an error of the server, with the headers of every answer."""
        headers = [(b"content-type", b"text/plain; charset=utf-8"), *of_handshakes()]
        self.handle_reply({"type": "http.response.start", "status": status, "headers": headers})
        self.handle_reply({"type": "http.response.body", "body": body.encode()})
