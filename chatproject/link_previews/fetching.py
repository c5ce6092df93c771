"""GET of a public address, bounded in time, bytes and redirects; no cookies, no proxy."""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import time
import zlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urldefrag, urljoin, urlsplit

import idna

from chatproject.limits import limits

from .addresses import is_test_port, left, opened
from .errors import Unfetchable

TIME = 10.0  # seconds, redirects included
REDIRECTS = 4
OVERHEAD = 64 * 1024  # bytes of headers and what frames a body
PIECE = 64 * 1024
PORTS = {"http": 80, "https": 443}
MOVED = {301, 302, 303, 307, 308}
AGENT = "Mozilla/5.0 (compatible; ChatLinkPreview/1.0)"
ADDRESS_MAX_LENGTH = 2_000  # characters
SAFE = "/?#[]@!$&'()*+,;=:%~-._"


@dataclass(frozen=True)
class Answer:
    """What an address has: at most the bytes that were wanted."""

    url: str  # after redirects
    content_type: str
    body: bytes
    is_whole: bool


@dataclass(frozen=True)
class Place:
    """Where an address leads."""

    scheme: str
    host: str
    port: int
    path: str


def fetch(url: str, accept: str, most: int) -> Answer:
    """What an address has, as far as `most` bytes; raises `Unfetchable`.

    `accept`: a pattern of the content types that are read at all.
    """
    end = time.monotonic() + TIME
    for _ in range(REDIRECTS + 1):
        place = place_of(url)
        try:
            found = _get(place, url, accept, most, end)
        except limits.TooMany:
            raise Unfetchable(f"{place.host} is asked too often.") from None
        except (OSError, http.client.HTTPException, zlib.error, ValueError) as error:
            raise Unfetchable(f"{place.host}: {type(error).__name__}: {error}"[:300]) from error
        if isinstance(found, Answer):
            return found
        url = found
    raise Unfetchable("Too many redirects.")


def place_of(url: str) -> Place:
    """Where an address leads; raises `Unfetchable` if it isn't the web, on its own ports."""
    try:
        parts = urlsplit(quote(url, SAFE))
        host = _ascii_host(urlsplit(url).hostname or "")
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise Unfetchable("This is no address.") from error
    if len(url) > ADDRESS_MAX_LENGTH or parts.scheme not in PORTS or "@" in parts.netloc:
        raise Unfetchable("This is no address of a page.")
    if port not in PORTS.values() and not is_test_port(port):
        raise Unfetchable(f"Port {port} isn't asked.")
    path = parts.path or "/"
    return Place(parts.scheme, host, port, f"{path}?{parts.query}" if parts.query else path)


def _ascii_host(host: str) -> str:
    if not host or host.isascii():
        return host
    return idna.encode(host, uts46=True).decode()


class _Timed:
    """A socket that is read until a time, and for a number of bytes; as `http.client` uses it."""

    def __init__(self, connection: socket.socket, end: float, most: int) -> None:
        self._socket, self._end, self._left = connection, end, most

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(left(self._end))
        self._socket.sendall(data)

    def makefile(self, *_: Any) -> io.BufferedReader:
        return io.BufferedReader(_Bytes(self))

    def receive(self, buffer: Any) -> int:
        self._socket.settimeout(left(self._end))
        count = self._socket.recv_into(buffer)
        self._left -= count
        if self._left < 0:
            raise ValueError("It is too large.")
        return count

    def close(self) -> None:
        """Do nothing: `http.client` closes it before it has read the body."""


class _Bytes(io.RawIOBase):
    def __init__(self, source: _Timed) -> None:
        super().__init__()
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._source.receive(buffer)


def _get(place: Place, url: str, accept: str, most: int, end: float) -> Answer | str:
    """The answer, or the address that it sends one to."""
    connection = http.client.HTTPConnection(place.host, place.port)
    connection.default_port = PORTS[place.scheme]  # which `Host` leaves out
    raw, address = opened(place.host, place.port, end)
    try:
        limits.LINK_HOSTS.spend(address)
        if place.scheme == "https":
            raw.settimeout(left(end))
            raw = ssl.create_default_context().wrap_socket(raw, server_hostname=place.host)
        timed: Any = _Timed(raw, end, most + OVERHEAD)
        connection.sock = timed
        headers = {"User-Agent": AGENT, "Accept-Encoding": "gzip", "Connection": "close"}
        connection.request("GET", place.path, headers={**headers, "Accept": "*/*"})
        with connection.getresponse() as response:
            return _read(response, url, accept, most)
    finally:
        raw.close()


def _read(response: http.client.HTTPResponse, url: str, accept: str, most: int) -> Answer | str:
    if response.status in MOVED and (location := response.headers.get("Location")):
        # `http.client` reads headers as Latin-1; an address in them may be UTF-8.
        return urljoin(url, location.encode("latin-1").decode(errors="replace").strip())
    content_type = response.headers.get("Content-Type", "")
    if response.status != HTTPStatus.OK:
        raise ValueError(f"Status {response.status}")
    if not re.match(accept, content_type, re.IGNORECASE):
        raise ValueError("It is of another type.")
    body, is_whole = _body(response, most)
    return Answer(urldefrag(url).url, content_type[:200], body, is_whole)


def _body(response: http.client.HTTPResponse, most: int) -> tuple[bytes, bool]:
    """The first bytes of a body, unpacked, and whether they are all."""
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise ValueError("It is packed in an unknown way.")
    unpacker = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
    found, count = b"", 0
    while len(found) <= most and count < most and (piece := response.read(min(PIECE, most))):
        count += len(piece)
        found += unpacker.decompress(piece, most + 1 - len(found)) if unpacker else piece
    is_whole = len(found) <= most and response.isclosed()
    return found[:most], is_whole
