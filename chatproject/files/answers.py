"""Files as answers: streamed, or handed on to the proxy or the storage; all with ranges.

Whoever asks was let in before this. What browsers show without harm is inline, anything else is
saved by them; none of it runs, whatever it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from chatproject.headers import NOTHING, POLICY

from .names import disposition
from .ranges import Span, Unsatisfiable, span_of
from .signatures import INLINE, PDF
from .store import PIECE, files, pieces

KEPT = 600  # seconds for which the browser of who asked keeps a file
SIGNED_FOR = KEPT + 300  # seconds for which an address of the storage is good
SANDBOX = f"sandbox; {NOTHING}"


@dataclass(frozen=True)
class Stored:
    """A file that is stored, and how it is answered."""

    key: str
    name: str
    kind: str  # its media type

    @property
    def headers(self) -> dict[str, str]:
        """The headers of its answers. A PDF has no sandbox: in one browsers show none."""
        inline = self.kind in INLINE
        return {
            "Content-Type": self.kind,
            "Content-Disposition": disposition(self.name, inline=inline),
            "Cache-Control": f"private, max-age={KEPT}",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            POLICY: NOTHING if self.kind == PDF else SANDBOX,
        }


def answer(request: HttpRequest, stored: Stored) -> HttpResponseBase:
    """The answer with a file, by the way of `ATTACHMENTS_SERVED_BY`.

    Raises `FileNotFoundError` if the storage, asked by Django itself, has none.
    """
    match settings.ATTACHMENTS_SERVED_BY:
        case "proxy":
            location = settings.ATTACHMENTS_LOCATION + quote(stored.key)
            return HttpResponse(headers={**stored.headers, "X-Accel-Redirect": location})
        case "storage":
            return _redirect(stored)
    return _streamed(request, stored)


def _redirect(stored: Stored) -> HttpResponse:
    """To an address that the storage has signed, with the headers that it takes by parameters."""
    names = ("Content-Type", "Content-Disposition", "Cache-Control")
    said = {f"Response{name.replace('-', '')}": stored.headers[name] for name in names}
    storage: Any = files()
    address = storage.url(stored.key, parameters=said, expire=SIGNED_FOR)
    headers = {"Location": address, "Cache-Control": f"private, max-age={KEPT // 2}"}
    return HttpResponse(status=302, headers=headers)


def _streamed(request: HttpRequest, stored: Stored) -> HttpResponseBase:
    size = files().size(stored.key)
    headers = {**stored.headers, "Accept-Ranges": "bytes"}
    try:
        span = span_of(request.headers.get("Range", ""), size)
    except Unsatisfiable:
        headers["Content-Range"] = f"bytes */{size}"
        return HttpResponse(status=416, headers=headers)
    start, stop = span or Span(0, size)
    headers["Content-Length"] = str(stop - start)
    if span:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    if request.method == "HEAD":
        return HttpResponse(status=206 if span else 200, headers=headers)
    source = files().open(stored.key)
    source.seek(start)
    # Under ASGI Django would collect what a plain iterator gives before it sends any of it.
    as_it_comes = _pieces_of(source, stop - start)
    content = as_it_comes if hasattr(request, "scope") else pieces(source, stop - start)
    return StreamingHttpResponse(content, status=206 if span else 200, headers=headers)


async def _pieces_of(source: IO[Any], count: int) -> AsyncIterator[bytes]:
    """The next `count` bytes of a file, read in threads; closes it."""
    try:
        while count and (piece := await asyncio.to_thread(source.read, min(count, PIECE))):
            count -= len(piece)
            yield piece
    finally:
        source.close()
