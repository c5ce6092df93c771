"""Daphne's requests, with a bound on their bodies."""

from __future__ import annotations

import asyncio
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import Any

from daphne import http_protocol
from django.conf import settings

from chatproject.headers import of_handshakes
from chatproject.incoming import SPOOLED
from chatproject.sizes import is_upload, most_of

REQUEST = "chat.request"  # of a scope: the request that it is of
KEPT = 64 * 1024  # bytes of an upload that are kept in memory


class WebRequest(http_protocol.WebRequest):
    """One request, of whose body `BODY_MAX_SIZE` bytes are kept, in memory; the rest is dropped.

    The application sees the size in `Content-Length`, and refuses it. Twisted would keep all. A
    file is kept on the disk instead, for those who give a session or a token.
    """

    size = 0  # bytes of the body so far
    most = 0  # bytes that are kept
    writable: asyncio.Event  # set while the transport takes more
    is_spooled = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.writable = asyncio.Event()
        self.writable.set()

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        method, path = self.channel._command.decode(), self.channel._path.partition(b"?")[0]
        self.most = most_of(method, path.decode("latin-1"))
        self.is_spooled = is_upload(method, path.decode("latin-1")) and self._has_credentials()
        if not self.is_spooled:
            self.most = min(self.most, settings.BODY_MAX_SIZE)
        self.content = SpooledTemporaryFile(KEPT) if self.is_spooled else BytesIO()  # noqa: SIM115

    def _has_credentials(self) -> bool:
        return any(map(self.requestHeaders.hasHeader, (b"cookie", b"authorization")))

    def into(self, scope: dict[str, Any]) -> None:
        """Hand a file to the application: Daphne would put it into a queue, all at once."""
        scope[REQUEST] = self
        if self.is_spooled:
            scope[SPOOLED], self.content = self.content, BytesIO()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        self.size += len(data)
        if self.size <= self.most:
            super().handleContentChunk(data)

    def process(self) -> Any:
        if self.size > self.most:
            self.is_spooled = False
            self.content.close()
            self.content = BytesIO()
            self.requestHeaders.setRawHeaders(b"content-length", [b"%d" % self.size])
        return super().process()

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Send a message of the application; nothing of a body as an answer to HEAD (RFC 9110)."""
        if self.method == b"HEAD" and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        super().handle_reply(message)

    async def send(self, message: dict[str, Any], send: Any) -> None:
        """Send a message of the application, once the peer has read most of those before it."""
        is_part = message["type"] == "http.response.body" and message.get("more_body")
        if is_part and self.producer is None and self.channel is not None:
            self.registerProducer(self, True)
        await self.writable.wait()
        if not is_part and self.producer is not None and self.channel is not None:
            self.unregisterProducer()
        await send(message)

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        self.writable.set()
        super().connectionLost(reason)

    # Called by the transport, to which this is an `IPushProducer`

    def pauseProducing(self) -> None:  # noqa: N802
        self.writable.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self.writable.set()

    def stopProducing(self) -> None:  # noqa: N802
        self.writable.set()

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        """Answer with an error of the server, with the headers of every answer."""
        headers = [(b"content-type", b"text/plain; charset=utf-8"), *of_handshakes()]
        self.handle_reply({"type": "http.response.start", "status": status, "headers": headers})
        self.handle_reply({"type": "http.response.body", "body": body.encode()})
